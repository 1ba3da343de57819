"""Can a classifier tell two sets of records apart? Cross-validated, so that it cannot have learned its test records."""

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS

BANDS_HZ = ((0.5, 5.0), (5.0, 15.0), (15.0, 30.0), (30.0, 50.0))
"""P and T; the slow and the fast part of QRS; above, mostly noise, where generators betray themselves."""

_BLOCK = 256
_FLOOR_MV2 = 1e-8  # per band: a flat lead has a finite logarithm
_PENALTY = 0.1  # inverse strength of the L2 penalty, for about as many features as records of a small set


def told_apart_auc(first: np.ndarray, second: np.ndarray, folds: int, seed: int) -> float:
    """Return how well a logistic regression tells two sets apart: the mean ROC AUC of the left-out folds.

    0.5 means it cannot, 1 that it always can (classifier two-sample test, Lopez-Paz & Oquab 2017, arXiv:1610.06545).

    Args:
        first: ``(record, feature)``; NaN, where a record has no such value, counts as a feature of its own.
        second: the same features of the other records.
        folds: at most so many, fewer where a set holds fewer records.
        seed: of the folds.

    Raises:
        BadInput: the features differ, or a set holds fewer than two records.
    """
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if min(len(first), len(second)) < 2 or first.shape[1:] != second.shape[1:]:
        raise BadInput(
            f"to tell sets apart, give two or more records of the same features: {first.shape}, {second.shape}"
        )
    features = np.concatenate([first, second]).astype(np.float64)
    origin = np.repeat([0, 1], [len(first), len(second)])
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=_PENALTY, max_iter=500),
    )
    split = StratifiedKFold(min(folds, len(first), len(second)), shuffle=True, random_state=seed)
    return float(cross_val_score(model, features, origin, cv=split, scoring="roc_auc").mean())


def band_powers(signal_mv: np.ndarray, fs: int) -> pd.DataFrame:
    """Return the logarithm of each lead's power in each band, ``(record, lead·band)`` in log10 mV².

    Args:
        signal_mv: mV ``(record, 12, sample)`` in ``LEADS`` order.
        fs: sampling rate in Hz.
    """
    frequency = np.fft.rfftfreq(signal_mv.shape[2], 1 / fs)
    parts = []
    for start in range(0, len(signal_mv), _BLOCK):
        block = signal_mv[start : start + _BLOCK]
        power = 2 * np.abs(np.fft.rfft(block, axis=-1)) ** 2 / block.shape[2] ** 2
        bands = [power[..., (frequency >= low) & (frequency < high)].sum(axis=-1) for low, high in BANDS_HZ]
        parts.append(np.log10(np.stack(bands, axis=-1) + _FLOOR_MV2).reshape(len(block), -1))
    columns = [f"{lead} {low:g}–{high:g} Hz" for lead in LEADS for low, high in BANDS_HZ]
    return pd.DataFrame(np.concatenate([np.empty((0, len(columns))), *parts]), columns=columns)
