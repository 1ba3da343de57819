"""Decision thresholds: fitted on the validation split by one of several policies, and refused anywhere else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.predictions import Predictions, require_validation

DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True)
class Cuts:
    """Every way to cut one label's records by their score, from deciding nothing to deciding everything.

    Attributes:
        threshold: float64 ``(cut,)``, falling; the first lies just above the highest score, the others are the scores.
        tp: int64 ``(cut,)``, right positive decisions at that threshold.
        fp: int64 ``(cut,)``, wrong ones.
        positives: records with the label.
        negatives: records without it.
    """

    threshold: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    positives: int
    negatives: int

    @classmethod
    def of(cls, truth: np.ndarray, score: np.ndarray) -> "Cuts":
        """Cut ``(record,)`` scores in [0, 1] at each distinct value; the truth is bool of the same shape."""
        order = np.argsort(-score, kind="stable")
        ranked = score[order].astype(np.float64)
        ends = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
        tp = np.r_[0, np.cumsum(truth[order], dtype=np.int64)[ends]]
        fp = np.r_[0, ends + 1] - tp
        above = np.nextafter(ranked[0], np.inf)
        return cls(np.r_[above, ranked[ends]], tp, fp, int(tp[-1]), int(fp[-1]))


Policy = Callable[[Cuts], np.ndarray]
"""How good each cut is, ``(cut,)``: the best one gives the threshold."""


def max_f1(cuts: Cuts) -> np.ndarray:
    """F1 = 2·TP / (decisions + positives)."""
    return 2 * cuts.tp / (cuts.tp + cuts.fp + cuts.positives)


def youden(cuts: Cuts) -> np.ndarray:
    """Youden's (1950) J = sensitivity + specificity − 1, times positives × negatives: whole, so that ties are exact."""
    return cuts.tp * cuts.negatives - cuts.fp * cuts.positives


def g_mean(cuts: Cuts) -> np.ndarray:
    """TP × TN, which rises with the geometric mean of sensitivity and specificity."""
    return cuts.tp * (cuts.negatives - cuts.fp)


def tpr_at_least_90(cuts: Cuts) -> np.ndarray:
    """Fewest false alarms among the cuts that find at least 90 % of the positives."""
    return np.where(10 * cuts.tp >= 9 * cuts.positives, cuts.negatives - cuts.fp, -1)


def fpr_at_most_5(cuts: Cuts) -> np.ndarray:
    """Most positives found among the cuts with false alarms on at most 5 % of the negatives."""
    return np.where(20 * cuts.fp <= cuts.negatives, cuts.tp, -1)


POLICIES: Mapping[str, Policy] = {
    policy.__name__: policy for policy in (max_f1, youden, g_mean, tpr_at_least_90, fpr_at_most_5)
}
"""The policies by the name the parameters use."""


def fit_thresholds(predictions: Predictions, policy: str = "max_f1") -> dict[str, float]:
    """Return each label's threshold that a policy likes best on validation; decisions are probability ≥ threshold.

    The threshold is the lowest probability still accepted, or one just above the highest where deciding nothing is
    best. Of several thresholds that are equally good it is the highest. A label that no validation record holds, or
    that all do, offers nothing to fit and gets ``DEFAULT_THRESHOLD``.

    Args:
        predictions: of the validation split.
        policy: a name in ``POLICIES``.

    Raises:
        LeakError: the predictions are not of the validation split.
        BadInput: there is no such policy.
    """
    if policy not in POLICIES:
        raise BadInput(f"unknown threshold policy {policy!r}; choose one of {', '.join(POLICIES)}")
    require_validation(predictions, "thresholds are")
    return {
        label: _best(predictions.truth[:, k].astype(bool), predictions.probability[:, k], POLICIES[policy])
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


def _best(truth: np.ndarray, score: np.ndarray, policy: Policy) -> float:
    cuts = Cuts.of(truth, score)
    if not (cuts.positives and cuts.negatives):
        return DEFAULT_THRESHOLD
    return float(cuts.threshold[np.argmax(policy(cuts))])  # the first of equals: thresholds fall
