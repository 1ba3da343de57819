"""A folder of items: only files of its suffix count, and an empty folder is no error."""

from pathlib import Path

import pytest
from kedro.io import DatasetError

from ecg_forge.datasets.stock import JSONFile, Partitions


def descriptions(folder: Path) -> Partitions:
    return Partitions(path=str(folder), filename_suffix=".json", dataset="ecg_forge.datasets.stock.JSONFile")


def test_a_folder_that_is_absent_or_empty_holds_no_item(tmp_path: Path) -> None:
    assert descriptions(tmp_path / "new").load() == {}
    (tmp_path / "all").mkdir()
    assert descriptions(tmp_path).load() == {}
    assert not descriptions(tmp_path).exists()


def test_items_are_known_by_their_path_below_the_folder_and_come_in_order(tmp_path: Path) -> None:
    written = {"superclass/b-seed0": {"seed": 0}, "all/b-seed1": {"seed": 1}, "all/a-seed0": {"seed": 2}}
    descriptions(tmp_path).save(written)
    assert (tmp_path / "all" / "b-seed1.json").is_file()
    loaded = descriptions(tmp_path).load()
    assert list(loaded) == sorted(written)
    assert {item: load() for item, load in loaded.items()} == written


def test_files_of_another_suffix_and_half_written_ones_are_no_items(tmp_path: Path) -> None:
    descriptions(tmp_path).save({"all/a-seed0": {}})
    for name in ("a-seed0.parquet", "a-seed0.report.csv", ".b-seed0.json.0123456789ab.part"):
        (tmp_path / "all" / name).touch()
    assert list(descriptions(tmp_path).load()) == ["all/a-seed0"]


def test_an_item_written_under_another_entry_of_the_catalog_is_seen(tmp_path: Path) -> None:
    finished, made = descriptions(tmp_path), descriptions(tmp_path)
    assert finished.load() == {}
    made.save({"all/a-seed0": {}})
    assert list(finished.load()) == ["all/a-seed0"]


def test_a_failed_save_leaves_the_old_item(tmp_path: Path) -> None:
    descriptions(tmp_path).save({"all/a-seed0": {"seed": 0}})
    with pytest.raises(DatasetError):
        descriptions(tmp_path).save({"all/a-seed0": {"seed": object()}})
    assert descriptions(tmp_path).load()["all/a-seed0"]() == {"seed": 0}
    assert [path.name for path in (tmp_path / "all").iterdir()] == ["a-seed0.json"]


def test_settings_of_the_items_reach_their_dataset(tmp_path: Path) -> None:
    kind = {"type": JSONFile, "save_args": {"indent": 4}}
    Partitions(path=str(tmp_path), filename_suffix=".json", dataset=kind).save({"a": {"b": 1}})
    assert (tmp_path / "a.json").read_text() == '{\n    "b": 1\n}'
