"""A checkpoint is used again only by the training it belongs to."""

from pathlib import Path

import pytest

from ecg_forge.datasets.checkpoints import CheckpointFolder, Checkpoints
from ecg_forge.ecg.errors import BadInput


@pytest.fixture
def handle(tmp_path: Path) -> CheckpointFolder:
    return Checkpoints(filepath=str(tmp_path / "checkpoints" / "baseline")).load()


def test_a_new_training_finds_no_checkpoint(handle: CheckpointFolder) -> None:
    assert handle.matching("abc") is None


def test_a_training_finds_its_own_last_checkpoint(handle: CheckpointFolder) -> None:
    folder = handle.start("abc")
    assert handle.matching("abc") is None, "nothing was saved yet"
    (folder / "last.ckpt").write_bytes(b"state")
    assert handle.matching("abc") == folder / "last.ckpt"


def test_another_training_does_not_find_it_and_empties_the_folder(handle: CheckpointFolder) -> None:
    (handle.start("abc") / "last.ckpt").write_bytes(b"state")
    assert handle.matching("other") is None
    folder = handle.start("other")
    assert [path.name for path in folder.iterdir()] == ["fingerprint.txt"]


def test_clear_removes_the_folder_and_may_be_repeated(handle: CheckpointFolder) -> None:
    handle.start("abc")
    handle.clear()
    handle.clear()
    assert not handle.path.exists()


def test_a_folder_of_other_files_is_never_emptied(handle: CheckpointFolder) -> None:
    handle.path.mkdir(parents=True)
    (handle.path / "thesis.tex").touch()
    with pytest.raises(BadInput, match="holds files that are no checkpoints"):
        handle.start("abc")
    assert (handle.path / "thesis.tex").exists()


def test_the_handle_exists_before_its_folder_does(tmp_path: Path) -> None:
    assert Checkpoints(filepath=str(tmp_path / "none")).exists()
