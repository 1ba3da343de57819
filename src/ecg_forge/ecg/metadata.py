"""From PhysioNet's ``ptbxl_database.csv`` to the typed table of records."""

from dataclasses import dataclass

import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.splits import check_patients_disjoint, check_synthetic_trains, split_of_fold

PTBXL_VERSIONS = {
    # records, patients: PhysioNet's release notes of PTB-XL
    (21_799, 18_869): "1.0.3",
    (21_837, 18_885): "1.0.1",
}
_AGE_90_PLUS = 300  # how PTB-XL codes "older than 89"
_COLUMNS = ("height", "weight", "site", "device", "recording_date", "validated_by_human")
REQUIRED_COLUMNS = ("patient_id", "age", "sex", *_COLUMNS, "scp_codes", "strat_fold", "filename_lr", "filename_hr")


@dataclass(frozen=True)
class DataConfig:
    """Which recordings are used and how strictly.

    Attributes:
        fs: sampling rate in Hz, 100 (``filename_lr``) or 500 (``filename_hr``).
        limit: use about this many records, the first of each fold alike; None for all.
        folds: use only these folds; None for all.
        likelihood_at_least: a diagnostic statement counts from this likelihood on (percent); 0 as in the benchmark.
        on_bad_record: ``error`` stops at a damaged recording, ``drop`` leaves it out.
    """

    fs: int = 100
    limit: int | None = None
    folds: list[int] | None = None
    likelihood_at_least: float = 0.0
    on_bad_record: str = "error"

    def __post_init__(self) -> None:
        if self.fs not in (100, 500):
            raise BadInput(f"data_engineering.fs is {self.fs}; PTB-XL comes at 100 or 500 Hz")
        if self.limit is not None and self.limit < 1:
            raise BadInput(f"data_engineering.limit is {self.limit}; give a number above 0, or null for all records")
        if self.folds is not None and (not self.folds or not set(self.folds) <= set(range(1, 11))):
            raise BadInput(f"data_engineering.folds is {self.folds}; give folds in 1..10, or null for all")
        if not 0 <= self.likelihood_at_least <= 100:
            raise BadInput(f"data_engineering.likelihood_at_least is {self.likelihood_at_least}; give 0 to 100 percent")
        if self.on_bad_record not in ("error", "drop"):
            raise BadInput(f"data_engineering.on_bad_record is {self.on_bad_record!r}; give error or drop")

    @property
    def length(self) -> int:
        """Samples per lead of one 10 s recording."""
        return 10 * self.fs


def record_table(metadata: pd.DataFrame, config: DataConfig) -> pd.DataFrame:
    """Build the typed table of records.

    Args:
        metadata: ``ptbxl_database.csv``, indexed by ecg_id.
        config: which rate and which records.

    Returns:
        One row per record, indexed by ecg_id: patient_id, age in years (90 where PTB-XL says 300, NaN where unknown),
        age_90_plus, sex (male, female), height, weight, site, device, recording_date, validated_by_human, fold,
        split (train, val, test) and filename (WFDB path without suffix).

    Raises:
        BadInput: a column or patient is missing, an ecg_id stands twice, a sex or fold is unknown.
        LeakError: a patient stands in two splits, or a synthetic record in validation or test.
    """
    _check_metadata(metadata)
    filename = metadata["filename_lr" if config.fs == 100 else "filename_hr"]
    records = pd.DataFrame(
        {
            "patient_id": metadata["patient_id"].astype("int64"),
            "age": metadata["age"].where(metadata["age"] != _AGE_90_PLUS, 90.0).astype("float64"),
            "age_90_plus": metadata["age"] == _AGE_90_PLUS,
            "sex": metadata["sex"].map({0: "male", 1: "female"}),
            **{column: metadata[column] for column in _COLUMNS},
            "fold": metadata["strat_fold"].astype("int64"),
            "split": split_of_fold(metadata["strat_fold"]),
            "filename": filename,
        },
        index=metadata.index,
    )
    records["recording_date"] = pd.to_datetime(records["recording_date"], errors="coerce")
    check_patients_disjoint(records)
    check_synthetic_trains(records)
    return _subset(records, config)


def _check_metadata(metadata: pd.DataFrame) -> None:
    missing = [column for column in REQUIRED_COLUMNS if column not in metadata.columns]
    if missing:
        raise BadInput(f"ptbxl_database.csv: missing column {', '.join(missing)}")
    if metadata.index.has_duplicates:
        raise BadInput(f"ptbxl_database.csv: ecg_id {metadata.index[metadata.index.duplicated()][0]} stands twice")
    if metadata["patient_id"].isna().any():
        raise BadInput(
            f"ptbxl_database.csv: ecg_id {metadata.index[metadata['patient_id'].isna()][0]} has no patient_id"
        )
    odd = metadata[~metadata["sex"].isin([0, 1]) & metadata["sex"].notna()]  # synthetic ECGs may leave it open
    if len(odd):
        raise BadInput(
            f"ptbxl_database.csv: ecg_id {odd.index[0]} has sex {odd['sex'].iloc[0]}; expected 0, 1 or nothing"
        )


def _subset(records: pd.DataFrame, config: DataConfig) -> pd.DataFrame:
    if config.folds is not None:
        records = records[records["fold"].isin(config.folds)]
    if config.limit is not None:
        per_fold = -(-config.limit // max(records["fold"].nunique(), 1))
        records = records.groupby("fold").head(per_fold)
    if records.empty:
        raise BadInput("data_engineering.folds and .limit leave no record")
    return records.sort_index()


def ptbxl_version(metadata: pd.DataFrame) -> str:
    """Name the PTB-XL release by its numbers of records and patients; ``unknown`` for a subset or another cohort."""
    return PTBXL_VERSIONS.get((len(metadata), metadata["patient_id"].nunique()), "unknown")
