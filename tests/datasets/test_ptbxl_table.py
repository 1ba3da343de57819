"""The tables of PTB-XL arrive untouched."""

from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DatasetError

from ecg_forge.datasets.ptbxl_table import PTBXLTable
from ecg_forge.ecg.statements import CODES


def table(source: Path | str, name: str = "ptbxl_database.csv", index_col: str | int = "ecg_id") -> PTBXLTable:
    return PTBXLTable(source=str(source), path="unused", table=name, index_col=index_col)


def test_metadata_is_indexed_by_ecg_id(tiny_ptbxl: Path, tiny_metadata: pd.DataFrame) -> None:
    loaded = table(tiny_ptbxl).load()
    pd.testing.assert_frame_equal(loaded, tiny_metadata, check_index_type=False)


def test_real_metadata_keeps_its_columns_and_folds(ptbxl_root: Path) -> None:
    loaded = table(ptbxl_root).load()
    assert loaded.index.name == "ecg_id"
    assert loaded["strat_fold"].between(1, 10).all()
    assert loaded["scp_codes"].str.startswith("{").all()


def test_real_statements_are_indexed_by_code(ptbxl_root: Path) -> None:
    assert set(table(ptbxl_root, "scp_statements.csv", 0).load().index) == set(CODES)


def test_a_folder_that_is_not_ptbxl_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"ptbxl_database\.csv does not exist; is local folder .* PTB-XL"):
        table(tmp_path).load()
    assert not table(tmp_path).exists()


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", 'ecg_id,b\n1,"2\n'])
def test_a_file_that_is_no_such_table_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "ptbxl_database.csv").write_text(content)
    with pytest.raises(DatasetError, match=r"ptbxl_database\.csv is not the table it should be"):
        table(tmp_path).load()


def test_a_simulated_table_is_made_when_it_is_loaded(tmp_path: Path) -> None:
    dataset = PTBXLTable(
        source="simulate",
        path=str(tmp_path / "sim"),
        table="ptbxl_database.csv",
        index_col="ecg_id",
        simulation={"n_records": 3},
    )
    assert not dataset.exists()
    assert list(dataset.load().index) == [1, 2, 3]
    assert dataset.exists()


def test_the_preview_is_the_first_rows_and_fetches_nothing(tiny_ptbxl: Path, tmp_path: Path) -> None:
    shown = table(tiny_ptbxl).preview(nrows=2)
    assert shown["columns"][:3] == ["ecg_id", "patient_id", "age"]
    assert [row[:3] for row in shown["data"]] == [["1", "10", "56"], ["2", "10", "57"]]
    with pytest.raises(ValueError, match="has not been fetched yet"):
        table(tmp_path).preview()
