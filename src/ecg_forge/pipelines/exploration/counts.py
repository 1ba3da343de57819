"""Counts of people, labels and flaws: by split where they are plain, of the training folds where they are more."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.data_card import LIMB_LEAD_TOLERANCE_MV
from ecg_forge.ecg.labels import task_labels
from ecg_forge.ecg.splits import SPLITS, records_of

AGE_STEP = 5
NINETY = 90
NOTED = ("baseline_drift", "static_noise", "burst_noise", "electrodes_problems", "pacemaker")
"""Columns of ``ptbxl_database.csv`` in which a reader noted something about a recording."""
KNOWN = ("age", "sex", "height", "weight")

BySplit = dict[str, int]


def count_superclasses_per_record(labels: pd.DataFrame, records: pd.DataFrame) -> dict[str, BySplit]:
    """Count, by number of superclasses, the records of each split."""
    number = task_labels(labels, "superclass").sum(axis=1).reindex(records.index)
    return {str(count): by_split(number == count, records) for count in range(int(number.max()) + 1)}


def count_together(labels: pd.DataFrame, records: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Count the training records that hold both of two superclasses; on the diagonal those that hold the one."""
    held = task_labels(labels, "superclass").loc[records_of(records, "train").index].astype(int)
    return {str(name): {str(k): int(v) for k, v in row.items()} for name, row in (held.T @ held).iterrows()}


def count_ages(records: pd.DataFrame) -> dict[str, Any]:
    """Count the training records by sex and age.

    PTB-XL tells no age above 89, so those records are one group and no part of the histogram.

    Returns:
        ``edges``, years; ``below_90``, by sex the count between neighbouring edges; ``from_90`` and ``unknown``, counts
        by sex.
    """
    train = records_of(records, "train")
    edges = np.arange(0, NINETY + 1, AGE_STEP)
    sexes = {sex: train[train["sex"] == sex] for sex in ("female", "male")}
    younger = {sex: group.loc[~group["age_90_plus"], "age"].dropna() for sex, group in sexes.items()}
    return {
        "edges": edges.tolist(),
        "below_90": {sex: np.histogram(ages, edges)[0].tolist() for sex, ages in younger.items()},
        "from_90": {sex: int(group["age_90_plus"].sum()) for sex, group in sexes.items()},
        "unknown": {sex: int(group["age"].isna().sum()) for sex, group in sexes.items()},
        "median_below_90": {sex: float(ages.median()) if len(ages) else None for sex, ages in younger.items()},
    }


def count_people(records: pd.DataFrame) -> dict[str, BySplit]:
    """Count patients, sexes and what is known of a record's patient, by split."""
    groups = {split: records[records["split"] == split] for split in SPLITS}
    return {
        "records": {split: len(group) for split, group in groups.items()},
        "patients": {split: int(group["patient_id"].nunique()) for split, group in groups.items()},
        **{sex: by_split(records["sex"] == sex, records) for sex in ("female", "male")},
        "age 90 and over": by_split(records["age_90_plus"], records),
        **{f"{column} known": by_split(records[column].notna(), records) for column in KNOWN},
        "validated by a human": by_split(records["validated_by_human"].fillna(False).astype(bool), records),
    }


def count_flaws(metadata: pd.DataFrame, records: pd.DataFrame, quality: pd.DataFrame) -> dict[str, BySplit]:
    """Count the records with a flaw, by split: what a reader noted, and what was measured.

    Args:
        metadata: ``ptbxl_database.csv``.
        records: those that are used.
        quality: as `quality_table` makes it, of at least these records.
    """
    noted = {f"noted: {column.replace('_', ' ')}": metadata[column].notna() for column in NOTED}
    measured = {
        "measured: a flat lead": quality["flat_leads"] != "",
        "measured: samples at full scale": quality["clipped"] > 0,
        "measured: limb leads do not add up": quality["limb_lead_residual_mv"] > LIMB_LEAD_TOLERANCE_MV,
    }
    return {name: by_split(mark.reindex(records.index), records) for name, mark in (noted | measured).items()}


def by_split(mark: pd.Series, records: pd.DataFrame) -> BySplit:
    """Count the true marks of each split."""
    return {split: int(mark[records["split"] == split].sum()) for split in SPLITS}


def counted(
    metadata: pd.DataFrame, records: pd.DataFrame, labels: pd.DataFrame, quality: pd.DataFrame
) -> Mapping[str, Any]:
    """Return all counts of the exploration, JSON-able."""
    return {
        "people": count_people(records),
        "superclasses_per_record": count_superclasses_per_record(labels, records),
        "together": count_together(labels, records),
        "ages": count_ages(records),
        "flaws": count_flaws(metadata, records, quality),
    }
