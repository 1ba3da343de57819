"""Is a classifier as good for everybody? Scores by sex and by age."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.bootstrap import interval_around, patient_weights
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.report_table import METRICS, Scores, group_means

AGE_BANDS = {"under 40": (0, 40), "40 to 59": (40, 60), "60 to 79": (60, 80), "80 and older": (80, np.inf)}
"""Years, the upper bound excluded."""


def subgroup_table(
    predictions: Predictions,
    thresholds: Mapping[str, float],
    records: pd.DataFrame,
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Score the records of each sex and age band, with 95 % intervals over their patients.

    Averages run over the labels that some but not all records of the group hold, so two groups can differ in
    ``n_labels`` and then are not strictly comparable; average precision also rises with a label's share of the group.

    Args:
        predictions: of the split to report.
        thresholds: per label, fitted on validation.
        records: indexed by ecg_id, with age (years, NaN where unknown) and sex (male, female or missing).
        resamples: of the patients of a group.
        seed: of the resamples.

    Returns:
        one row per group that holds a record, all records first: by (all, sex, age), group, n_records, n_patients,
        n_labels (averaged over), and the macro of auc, ap, f1 each with _low and _high; NaN without such a label.

    Raises:
        BadInput: a record is not in ``records``.
    """
    missing = np.setdiff1d(predictions.ecg_id, records.index)
    if len(missing):
        raise BadInput(f"ecg_id {missing[0]} is not in the records table ({len(missing)} missing in all)")
    people = records.loc[predictions.ecg_id]
    rows = []
    for by, group, mask in _groups(people):
        if mask.any():
            chosen = _part(predictions, mask)
            weights = patient_weights(chosen.patient_id, resamples, seed)
            counts = {"n_records": len(chosen), "n_patients": len(np.unique(chosen.patient_id))}
            rows.append({"by": by, "group": group, **counts, **_macro_scores(chosen, thresholds, weights)})
    return pd.DataFrame(rows)


def _groups(people: pd.DataFrame) -> Iterator[tuple[str, str, np.ndarray]]:
    yield "all", "all", np.ones(len(people), dtype=bool)
    for sex in ("female", "male"):
        yield "sex", sex, (people["sex"] == sex).to_numpy()
    yield "sex", "unknown", (~people["sex"].isin(["female", "male"])).to_numpy()
    for name, (low, high) in AGE_BANDS.items():
        yield "age", name, ((people["age"] >= low) & (people["age"] < high)).to_numpy()
    yield "age", "unknown", people["age"].isna().to_numpy()


def _part(predictions: Predictions, mask: np.ndarray) -> Predictions:
    rows = ("ecg_id", "patient_id", "truth", "probability")
    return Predictions(
        split=predictions.split,
        labels=predictions.labels,
        **{name: getattr(predictions, name)[mask] for name in rows},
    )


def _macro_scores(predictions: Predictions, thresholds: Mapping[str, float], weights: np.ndarray) -> dict[str, float]:
    scores = Scores.of(predictions, thresholds, weights)
    telling = scores.present & ~predictions.truth.all(axis=0)
    found: dict[str, float] = {"n_labels": int(telling.sum())}
    for metric in METRICS:
        value = group_means(scores.value[metric], telling[None])
        low, high = interval_around(value, group_means(scores.samples[metric], telling[None]))
        found |= {metric: float(value[0]), f"{metric}_low": float(low[0]), f"{metric}_high": float(high[0])}
    return found
