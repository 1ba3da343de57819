"""The data card: what the data set holds, counted, and what was left out and why."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ecg_forge.ecg.labels import TASKS, task_labels
from ecg_forge.ecg.splits import SPLITS

LIMB_LEAD_TOLERANCE_MV = 0.0021
"""Rounding to whole µV leaves up to 2 µV; 75 records of PTB-XL 1.0.3 at 100 Hz break the identities by more."""
AGE_BANDS = {"under 40": (0, 40), "40 to 59": (40, 60), "60 to 79": (60, 80), "80 and over": (80, 200)}


def data_card(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    quality: pd.DataFrame,
    *,
    dataset: str,
    version: str,
    origin: str,
    fs: int,
) -> dict[str, Any]:
    """Count records, patients and labels.

    Args:
        records: table of records, indexed by ecg_id.
        labels: bool ``(record, 71)``.
        quality: quality of every recording that was looked at, usable or not.
        dataset: ``PTB-XL``, or what else the records are.
        version: PTB-XL release, or ``unknown``.
        origin: where the recordings came from.
        fs: sampling rate in Hz.

    Returns:
        JSON-able counts: by split, fold, sex, age band; per task and label the positives in train, val and test.
    """
    dropped = quality.loc[~quality["usable"], "problem"]
    ages, residual = records["age"], quality.loc[quality["usable"], "limb_lead_residual_mv"]
    return {
        "dataset": dataset,
        "version": version,
        "origin": origin,
        "sampling_rate_hz": fs,
        "records": len(records),
        "patients": int(records["patient_id"].nunique()),
        "records_by_split": _counts(records["split"]),
        "patients_by_split": {
            split: int(group["patient_id"].nunique()) for split, group in records.groupby("split", sort=False)
        },
        "records_by_fold": _counts(records["fold"].sort_values()),
        "records_by_sex": _counts(records["sex"]),
        "records_by_age_band": {
            **{band: int(((ages >= low) & (ages < high)).sum()) for band, (low, high) in AGE_BANDS.items()},
            "unknown": int(ages.isna().sum()),
        },
        "labels": {task: _label_counts(task_labels(labels, task), records["split"]) for task in TASKS},
        "dropped": {str(ecg_id): str(problem) for ecg_id, problem in dropped.items()},
        "flat_lead_records": int((quality["flat_leads"] != "").sum()),
        "records_breaking_limb_lead_identities": int((residual > LIMB_LEAD_TOLERANCE_MV).sum()),
        "largest_limb_lead_residual_mv": float(residual.max()),
    }


def name_of_data(card: Mapping[str, Any]) -> str:
    """Name the records of a data card in a few words."""
    if card["version"] != "unknown":
        return f"{card['dataset']} {card['version']}"
    return "a part of PTB-XL, or a simulated one" if card["dataset"] == "PTB-XL" else str(card["dataset"])


def _counts(column: pd.Series) -> dict[str, int]:
    return {str(value): int(count) for value, count in column.value_counts(sort=False).items()}


def _label_counts(labels: pd.DataFrame, split: pd.Series) -> dict[str, dict[str, int]]:
    counts = labels.groupby(split.reindex(labels.index)).sum()
    return {
        str(label): {split: int(column[split]) for split in SPLITS if split in column.index}
        for label, column in counts.items()
    }
