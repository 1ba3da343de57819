"""Bootstrap by patient: which records each resample holds, and the interval that follows (Efron & Tibshirani 1993)."""

import numpy as np

from ecg_forge.ecg.errors import BadInput


def patient_weights(patient_id: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Draw as many patients as there are, with replacement, and say how often each record is drawn with its patient.

    Records of one patient are alike, so resampling records would make intervals too narrow.

    Args:
        patient_id: ``(record,)``.
        resamples: how many resamples.
        seed: of the draw; the same seed gives the same resamples whatever is scored with them.

    Returns:
        int32 ``(resample, record)``.

    Raises:
        BadInput: ``resamples`` is not positive or there is no record.
    """
    if resamples < 1 or len(patient_id) == 0:
        raise BadInput(f"cannot draw {resamples} resamples of {len(patient_id)} records; both must be positive")
    generator = np.random.default_rng(seed)
    patients, owner = np.unique(patient_id, return_inverse=True)
    weights = np.empty((resamples, len(patient_id)), dtype=np.int32)
    for row in weights:
        drawn = generator.integers(len(patients), size=len(patients))
        row[:] = np.bincount(drawn, minlength=len(patients))[owner]
    return weights


def record_weights(draws: np.ndarray) -> np.ndarray:
    """Turn saved draws into weights: ``(resample, record)`` of record positions into int32 counts of the same shape.

    Raises:
        BadInput: the draws are not a table, or a position lies outside the records.
    """
    if draws.ndim != 2:
        raise BadInput(f"draws must be (resample, record), got {draws.shape}")
    records = draws.shape[1]
    if draws.size and (draws.min() < 0 or draws.max() >= records):
        raise BadInput(f"a drawn position lies outside 0..{records - 1}")
    return np.stack([np.bincount(row, minlength=records) for row in draws]).astype(np.int32)


def interval(samples: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile interval over the first axis of ``(resample, ...)``: lower and upper bound, ``(...)``.

    NaN samples (resamples without a positive of a rare label) are left out, so such an interval holds given that the
    label occurs; where all are NaN, so are the bounds.

    Raises:
        BadInput: ``level`` is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise BadInput(f"level must lie between 0 and 1, got {level}")
    flat = samples.reshape(len(samples), -1)
    bounds = np.full((2, flat.shape[1]), np.nan)
    known = ~np.isnan(flat).all(axis=0)
    if known.any():
        tail = (1 - level) / 2
        bounds[:, known] = np.nanquantile(flat[:, known], [tail, 1 - tail], axis=0)
    low, high = bounds.reshape(2, *samples.shape[1:])
    return low, high


def interval_around(value: np.ndarray, samples: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile interval of a score in [0, 1], moved by the resamples' mean offset from the score itself.

    Resampling repeats the positives of rare labels and leaves some labels out, which lifts average precision and F1
    above the score of the data itself: unmoved, an interval can miss the score it belongs to. The offset of AUC is
    close to 0, so that its interval hardly moves.

    Args:
        value: the score, ``(...)``.
        samples: ``(resample, ...)``; NaN as in ``interval``.
        level: share of the resamples inside.

    Returns:
        lower and upper bound, ``(...)``, clipped to [0, 1].
    """
    low, high = interval(samples, level)
    known = (~np.isnan(samples)).sum(axis=0)
    offset = np.nansum(samples, axis=0) / np.maximum(known, 1) - value
    return np.clip(low - offset, 0, 1), np.clip(high - offset, 0, 1)
