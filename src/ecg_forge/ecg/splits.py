"""The leak rules: which split a record belongs to, and errors when one is used where it must not be.

PTB-XL's folds keep patients together: folds 1 to 8 train, fold 9 validates, fold 10 tests.
"""

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput, LeakError

SPLIT_OF_FOLD = {**dict.fromkeys(range(1, 9), "train"), 9: "val", 10: "test"}
SPLITS = ("train", "val", "test")
FIRST_SYNTHETIC_ID = 1_000_001
"""ecg_ids from here on belong to synthetic records; PTB-XL's own are far below."""


def split_of_fold(fold: pd.Series) -> pd.Series:
    """Map PTB-XL's ``strat_fold`` (1 to 10) to train, val or test; raise BadInput naming any other fold."""
    split = fold.map(SPLIT_OF_FOLD)
    if split.isna().any():
        raise BadInput(f"ecg_id {fold.index[split.isna()][0]}: strat_fold {fold[split.isna()].iloc[0]} is not in 1..10")
    return split


def check_patients_disjoint(records: pd.DataFrame) -> None:
    """Raise LeakError naming the first patient whose records stand in two splits."""
    splits = records.groupby("patient_id")["split"].nunique()
    torn = splits.index[splits > 1]
    if len(torn):
        where = records[records["patient_id"] == torn[0]]["split"]
        raise LeakError(
            f"patient {torn[0]} stands in {' and '.join(sorted(where.unique()))} "
            f"(ecg_id {', '.join(map(str, where.index))}; {len(torn)} such patients); "
            "keep all records of a patient in one fold"
        )


def records_of(records: pd.DataFrame, split: str) -> pd.DataFrame:
    """Return the rows of one split; raise BadInput if there is none."""
    if split not in SPLITS:
        raise BadInput(f"unknown split {split!r}; splits are {', '.join(SPLITS)}")
    chosen = records[records["split"] == split]
    if chosen.empty:
        raise BadInput(f"no record in the {split} split; choose data_engineering.folds and .limit so that it has some")
    return chosen


def count_by_split(records: pd.DataFrame) -> dict[str, int]:
    """Count the records of each split."""
    return {split: int((records["split"] == split).sum()) for split in SPLITS}


def require_training_records(ecg_ids: np.ndarray | pd.Index, records: pd.DataFrame, purpose: str) -> None:
    """Raise LeakError if one of these real records is not in the train split."""
    split = records["split"].reindex(ecg_ids)
    outside = split.index[split != "train"]
    if len(outside):
        raise LeakError(
            f"{purpose} may only see training records (folds 1 to 8), "
            f"but ecg_id {outside[0]} is in {split.loc[outside[0]]}"
        )


def require_synthetic_records(ecg_ids: np.ndarray | pd.Index, purpose: str) -> None:
    """Raise LeakError if one of these records, called synthetic, has the ecg_id of a real one."""
    real = ecg_ids[ecg_ids < FIRST_SYNTHETIC_ID]
    if len(real):
        raise LeakError(
            f"{purpose}: ecg_id {real[0]} is called synthetic, but those begin at {FIRST_SYNTHETIC_ID}; "
            "a real record must be called real or copy"
        )


def check_synthetic_trains(records: pd.DataFrame) -> None:
    """Raise LeakError naming the first synthetic record that stands in the validation or test split."""
    outside = records.index[(records.index >= FIRST_SYNTHETIC_ID) & (records["split"] != "train")]
    if len(outside):
        raise LeakError(
            f"synthetic record {outside[0]} stands in {records.loc[outside[0], 'split']} ({len(outside)} such "
            "records); they may only be learned from: give them a fold from 1 to 8"
        )
