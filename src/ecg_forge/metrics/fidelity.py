"""Do synthetic ECGs look like real ones as a group? Spread, features, spectrum and the agreement of the leads."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS

BLOCK = 256  # records at a time, so memory does not grow with the set
BAND_HZ = (0.5, 40.0)  # diagnostic content; below is baseline wander, above mostly noise


def fidelity(
    real_mv: np.ndarray,
    synthetic_mv: np.ndarray,
    real_features: pd.DataFrame,
    synthetic_features: pd.DataFrame,
    fs: int,
) -> dict[str, object]:
    """Compare a set of synthetic recordings with a set of real ones.

    Args:
        real_mv: mV ``(record, 12, sample)`` in ``LEADS`` order.
        synthetic_mv: the same for the synthetic recordings; the number of records may differ.
        real_features: one row per real record, numeric columns such as ``rhythm_features`` gives.
        synthetic_features: the same columns for the synthetic records.
        fs: sampling rate of both in Hz.

    Returns:
        JSON-able dict: ``n_real``, ``n_synthetic``; ``std_ratio`` per lead (synthetic / real, 1 is right, below 1 too
        small); ``features``, for each column both means and standard deviations, the Wasserstein-1 distance in the
        column's unit and the number of records without a value; ``log_spectrum_distance_db`` per lead (root mean
        square over 0.5–40 Hz, 0 is right); ``lead_correlation_error`` (root mean square difference of the
        inter-lead correlations, 0 is right). A figure that cannot be computed is None.

    Raises:
        BadInput: an array is not ``(record, 12, sample)``, is empty or not finite, or the features differ in columns.
    """
    for name, signals in (("real", real_mv), ("synthetic", synthetic_mv)):
        _check_signals(name, signals)
    if list(real_features.columns) != list(synthetic_features.columns):
        raise BadInput("the real and the synthetic features have different columns")
    covariances = _covariance(real_mv), _covariance(synthetic_mv)
    return {
        "n_real": len(real_mv),
        "n_synthetic": len(synthetic_mv),
        "std_ratio": _per_lead(_spread_ratio(*covariances)),
        "features": {
            str(name): _feature(real_features[name], synthetic_features[name]) for name in real_features.columns
        },
        "log_spectrum_distance_db": _per_lead(log_spectrum_distance(real_mv, synthetic_mv, fs)),
        "lead_correlation_error": _plain(_correlation_error(*covariances)),
    }


def lead_agreement(real_mv: np.ndarray, synthetic_mv: np.ndarray) -> tuple[np.ndarray, float]:
    """Compare amplitudes and the agreement of leads, as in :func:`fidelity`.

    Args:
        real_mv: mV ``(record, lead, sample)``.
        synthetic_mv: the same for the synthetic recordings.

    Returns:
        the ratio of the standard deviations, synthetic / real, ``(lead,)``, and the root mean square difference of the
        inter-lead correlations; NaN where a lead is flat.
    """
    covariances = _covariance(real_mv), _covariance(synthetic_mv)
    return _spread_ratio(*covariances), _correlation_error(*covariances)


def wasserstein(real: pd.Series, synthetic: pd.Series) -> float:
    """Return the Wasserstein-1 distance of the values that are known, in their unit; NaN where a side has none."""
    from scipy.stats import wasserstein_distance

    known = [side.dropna().to_numpy(dtype=np.float64) for side in (real, synthetic)]
    return float(wasserstein_distance(*known)) if all(len(values) for values in known) else float("nan")


def log_spectrum_distance(real_mv: np.ndarray, synthetic_mv: np.ndarray, fs: int) -> np.ndarray:
    """Return, per lead, the root mean square over 0.5–40 Hz of the difference in dB of the mean Welch spectra."""
    frequency, real = mean_spectrum(real_mv, fs)
    _, synthetic = mean_spectrum(synthetic_mv, fs)
    band = (frequency >= BAND_HZ[0]) & (frequency <= BAND_HZ[1])
    levels = [10 * np.log10(np.where(power > 0, power, np.nan)) for power in (real[:, band], synthetic[:, band])]
    return np.sqrt(np.mean((levels[1] - levels[0]) ** 2, axis=1))


def mean_spectrum(signals: np.ndarray, fs: int) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies ``(bin,)`` and the mean power spectral density ``(lead, bin)`` in mV²/Hz, 0.5 Hz per bin."""
    from scipy.signal import welch

    length = min(2 * fs, signals.shape[2])
    total = 0.0
    for block in _blocks(signals):
        frequency, power = welch(block, fs=fs, nperseg=length)
        total = total + power.sum(axis=0)
    return frequency, np.asarray(total) / len(signals)


def _feature(real: pd.Series, synthetic: pd.Series) -> dict[str, float | int | None]:
    known = [side.dropna().to_numpy(dtype=np.float64) for side in (real, synthetic)]
    summary: dict[str, float | int | None] = {"wasserstein": _plain(wasserstein(real, synthetic))}
    for name, values, side in zip(("real", "synthetic"), known, (real, synthetic), strict=True):
        summary[f"{name}_mean"] = _plain(values.mean() if len(values) else np.nan)
        summary[f"{name}_std"] = _plain(values.std() if len(values) else np.nan)
        summary[f"{name}_missing"] = len(side) - len(values)
    return summary


def _covariance(signals: np.ndarray) -> np.ndarray:
    """Return the covariance ``(lead, lead)`` in mV² about each record's own mean, pooled over records."""
    total = np.zeros((signals.shape[1], signals.shape[1]))
    for block in _blocks(signals):
        centred = block - block.mean(axis=-1, keepdims=True)
        total += np.einsum("rls,rms->lm", centred, centred, optimize=True)
    return total / (signals.shape[0] * signals.shape[2])


def _spread_ratio(real: np.ndarray, synthetic: np.ndarray) -> np.ndarray:
    return _divide(np.sqrt(np.diag(synthetic)), np.sqrt(np.diag(real)))


def _correlation_error(real: np.ndarray, synthetic: np.ndarray) -> float:
    correlations = [
        _divide(matrix, np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))) for matrix in (real, synthetic)
    ]
    above = np.triu_indices(len(real), k=1)
    return float(np.sqrt(np.mean((correlations[1] - correlations[0])[above] ** 2)))


def _blocks(signals: np.ndarray) -> Iterator[np.ndarray]:
    return (signals[start : start + BLOCK].astype(np.float64) for start in range(0, len(signals), BLOCK))


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Divide, with NaN where the denominator is zero (a flat lead has no ratio, no spectrum and no correlation)."""
    usable = denominator > 0
    return np.where(usable, numerator / np.where(usable, denominator, 1), np.nan)


def _per_lead(values: Sequence[float] | np.ndarray) -> dict[str, float | None]:
    return {lead: _plain(value) for lead, value in zip(LEADS, values, strict=True)}


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _check_signals(name: str, signals: np.ndarray) -> None:
    if signals.ndim != 3 or signals.shape[1] != len(LEADS) or signals.size == 0:
        raise BadInput(f"{name} signals must be (record, {len(LEADS)}, sample) and not empty, got {signals.shape}")
    for start in range(0, len(signals), BLOCK):
        damaged = ~np.isfinite(signals[start : start + BLOCK]).all(axis=(1, 2))
        if damaged.any():
            raise BadInput(f"{name} signals are not finite in row {start + int(np.argmax(damaged))}")
