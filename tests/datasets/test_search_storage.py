"""Trials of a search are on disk as soon as they end, and optuna is asked for only when one begins."""

import sys
from pathlib import Path

import optuna
import pytest

from ecg_forge.datasets.search_storage import SearchStorage
from ecg_forge.ecg.errors import BadInput


def test_trials_are_found_again_by_the_name_of_their_study(tmp_path: Path) -> None:
    handle = SearchStorage(filepath=str(tmp_path / "new" / "trials.db")).load()
    with handle.opened() as storage:
        study = optuna.create_study(storage=storage, study_name="a")
        study.tell(study.ask(), 0.5)
    with handle.opened() as storage:
        assert optuna.load_study(study_name="a", storage=storage).best_value == 0.5
        assert optuna.get_all_study_names(storage) == ["a"]


def test_without_optuna_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = SearchStorage(filepath=str(tmp_path / "trials.db")).load()
    monkeypatch.setitem(sys.modules, "optuna.storages", None)
    with pytest.raises(BadInput, match=r"ecg-forge\[search\]"), handle.opened():
        pass
