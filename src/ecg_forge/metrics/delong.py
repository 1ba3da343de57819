"""Do two classifiers differ in AUC on the same records? DeLong's test, as a cross-check of the bootstrap.

It takes every record for a patient of its own: where patients have several, its intervals are somewhat too narrow. It
knows one training of each arm only. ``study_comparison`` counts both.
"""

from dataclasses import astuple, dataclass, fields

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.comparison import ALPHA, check_same_records
from ecg_forge.metrics.predictions import Predictions


@dataclass(frozen=True)
class PairedAuc:
    """Two AUCs of the same records: ``difference`` is the arm's less the reference's, with its 95 % interval and p.

    Where no comparison of a positive with a negative record separates the arms unequally, ``standard_error`` is 0; p is
    then 1 without a difference and else unknown, NaN.
    """

    reference_auc: float
    arm_auc: float
    difference: float
    standard_error: float
    low: float
    high: float
    p: float


def delong(truth: np.ndarray, reference: np.ndarray, arm: np.ndarray) -> PairedAuc:
    """Compare the AUC of two scores of the same records (DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837).

    The placement values, each record's share of the other class that it is on the right side of, come from midranks in
    O(n log n) (Sun & Xu 2014, IEEE Signal Process. Lett. 21:1389).

    Args:
        truth: ``(record,)`` of 0 and 1.
        reference: scores of the reference, ``(record,)``.
        arm: scores of the other arm, ``(record,)``.

    Raises:
        BadInput: shapes differ, a score is NaN, or there are fewer than two records with or without the label.
    """
    from scipy.stats import norm

    if not truth.shape == reference.shape == arm.shape == (len(truth),):
        raise BadInput(f"truth {truth.shape} and scores {reference.shape}, {arm.shape} must all be (record,)")
    if np.isnan(reference).any() or np.isnan(arm).any():
        raise BadInput("a score is NaN; DeLong's test needs one of each arm for every record")
    has_label = truth.astype(bool)
    if min(has_label.sum(), (~has_label).sum()) < 2:
        raise BadInput(f"DeLong's test needs two records with the label and two without, got {has_label.sum()} with")
    placed = [_placements(score, has_label) for score in (reference, arm)]
    first, second = (float(of_positives.mean()) for of_positives, _ in placed)
    apart = [after - before for before, after in zip(*placed, strict=True)]
    error = float(np.sqrt(sum(part.var(ddof=1) / len(part) for part in apart)))
    difference = second - first
    half = float(norm.isf(ALPHA / 2)) * error
    p = float(2 * norm.sf(abs(difference) / error)) if error > 0 else (1.0 if difference == 0 else np.nan)
    return PairedAuc(first, second, difference, error, difference - half, difference + half, p)


def delong_table(reference: Predictions, arm: Predictions) -> pd.DataFrame:
    """Compare two arms label by label.

    Args:
        reference: one training of the arm to compare with.
        arm: one of the other arm, of the same records.

    Returns:
        index label; the fields of ``PairedAuc``, NaN for a label that fewer than two records hold, or lack.

    Raises:
        BadInput: the arms were scored on different records, labels or truth.
    """
    check_same_records(reference, arm)
    truth = reference.truth.astype(bool)
    enough = np.minimum(truth.sum(axis=0), (~truth).sum(axis=0)) >= 2
    names = [field.name for field in fields(PairedAuc)]
    rows = [
        astuple(delong(truth[:, k], reference.probability[:, k], arm.probability[:, k]))
        if enough[k]
        else (np.nan,) * len(names)
        for k in range(len(reference.labels))
    ]
    return pd.DataFrame(rows, columns=names, index=pd.Index(reference.labels, name="label"))


def _placements(score: np.ndarray, has_label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the placement values of the records with the label and of those without; ties count one half."""
    from scipy.stats import rankdata

    rank = rankdata(score)
    with_label, without = score[has_label], score[~has_label]
    # The rank among all less the rank within the own class counts the other class below.
    above = (rank[has_label] - rankdata(with_label)) / len(without)
    below = 1 - (rank[~has_label] - rankdata(without)) / len(with_label)
    return above, below
