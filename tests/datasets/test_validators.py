"""Each check passes what is right and names what is wrong."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog
from kedro.validation.exceptions import DataValidationError

from ecg_forge.datasets.ptbxl_table import PTBXLTable
from ecg_forge.datasets.validators import (
    check_labels,
    check_metadata,
    check_probabilities,
    check_records,
    check_signals,
    check_statements,
)
from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.metadata import DataConfig, record_table
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.statements import CODES

Change = Callable[[pd.DataFrame], pd.DataFrame]


def duplicate_first(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table.iloc[:1]])


@pytest.fixture
def records(tiny_metadata: pd.DataFrame) -> pd.DataFrame:
    return record_table(tiny_metadata, DataConfig())


@pytest.fixture
def labels() -> pd.DataFrame:
    return pd.DataFrame(False, index=pd.Index([1, 2], name="ecg_id"), columns=list(CODES))


@pytest.fixture
def probabilities() -> pd.DataFrame:
    columns = {"split": ["val", "test"], "NORM": np.float32([0.0, 1.0]), "MI": np.float32([0.5, 0.25])}
    return pd.DataFrame(columns, index=pd.Index([1, 2], name="ecg_id"))


def test_what_is_right_passes(
    tiny_metadata: pd.DataFrame,
    records: pd.DataFrame,
    labels: pd.DataFrame,
    probabilities: pd.DataFrame,
    tiny_signals: Signals,
) -> None:
    check_metadata(tiny_metadata)
    check_statements(pd.DataFrame(index=list(reversed(CODES))))
    check_records(records)
    check_labels(labels)
    check_probabilities(probabilities)
    check_signals(tiny_signals)
    check_signals(tiny_signals.stream())


def test_real_tables_pass(ptbxl_root: Path) -> None:
    check_metadata(pd.read_csv(ptbxl_root / "ptbxl_database.csv", index_col="ecg_id"))
    check_statements(pd.read_csv(ptbxl_root / "scp_statements.csv", index_col=0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns=["age", "scp_codes"]), "missing column age, scp_codes"),
        (duplicate_first, "ecg_id 1 stands twice"),
        (lambda table: table.assign(strat_fold=[1, 1, 2, 9, 11]), "ecg_id 5: strat_fold 11"),
        (lambda table: table.assign(strat_fold=[1, 2, 2, 9, 10]), "patient 10 stands in more than one strat_fold"),
        (lambda table: table.iloc[:0], "no row"),
        (lambda table: table.set_index("device", drop=False), "the index must be the integer ecg_id"),
    ],
)
def test_wrong_metadata_is_named(tiny_metadata: pd.DataFrame, change: Change, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        check_metadata(change(tiny_metadata))


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (CODES[1:], "missing SCP statement 1AVB"),
        ((*CODES, "XYZ"), "unknown SCP statement XYZ"),
        ((*CODES, "NORM"), "SCP statement NORM stands twice"),
    ],
)
def test_wrong_statements_are_named(codes: tuple[str, ...], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        check_statements(pd.DataFrame(index=list(codes)))


@pytest.mark.parametrize(
    ("change", "message", "error"),
    [
        (lambda table: table.drop(columns="filename"), "missing column filename", BadInput),
        (duplicate_first, "ecg_id 1 stands twice", BadInput),
        (lambda table: table.assign(split="train"), "ecg_id 4 is in train, fold 9", BadInput),
        (lambda table: table.assign(fold=[0, 1, 2, 9, 10]), "ecg_id 1: strat_fold 0", BadInput),
        (lambda table: table.assign(patient_id=10), "patient 10 stands in", LeakError),
    ],
)
def test_wrong_records_are_named(records: pd.DataFrame, change: Change, message: str, error: type) -> None:
    with pytest.raises(error, match=message):
        check_records(change(records))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table[list(reversed(CODES))], "wrong: the order"),
        (lambda table: table.rename(columns={"NORM": "NORMAL"}), "wrong: NORM, NORMAL"),
        (lambda table: table.assign(NORM=1), "label NORM is not bool"),
        (duplicate_first, "ecg_id 1 stands twice"),
    ],
)
def test_wrong_labels_are_named(labels: pd.DataFrame, change: Change, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        check_labels(change(labels))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="split"), "need a column split"),
        (lambda table: table[["split"]], "at least one label"),
        (lambda table: table.assign(split="train"), "probabilities of the train split"),
        (lambda table: table.assign(MI=[0.5, np.nan]), "ecg_id 2: probability of MI is nan"),
        (lambda table: table.assign(NORM=[-0.1, 0.5]), "ecg_id 1: probability of NORM is -0.1"),
        (lambda table: table.assign(NORM=[1.1, 0.5]), "ecg_id 1: probability of NORM is 1.1"),
        (duplicate_first, "ecg_id 1 stands twice"),
    ],
)
def test_wrong_probabilities_are_named(probabilities: pd.DataFrame, change: Change, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        check_probabilities(change(probabilities))


def test_signals_in_another_order_or_without_records_are_told(tiny_signals: Signals) -> None:
    turned = Signals(tiny_signals.samples, tiny_signals.ecg_id, tuple(reversed(tiny_signals.leads)))
    with pytest.raises(BadInput, match="signals must have the leads I, II, III"):
        check_signals(turned)
    with pytest.raises(BadInput, match="signals are empty: 0 records"):
        check_signals(Signals(np.zeros((0, 12, 10), np.int16), np.zeros(0, np.int64)))


def test_kedro_runs_a_validator_named_in_the_catalog(tiny_ptbxl: Path) -> None:
    path = tiny_ptbxl / "ptbxl_database.csv"
    entry = {
        "type": f"{PTBXLTable.__module__}.PTBXLTable",
        "source": str(tiny_ptbxl),
        "path": "unused",
        "table": "ptbxl_database.csv",
        "index_col": "ecg_id",
        "validator": "ecg_forge.datasets.validators.check_metadata",
    }
    assert len(DataCatalog.from_config({"ptbxl_metadata": entry}).load("ptbxl_metadata")) == 5
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines, lines[-1]]))
    with pytest.raises(DataValidationError, match="ecg_id 5 stands twice"):
        DataCatalog.from_config({"ptbxl_metadata": entry}).load("ptbxl_metadata")
