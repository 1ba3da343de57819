"""The row of ``ptbxl_database.csv`` for each synthetic ECG: PTB-XL's columns, and two that say where it comes from."""

from dataclasses import dataclass

import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.simulated_tables import METADATA_COLUMNS, record_path
from ecg_forge.ecg.statements import STATEMENTS

_STATEMENTS = {statement.code: statement for statement in STATEMENTS}
_SEX = {"male": 0, "female": 1}
_AGE_90_PLUS, _PTBXL_AGE_90_PLUS = 90.0, 300.0
_TRAINING_FOLD = 1  # a synthetic record may never validate or test


@dataclass(frozen=True)
class ExportConfig:
    """How synthetic records leave the project.

    Attributes:
        fs: sampling rate in Hz, 100 or 500, as PTB-XL has them.
    """

    fs: int = 100

    def __post_init__(self) -> None:
        if self.fs not in (100, 500):
            raise BadInput(f"synthesis.export.fs is {self.fs}; give 100 or 500, the rates of PTB-XL")


def ptbxl_metadata(records: pd.DataFrame) -> pd.DataFrame:
    """Return PTB-XL's metadata, then ``source`` and ``seed``; columns for which there is no fact are empty.

    Each record is a patient of its own, with a number that PTB-XL does not have, and stands in fold 1. An age or sex
    that was left open stays empty.

    Args:
        records: indexed by ecg_id: statements (codes joined by ``;``), age, sex and seed.
    """
    metadata = pd.DataFrame(index=records.index, columns=[*METADATA_COLUMNS, "source", "seed"], dtype=object)
    metadata["patient_id"] = records.index.astype("float64")
    metadata["age"] = records["age"].where(~(records["age"] >= _AGE_90_PLUS), _PTBXL_AGE_90_PLUS)
    metadata["sex"] = records["sex"].map(_SEX).astype("Int64")
    metadata["device"] = "ECG Forge (synthetic)"
    metadata["report"] = [_report(statements.split(";")) for statements in records["statements"]]
    metadata["scp_codes"] = [str(_likelihoods(statements.split(";"))) for statements in records["statements"]]
    metadata["validated_by_human"] = False
    metadata["strat_fold"] = _TRAINING_FOLD
    metadata["filename_lr"] = [record_path(ecg_id, "records100", "lr") for ecg_id in records.index]
    metadata["filename_hr"] = [record_path(ecg_id, "records500", "hr") for ecg_id in records.index]
    metadata["source"] = "synthetic"
    metadata["seed"] = records["seed"]
    return metadata


def _report(codes: list[str]) -> str:
    return "synthetic ecg, requested: " + ", ".join(_STATEMENTS[code].description for code in codes)


def _likelihoods(codes: list[str]) -> dict[str, float]:
    """Give likelihoods as PTB-XL does: 100 for a certain diagnosis, 0 (none given) for form and rhythm."""
    return {code: 100.0 if _STATEMENTS[code].diagnostic else 0.0 for code in codes}
