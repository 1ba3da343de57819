"""Do two arms decide alike, and is one right more often? McNemar's test and Cohen's kappa of decisions.

Both take every record for a patient of its own and one training of each arm; they say what changes for the records at
the thresholds in use, not which arm ranks better.
"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from ecg_forge.metrics.comparison import check_same_records, holm
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import decide

EXACT_BELOW = 25
"""With fewer records on which one arm is right and the other wrong, p is that of the binomial distribution."""


def decision_table(
    reference: Predictions,
    arm: Predictions,
    reference_thresholds: Mapping[str, float],
    arm_thresholds: Mapping[str, float],
) -> pd.DataFrame:
    """Compare the decisions of two arms, label by label.

    Args:
        reference: one training of the arm to compare with.
        arm: one of the other arm, of the same records.
        reference_thresholds: the reference's, per label, fitted on validation.
        arm_thresholds: the arm's.

    Returns:
        index label; ``only_reference_right`` and ``only_arm_right`` (records), ``accuracy_difference`` (arm −
        reference), ``mcnemar_p`` (1947; χ² with continuity correction from ``EXACT_BELOW`` on) and ``mcnemar_p_holm``
        over the labels, ``kappa`` (Cohen 1960) of the two arms' decisions, ``reference_kappa`` and ``arm_kappa`` of
        each with the truth. A kappa is NaN where both sides say the same of all records.

    Raises:
        BadInput: the arms were scored on different records, labels or truth, or a label has no threshold.
    """
    check_same_records(reference, arm)
    truth = reference.truth.astype(bool)
    first, second = decide(reference, reference_thresholds), decide(arm, arm_thresholds)
    only_first = ((first == truth) & (second != truth)).sum(axis=0)
    only_second = ((first != truth) & (second == truth)).sum(axis=0)
    p = np.array([mcnemar_p(int(a), int(b)) for a, b in zip(only_first, only_second, strict=True)])
    return pd.DataFrame(
        {
            "only_reference_right": only_first,
            "only_arm_right": only_second,
            "accuracy_difference": (only_second - only_first) / len(truth),
            "mcnemar_p": p,
            "mcnemar_p_holm": holm(p),
            "kappa": _kappas(first, second),
            "reference_kappa": _kappas(truth, first),
            "arm_kappa": _kappas(truth, second),
        },
        index=pd.Index(reference.labels, name="label"),
    )


def subset_table(predictions: Mapping[str, Predictions], thresholds: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Compare every two classifiers by the records on which all their decisions are right.

    Args:
        predictions: by classifier, of the same records.
        thresholds: by classifier its thresholds, per label, fitted on validation.

    Returns:
        a row per pair, in the order given: ``first``, ``second``, ``only_first_right`` and ``only_second_right``
        (records), ``difference`` of subset accuracy (first − second), ``mcnemar_p`` as in :func:`decision_table`, and
        ``mcnemar_p_holm`` over the pairs.

    Raises:
        BadInput: two were scored on different records, labels or truth, or a label has no threshold.
    """
    right = {}
    for name, each in predictions.items():
        check_same_records(next(iter(predictions.values())), each)
        right[name] = (decide(each, thresholds[name]) == each.truth.astype(bool)).all(axis=1)
    rows = [
        (first, second, int((right[first] & ~right[second]).sum()), int((~right[first] & right[second]).sum()))
        for first, second in combinations(right, 2)
    ]
    table = pd.DataFrame(rows, columns=["first", "second", "only_first_right", "only_second_right"])
    records = len(next(iter(right.values())))
    table["difference"] = (table["only_first_right"] - table["only_second_right"]) / records
    table["mcnemar_p"] = [mcnemar_p(one, other) for _, _, one, other in rows]
    table["mcnemar_p_holm"] = holm(table["mcnemar_p"].to_numpy(float))
    return table


def mcnemar_p(only_reference: int, only_arm: int) -> float:
    """Return McNemar's p from the numbers of records on which only one of the arms is right."""
    from statsmodels.stats.contingency_tables import mcnemar

    exact = only_reference + only_arm < EXACT_BELOW
    return float(mcnemar([[0, only_reference], [only_arm, 0]], exact=exact, correction=True).pvalue)


def _kappas(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.array([_kappa(first[:, k], second[:, k]) for k in range(first.shape[1])])


def _kappa(first: np.ndarray, second: np.ndarray) -> float:
    from sklearn.metrics import cohen_kappa_score

    both = np.concatenate([first, second])
    return float(cohen_kappa_score(first, second)) if both.any() and not both.all() else np.nan
