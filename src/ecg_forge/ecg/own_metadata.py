"""A table of one's own records as PTB-XL's metadata, so that everything behind it stays as it is.

One row per record. ``record`` is its path below the folder of records, ``patient`` any name or number, ``statements``
SCP codes joined by ``;``, empty where the record shows none of the 71. Optional: ``age`` in years, ``sex``, and either
``fold`` (1 to 10, as in PTB-XL) or ``split`` (train, val or test).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.folds import FOLDS, TRAINING_FOLDS, assign_folds
from ecg_forge.ecg.simulated_tables import METADATA_COLUMNS
from ecg_forge.ecg.splits import FIRST_SYNTHETIC_ID, SPLIT_OF_FOLD
from ecg_forge.ecg.statement_search import near_statements
from ecg_forge.ecg.statements import CODES, STATEMENTS

REQUIRED_COLUMNS = ("record", "patient", "statements")
COLUMNS = (*REQUIRED_COLUMNS, "age", "sex", "fold", "split")
_SEX = {"male": 0.0, "m": 0.0, "female": 1.0, "f": 1.0, "": math.nan}  # PTB-XL's numbers
_OLDEST, _OLDEST_TOLD = 120, 89
_OLDER = 300.0  # how PTB-XL codes "older than 89"
_FOLDS_OF_SPLIT = {"train": TRAINING_FOLDS, "val": (9,), "test": (10,)}
_DIAGNOSTIC = {statement.code for statement in STATEMENTS if statement.diagnostic}


@dataclass(frozen=True)
class _Row:
    """What one row says: PTB-XL's numbers for age and sex, and the folds its record may stand in."""

    record: str
    patient: str
    codes: list[str]
    age: float
    sex: float
    folds: tuple[int, ...]


def own_metadata(table: pd.DataFrame) -> pd.DataFrame:
    """Return PTB-XL's metadata of one's own records; columns for which there is no fact are empty.

    Patients are spread by their statements over the folds open to them, the same way for the same table: all ten, or
    those of the split that the table names.

    Args:
        table: text in every cell, empty where nothing is known; columns beside `COLUMNS` do not count.

    Returns:
        The columns of ``ptbxl_database.csv``, indexed by ecg_id: 1 for the first row, and so on.

    Raises:
        BadInput: a column is missing, or a cell is not what it must be; the message names the record.
        LeakError: a patient stands in two folds or splits.
    """
    _check_columns(table)
    rows = [_row({str(name): value.strip() for name, value in cells.items()}) for cells in table.to_dict("records")]
    _check_rows(rows)
    return pd.DataFrame(
        {
            "patient_id": (pd.factorize(pd.Series([row.patient for row in rows]))[0] + 1).astype("float64"),
            "age": [row.age for row in rows],
            "sex": [row.sex for row in rows],
            "scp_codes": [str({code: 100.0 if code in _DIAGNOSTIC else 0.0 for code in row.codes}) for row in rows],
            "strat_fold": _spread(rows),
            "filename_lr": [row.record for row in rows],
            "filename_hr": [row.record for row in rows],
        },
        index=pd.RangeIndex(1, len(rows) + 1, name="ecg_id"),
    ).reindex(columns=list(METADATA_COLUMNS))


def _check_columns(table: pd.DataFrame) -> None:
    if missing := [column for column in REQUIRED_COLUMNS if column not in table]:
        raise BadInput(f"missing column {', '.join(missing)}; found {', '.join(map(str, table.columns))[:200]}")
    if {"fold", "split"} <= set(table.columns):
        raise BadInput("there are columns fold and split; keep one of them")
    if not 0 < len(table) < FIRST_SYNTHETIC_ID:
        raise BadInput(f"the table has {len(table)} rows; give 1 to {FIRST_SYNTHETIC_ID - 1:,} records")


def _row(cells: Mapping[str, str]) -> _Row:
    record = cells["record"].removesuffix(".hea")
    if not record or not cells["patient"]:
        raise BadInput(f"record {record!r} of patient {cells['patient']!r}: every row needs both")
    sex = cells.get("sex", "").lower()
    if sex not in _SEX:
        raise BadInput(f"record {record}: sex is {cells['sex']!r}; give male, female or nothing")
    codes = [code.strip() for code in cells["statements"].split(";") if code.strip()]
    for code in codes:
        _check_code(code, record)
    return _Row(record, cells["patient"], codes, _age(cells.get("age", ""), record), _SEX[sex], _folds(cells, record))


def _check_code(code: str, record: str) -> None:
    if code not in CODES:
        near = ", ".join(f"{statement.code} ({statement.description})" for statement in near_statements(code))
        hint = f"did you mean {near}? " if near else ""
        raise BadInput(
            f"record {record}: unknown statement {code!r}; {hint}`ecg-forge labels` lists all; join several by ;"
        )


def _age(text: str, record: str) -> float:
    if not text:
        return math.nan
    try:
        age = float(text)
    except ValueError:
        age = math.nan
    if not 0 <= age <= _OLDEST:
        raise BadInput(f"record {record}: age is {text!r}; give years from 0 to {_OLDEST}, or nothing")
    return age if age <= _OLDEST_TOLD else _OLDER


def _folds(cells: Mapping[str, str], record: str) -> tuple[int, ...]:
    """Return the folds that a record may stand in."""
    if "split" in cells:
        if cells["split"] not in _FOLDS_OF_SPLIT:
            raise BadInput(f"record {record}: split is {cells['split']!r}; give {', '.join(_FOLDS_OF_SPLIT)}")
        return _FOLDS_OF_SPLIT[cells["split"]]
    if "fold" in cells:
        if cells["fold"] not in map(str, SPLIT_OF_FOLD):
            raise BadInput(f"record {record}: fold is {cells['fold']!r}; give 1 to 10 in every row")
        return (int(cells["fold"]),)
    return FOLDS


def _check_rows(rows: list[_Row]) -> None:
    """Raise for a record that stands twice, and for a patient whose records may not stand in the same folds."""
    seen: set[str] = set()
    folds_of: dict[str, tuple[int, ...]] = {}
    for row in rows:
        if row.record in seen:
            raise BadInput(f"record {row.record} stands twice")
        seen.add(row.record)
        if folds_of.setdefault(row.patient, row.folds) != row.folds:
            raise LeakError(
                f"record {row.record}: patient {row.patient} stands in another fold or split above; "
                "keep all records of a patient in one"
            )


def _spread(rows: list[_Row]) -> list[int]:
    """Choose a fold for each record, among those open to it."""
    chosen = np.zeros(len(rows), dtype=np.int64)
    patients = pd.factorize(pd.Series([row.patient for row in rows]))[0]
    for folds in {row.folds for row in rows}:
        here = [number for number, row in enumerate(rows) if row.folds == folds]
        chosen[here] = assign_folds([int(patients[k]) for k in here], [rows[k].codes for k in here], folds)
    return chosen.tolist()
