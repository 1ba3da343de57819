"""Decision thresholds: fitted on the validation split, and refused anywhere else."""

from collections.abc import Mapping

import numpy as np

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.metrics.predictions import Predictions

DEFAULT_THRESHOLD = 0.5


def fit_thresholds(predictions: Predictions) -> dict[str, float]:
    """Return, per label, the threshold with the highest F1 on validation; decisions are probability ≥ threshold.

    The threshold is the lowest probability still accepted; of several with the same F1 it is the highest. A label
    without a positive on validation offers nothing to fit and gets ``DEFAULT_THRESHOLD``.

    Raises:
        LeakError: the predictions are not of the validation split.
    """
    if predictions.split != "val":
        raise LeakError(f"thresholds are fitted on the val split only, not on {predictions.split}")
    return {
        label: _best_f1(predictions.truth[:, k], predictions.probability[:, k])
        for k, label in enumerate(predictions.labels)
    }


def decide(predictions: Predictions, thresholds: Mapping[str, float]) -> np.ndarray:
    """Return bool ``(record, label)``: probability ≥ the label's threshold.

    Raises:
        BadInput: a label has no threshold, or one that is not finite.
    """
    missing = [label for label in predictions.labels if label not in thresholds]
    if missing:
        raise BadInput(f"no threshold for label {missing[0]} ({len(missing)} missing in all)")
    limits = np.array([thresholds[label] for label in predictions.labels], dtype=np.float64)
    if not np.isfinite(limits).all():
        raise BadInput(f"threshold of {predictions.labels[int(np.argmin(np.isfinite(limits)))]} is not finite")
    return predictions.probability.astype(np.float64) >= limits


def _best_f1(truth: np.ndarray, score: np.ndarray) -> float:
    if not truth.any():
        return DEFAULT_THRESHOLD
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    ends = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    found = np.cumsum(truth[order], dtype=np.int64)[ends]
    f1 = 2 * found / (ends + 1 + found[-1])  # 2·TP / (decisions + positives)
    return float(ranked[ends[np.argmax(f1)]])
