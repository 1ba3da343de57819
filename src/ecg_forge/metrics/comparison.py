"""Is an arm better than another? Paired differences over the same resampled patients.

The intervals and p-values speak about the patients of the split, not about training again with another seed.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.bootstrap import interval
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.report_table import METRICS, Scores, group_means, label_groups

ALPHA = 0.05
MIN_POSITIVE_PATIENTS = 6
"""Below this no test can tell: with five patients who all agree, a two-sided sign test still has p = 0.0625."""

BETTER, WORSE, NO_DIFFERENCE, CANNOT_TELL = "better", "worse", "no difference shown", "cannot tell"


def compare_arms(
    reference: Predictions,
    arm: Predictions,
    reference_thresholds: Mapping[str, float],
    arm_thresholds: Mapping[str, float],
    weights: np.ndarray,
    *,
    training_counts: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the paired difference arm − reference of AUC, average precision and F1, per label and macro.

    p is two-sided from the bootstrap, (1 + count) / (B + 1) on each side (Davison & Hinkley 1997, §4.2), so never 0
    and never below 2 / (B + 1); ``resamples_needed`` says how many resamples the correction then asks for. p_holm is
    Holm's correction within a metric, over the labels and, apart from them, over the macro rows.

    ``verdict`` is "better" or "worse" where p_holm < 0.05, else "no difference shown"; it is "cannot tell" where fewer
    than ``MIN_POSITIVE_PATIENTS`` patients have the label (a resample hardly varies, so p means nothing and is
    missing), or where p < 0.05 but the resamples are too few for p_holm ever to be.

    Args:
        reference: predictions of the arm to compare with, such as the baseline.
        arm: predictions of the other arm on the same records, same order.
        reference_thresholds: the reference's, per label.
        arm_thresholds: the arm's, per label.
        weights: ``(resample, record)`` from ``patient_weights``.
        training_counts: index label; needed for the row ``macro_rare``.

    Returns:
        one row per metric and label (then macro, macro_rare): label, metric, reference_value, value (the arm's),
        difference, low, high (95 % of the difference), p, p_holm, verdict, positive_patients (with any label of a
        macro row).

    Raises:
        BadInput: the arms were scored on different records, labels or truth, or a threshold is missing.
    """
    check_same_records(reference, arm)
    scores = [Scores.of(reference, reference_thresholds, weights), Scores.of(arm, arm_thresholds, weights)]
    groups = label_groups(reference.labels, training_counts)
    members = np.stack(list(groups.values()))
    patients = [_positive_patients(reference, mask) for mask in members]
    tables = []
    for metric in METRICS:
        table = _differences(metric, scores[0], scores[1], members)
        table.insert(0, "label", list(groups))
        table.insert(1, "metric", metric)
        table["positive_patients"] = patients
        tables.append(_judged(table, len(reference.labels), len(weights)))
    columns = ["label", "metric", "reference_value", "value", "difference", "low", "high", "p", "p_holm", "verdict"]
    return pd.concat(tables, ignore_index=True)[[*columns, "positive_patients"]]


def resamples_needed(n_labels: int) -> int:
    """Return the fewest resamples with which one of ``n_labels`` can come below 0.05 after Holm's correction."""
    return round(2 * n_labels / ALPHA)


def check_same_records(reference: Predictions, arm: Predictions) -> None:
    """Raise BadInput unless both were scored on the same records and labels, in the same order, with equal truth."""
    for name in ("split", "labels"):
        if getattr(reference, name) != getattr(arm, name):
            raise BadInput(f"the arms differ in {name}; a paired comparison needs the same, in the same order")
    for name in ("ecg_id", "patient_id", "truth"):
        if not np.array_equal(getattr(reference, name), getattr(arm, name)):
            raise BadInput(f"the arms differ in {name}; a paired comparison needs the same records in the same order")


def two_sided_p(samples: np.ndarray) -> np.ndarray:
    """Return the two-sided bootstrap p of "no difference", ``(...)``, for differences ``(resample, ...)``.

    NaN samples are left out; NaN where all are.
    """
    drawn = (~np.isnan(samples)).sum(axis=0)
    side = np.minimum((samples <= 0).sum(axis=0), (samples >= 0).sum(axis=0))
    return np.where(drawn == 0, np.nan, np.minimum(1.0, 2 * (1 + side) / (drawn + 1)))


def holm(p: np.ndarray) -> np.ndarray:
    """Return Holm's (1979) adjusted p-values of ``(test,)``; NaN stay NaN and do not count as tests."""
    from statsmodels.stats.multitest import multipletests

    adjusted = np.full(len(p), np.nan)
    known = ~np.isnan(p)
    if known.any():
        adjusted[known] = multipletests(p[known], alpha=ALPHA, method="holm")[1]
    return adjusted


def _differences(metric: str, reference: Scores, arm: Scores, members: np.ndarray) -> pd.DataFrame:
    values = [group_means(scores.value[metric], members) for scores in (reference, arm)]
    samples = group_means(arm.samples[metric], members) - group_means(reference.samples[metric], members)
    low, high = interval(samples)
    return pd.DataFrame(
        {
            "reference_value": values[0],
            "value": values[1],
            "difference": values[1] - values[0],
            "low": low,
            "high": high,
            "p": two_sided_p(samples),
        }
    )


def _judged(table: pd.DataFrame, n_labels: int, resamples: int) -> pd.DataFrame:
    """Add p_holm and the verdict to one metric's rows, the labels first and the macro rows after them."""
    p = table["p"].where(table["positive_patients"] >= MIN_POSITIVE_PATIENTS).to_numpy()
    families = [slice(0, n_labels), slice(n_labels, len(table))]
    p_holm = np.concatenate([holm(p[family]) for family in families])
    tests = np.concatenate([np.full(len(p[family]), (~np.isnan(p[family])).sum()) for family in families])
    too_few = (p < ALPHA) & np.array([resamples < resamples_needed(int(count)) for count in tests])
    difference = table["difference"].to_numpy()
    verdict = np.select(
        [np.isnan(p_holm), (p_holm < ALPHA) & (difference > 0), (p_holm < ALPHA) & (difference < 0), too_few],
        [CANNOT_TELL, BETTER, WORSE, CANNOT_TELL],
        default=NO_DIFFERENCE,
    )
    return table.assign(p=p, p_holm=p_holm, verdict=verdict)


def _positive_patients(predictions: Predictions, mask: np.ndarray) -> int:
    positive = predictions.truth[:, mask].any(axis=1)
    return len(np.unique(predictions.patient_id[positive]))
