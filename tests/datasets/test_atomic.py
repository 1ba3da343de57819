"""Nothing half-written is ever seen."""

import os
import time
from pathlib import Path

import pytest

from ecg_forge.datasets import atomic
from ecg_forge.datasets.atomic import replace_folder, replacing, replacing_folder


def test_a_file_appears_only_when_complete(tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.txt"
    with replacing(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert os.listdir(target.parent) == ["a.txt"]


def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError), replacing(target) as temporary:
        temporary.write_text("ha")
        raise RuntimeError
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "data"
    for name in ("one", "two"):
        with replacing_folder(target) as folder:
            (folder / name).touch()
    assert os.listdir(target) == ["two"]
    assert os.listdir(tmp_path) == ["data"]


def test_an_exception_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "data"
    with replacing_folder(target) as folder:
        (folder / "old").touch()
    with pytest.raises(RuntimeError), replacing_folder(target) as folder:
        (folder / "new").touch()
        raise RuntimeError
    assert os.listdir(target) == ["old"]
    assert os.listdir(tmp_path) == ["data"]


def test_the_old_folder_comes_back_when_the_last_rename_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "data"
    with replacing_folder(target) as folder:
        (folder / "old").touch()
    renames = iter([os.replace, None, os.replace])

    def second_fails(source: Path, destination: Path) -> None:
        rename = next(renames)
        if rename is None:
            raise OSError("disk is gone")
        rename(source, destination)

    with replacing_folder(tmp_path / "spare"):
        pass
    monkeypatch.setattr(atomic, "os", type("FakeOS", (), {"replace": staticmethod(second_fails)}))
    with pytest.raises(OSError, match="disk is gone"), replacing_folder(target):
        pass
    assert os.listdir(target) == ["old"]


def test_leftovers_of_a_killed_run_are_removed_once_they_are_old(tmp_path: Path) -> None:
    old, recent = tmp_path / ".data.1.part", tmp_path / ".data.2.part"
    old_file = tmp_path / ".data.3.part"
    old.mkdir()
    recent.mkdir()
    old_file.touch()
    for path in (old, old_file):
        os.utime(path, (time.time() - 90_000,) * 2)
    with replacing_folder(tmp_path / "data"):
        pass
    assert sorted(os.listdir(tmp_path)) == [".data.2.part", "data"]


def test_a_finished_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    for name in ("data", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    replace_folder(tmp_path / "new", tmp_path / "data")
    assert os.listdir(tmp_path / "data") == ["new"]
    assert os.listdir(tmp_path) == ["data"]
