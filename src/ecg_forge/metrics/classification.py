"""Multi-label scores, once or over many resamples: ROC AUC, average precision, and what follows from decisions.

Arrays are ``(record, label)``; results are ``(label,)`` or ``(resample, label)``. A resample is a row of weights: how
often each record was drawn. Weighted scores equal those of the records repeated that often.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ecg_forge.ecg.errors import BadInput

BLOCK = 128  # resamples at a time: 2,198 records × 128 weights stay in a core's cache


def auc(truth: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve per label, ``(label,)``; NaN where a label has no positive or no negative.

    Ties count one half (Mann & Whitney 1947), as in ``sklearn.metrics.roc_auc_score``.
    """
    return resampled_auc_ap(truth, probability, _once(truth))[0][0]


def average_precision(truth: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return the average precision per label, ``(label,)``; NaN where a label has no positive.

    AP = Σ (recall_i − recall_{i−1}) · precision_i over distinct scores, without interpolation, as in
    ``sklearn.metrics.average_precision_score``.
    """
    return resampled_auc_ap(truth, probability, _once(truth))[1][0]


def macro(values: np.ndarray) -> float:
    """Return the mean of ``(label,)`` over the labels that have a value; NaN when none has."""
    return float(mean_over_labels(values))


def mean_over_labels(values: np.ndarray) -> np.ndarray:
    """Average ``(..., label)`` over the labels that are not NaN, giving ``(...)``; NaN where none is."""
    present = ~np.isnan(values)
    return _ratio(np.where(present, values, 0.0).sum(axis=-1), present.sum(axis=-1), empty=np.nan)


def resampled_auc_ap(truth: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ROC AUC and average precision of every resample, both ``(resample, label)``.

    Each label is sorted once. Only the score groups that hold a positive matter, so each resample needs no more than
    the weight inside and between those groups; ties are exact.

    Args:
        truth: ``(record, label)`` of 0 and 1.
        probability: ``(record, label)``.
        weights: integers ``(resample, record)``.

    Raises:
        BadInput: shapes do not fit or a weight is not a non-negative integer.
    """
    _check_shapes(truth, probability, weights)
    rankings = [_Ranking.of(truth[:, k].astype(bool), probability[:, k]) for k in range(truth.shape[1])]
    aucs = np.full((len(weights), truth.shape[1]), np.nan)
    aps = aucs.copy()
    for rows in _blocks(len(weights)):
        columns = np.ascontiguousarray(weights[rows].T, dtype=np.int32)  # (record, resample)
        for k, ranking in enumerate(rankings):
            if ranking is not None:
                aucs[rows, k], aps[rows, k] = ranking.auc_ap(columns)
    return aucs, aps


@dataclass(frozen=True)
class _Ranking:
    """One label's records sorted by falling score and cut at the score groups that hold a positive.

    Attributes:
        segments: 0/1 ``(2·group + 1, record)``; row 2g holds the records between group g − 1 and g, row 2g + 1 those
            of group g, the last row those below all groups.
        positives: 0/1 ``(group, record)``, the positives of each group.
    """

    segments: csr_array
    positives: csr_array

    @classmethod
    def of(cls, truth: np.ndarray, score: np.ndarray) -> "_Ranking | None":
        """Rank ``(record,)`` scores; None when there is no positive."""
        if not truth.any():
            return None
        order = np.argsort(-score, kind="stable")
        ranked = score[order]
        starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
        ends = np.r_[starts[1:], len(order)]
        hits = np.r_[0, np.cumsum(truth[order])]
        per_group = hits[ends] - hits[starts]
        kept = per_group > 0
        edges = np.stack([starts[kept], ends[kept]], axis=1).ravel()
        return cls(
            segments=_selection(order, np.r_[0, edges, len(order)], len(order)),
            positives=_selection(order[truth[order]], np.r_[0, np.cumsum(per_group[kept])], len(order)),
        )

    def auc_ap(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return both scores, ``(resample,)``, for int32 weights ``(record, resample)``."""
        found = (self.positives @ weights).astype(np.float64)  # positives of each group
        drawn = np.cumsum(self.segments @ weights, axis=0, dtype=np.float64)  # records down to each edge
        before, until, total = drawn[0:-1:2], drawn[1:-1:2], drawn[-1]
        true_positives = np.cumsum(found, axis=0)
        n_positive = true_positives[-1]
        false_before = before - (true_positives - found)
        false_until = until - true_positives
        misranked = (found * (false_before + false_until)).sum(axis=0) / 2
        precision = _ratio(true_positives, until, empty=0.0)
        return (
            1.0 - _ratio(misranked, n_positive * (total - n_positive), empty=np.nan),
            _ratio((found * precision).sum(axis=0), n_positive, empty=np.nan),
        )


@dataclass(frozen=True)
class Confusion:
    """Counts of decisions against truth, ``(label,)`` or ``(resample, label)``, and the rates that follow.

    A rate whose denominator is zero is 0 (scikit-learn's ``zero_division=0``): precision without a decision for the
    label, recall without a positive, specificity without a negative, F1, Fβ and Gβ without either.
    """

    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray
    tn: np.ndarray

    @property
    def precision(self) -> np.ndarray:
        """Share of the positive decisions that are right."""
        return _ratio(self.tp, self.tp + self.fp, empty=0.0)

    @property
    def recall(self) -> np.ndarray:
        """Share of the positives that are found (sensitivity)."""
        return _ratio(self.tp, self.tp + self.fn, empty=0.0)

    @property
    def specificity(self) -> np.ndarray:
        """Share of the negatives that are left alone."""
        return _ratio(self.tn, self.tn + self.fp, empty=0.0)

    @property
    def f1(self) -> np.ndarray:
        """Harmonic mean of precision and recall, 2·TP / (2·TP + FP + FN)."""
        return self.f_beta(1.0)

    @property
    def accuracy(self) -> np.ndarray:
        """Share of the decisions that are right."""
        return _ratio(self.tp + self.tn, self.tp + self.fp + self.fn + self.tn, empty=0.0)

    @property
    def g_mean(self) -> np.ndarray:
        """Geometric mean of recall and specificity."""
        return np.sqrt(self.recall * self.specificity)

    def f_beta(self, beta: float) -> np.ndarray:
        """(1 + β²)·TP / ((1 + β²)·TP + FP + β²·FN): recall counts β times as much as precision (van Rijsbergen)."""
        weighted = (1 + beta**2) * self.tp
        return _ratio(weighted, weighted + self.fp + beta**2 * self.fn, empty=0.0)

    def g_beta(self, beta: float) -> np.ndarray:
        """TP / (TP + FP + β·FN), the other score of the benchmark (Strodthoff et al. 2021, equation 2).

        Here each record counts once; the benchmark divides its counts by the record's number of labels.
        """
        return _ratio(self.tp, self.tp + self.fp + beta * self.fn, empty=0.0)

    def pooled(self) -> "Confusion":
        """Add up the counts of the labels, ``(...)``: what micro averages follow from."""
        return Confusion(*(counts.sum(axis=-1) for counts in (self.tp, self.fp, self.fn, self.tn)))


def confusion(truth: np.ndarray, decided: np.ndarray) -> Confusion:
    """Count the decisions ``(record, label)`` against the truth of the same shape, giving ``(label,)``."""
    resampled = resampled_confusion(truth, decided, _once(truth))
    return Confusion(resampled.tp[0], resampled.fp[0], resampled.fn[0], resampled.tn[0])


def resampled_confusion(truth: np.ndarray, decided: np.ndarray, weights: np.ndarray) -> Confusion:
    """Count decisions against truth in every resample, giving int64 ``(resample, label)``.

    Raises:
        BadInput: shapes do not fit or a weight is not a non-negative integer.
    """
    _check_shapes(truth, decided, weights)
    hits = (truth.astype(bool) & decided.astype(bool)).astype(np.float64)
    # Sums of counts below 2^53 are exact in float64, where matrix products are fast.
    table = np.concatenate([hits, decided.astype(np.float64), truth.astype(np.float64)], axis=1)
    counts = [weights[rows].astype(np.float64) @ table for rows in _blocks(len(weights))]
    tp, positive_decisions, positives = np.split(np.concatenate(counts).astype(np.int64), 3, axis=1)
    total = weights.sum(axis=1, dtype=np.int64)[:, None]
    fp, fn = positive_decisions - tp, positives - tp
    return Confusion(tp, fp, fn, total - tp - fp - fn)


def resampled_f1(truth: np.ndarray, decided: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return F1 of every resample, ``(resample, label)``; NaN where the resample holds no positive of the label.

    So F1, AUC and average precision speak about the same resamples.
    """
    counts = resampled_confusion(truth, decided, weights)
    return np.where(counts.tp + counts.fn > 0, counts.f1, np.nan)


def _selection(records: np.ndarray, edges: np.ndarray, width: int) -> csr_array:
    """Return a 0/1 matrix of ``width`` columns whose row i picks ``records[edges[i]:edges[i + 1]]``."""
    return csr_array((np.ones(len(records), dtype=np.int32), records, edges), shape=(len(edges) - 1, width))


def _once(truth: np.ndarray) -> np.ndarray:
    return np.ones((1, len(truth)), dtype=np.int32)


def _blocks(resamples: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK) for start in range(0, resamples, BLOCK))


def _ratio(numerator: np.ndarray, denominator: np.ndarray, empty: float) -> np.ndarray:
    """Divide, with ``empty`` where the denominator is zero."""
    safe = np.where(denominator == 0, 1, denominator)
    return np.where(denominator == 0, empty, numerator / safe)


def _check_shapes(truth: np.ndarray, values: np.ndarray, weights: np.ndarray) -> None:
    if truth.ndim != 2 or truth.shape != values.shape:
        raise BadInput(f"truth {truth.shape} and predictions {values.shape} must both be (record, label)")
    if weights.ndim != 2 or weights.shape[1] != len(truth):
        raise BadInput(f"weights {weights.shape} must be (resample, record) for {len(truth)} records")
    if not np.issubdtype(weights.dtype, np.integer) or weights.min(initial=0) < 0:
        raise BadInput("weights must be non-negative integers: how often each record was drawn")
