"""Decision thresholds: fitted on the validation split, and refused anywhere else."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.classification import Confusion
from ecg_forge.metrics.predictions import Predictions, require_validation

DEFAULT_THRESHOLD = 0.5
TPR_WANTED, FPR_ALLOWED = 0.90, 0.05


def _max_f1(candidates: Confusion) -> int:
    """The highest F1."""
    return int(np.argmax(candidates.f1))


def _youden(candidates: Confusion) -> int:
    """The highest sensitivity + specificity − 1 (Youden 1950)."""
    return int(np.argmax(candidates.recall + candidates.specificity))


def _g_mean(candidates: Confusion) -> int:
    """The highest √(sensitivity · specificity)."""
    return int(np.argmax(candidates.g_mean))


def _tpr_at_least_90(candidates: Confusion) -> int:
    """The highest threshold that finds 90 % of the positives."""
    return int(np.argmax(candidates.recall >= TPR_WANTED))


def _fpr_at_most_5(candidates: Confusion) -> int:
    """The lowest threshold that takes at most 5 % of the negatives; the highest of all where none does."""
    allowed = 1 - candidates.specificity <= FPR_ALLOWED
    return max(int(allowed.sum()) - 1, 0)  # specificity falls with the threshold


POLICIES: Mapping[str, Callable[[Confusion], int]] = MappingProxyType(
    {
        "max_f1": _max_f1,
        "youden": _youden,
        "g_mean": _g_mean,
        "tpr_at_least_90": _tpr_at_least_90,
        "fpr_at_most_5": _fpr_at_most_5,
    }
)
"""Name → which of the candidate thresholds of one label, from the highest to the lowest, is taken."""


def check_policy(policy: str) -> None:
    """Raise BadInput unless ``policy`` is one of `POLICIES`."""
    if policy not in POLICIES:
        raise BadInput(f"unknown threshold policy {policy!r}; give one of {', '.join(POLICIES)}")


def fit_thresholds(predictions: Predictions, policy: str = "max_f1") -> dict[str, float]:
    """Return the threshold of each label by a policy, from validation; decisions are probability ≥ threshold.

    Candidates are the probabilities that occur; of several equally good ones the highest is taken. A label without a
    positive or without a negative on validation offers nothing to fit and gets ``DEFAULT_THRESHOLD``.

    Raises:
        LeakError: the predictions are not of the validation split.
        BadInput: unknown policy.
    """
    check_policy(policy)
    require_validation(predictions, "thresholds are")
    return {
        label: _chosen(predictions.truth[:, k].astype(bool), predictions.probability[:, k], POLICIES[policy])
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


def _chosen(truth: np.ndarray, score: np.ndarray, policy: Callable[[Confusion], int]) -> float:
    if not truth.any() or truth.all():
        return DEFAULT_THRESHOLD
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    ends = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])  # last record at or above each candidate
    found = np.cumsum(truth[order], dtype=np.int64)[ends]
    false_alarms = ends + 1 - found
    positives, negatives = int(truth.sum()), int((~truth).sum())
    candidates = Confusion(tp=found, fp=false_alarms, fn=positives - found, tn=negatives - false_alarms)
    return float(ranked[ends[policy(candidates)]])
