"""The search trains on folds 1 to 8, compares on fold 9, knows nothing of fold 10, and goes on where it was killed."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ecg_forge.datasets.checkpoints import CheckpointFolder
from ecg_forge.datasets.search_storage import TrialsFile
from ecg_forge.ecg.errors import BadInput
from ecg_forge.pipelines.search import nodes
from ecg_forge.pipelines.search.nodes import draw_trials, search_settings
from ecg_forge.training.fit import History
from ecg_forge.training.search_config import SearchConfig
from tests.pipelines.test_benchmark_training import KilledError, labels, records, signals

CONFIG = SearchConfig(
    name="found",
    training={
        "model": "resnet1d_tiny",
        "task": "superclass",
        "epochs": 2,
        "batch_size": 4,
        "crop_s": 0.5,
        "stride_s": 0.5,
    },
    space={
        "learning_rate": {"kind": "log_float", "low": 0.0001, "high": 0.01},
        "loss.focal_gamma": {"kind": "choice", "of": [0.0, 1.0]},
    },
    trials=3,
    startup_trials=1,
    warmup_epochs=0,
)


def run(folder: Path, table: pd.DataFrame | None = None) -> tuple[pd.DataFrame, Any]:
    handles = TrialsFile(folder / "trials.db"), CheckpointFolder(folder / "checkpoints")
    scales = {"mean_mv": 0.0, "sd_mv": 0.1}
    known = labels() if table is None else table
    trials, preset = search_settings(records(), known, signals(), scales, CONFIG, *handles)
    return trials.drop(columns="seconds"), preset


def untrained(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Train nothing, and return what each training was given."""
    trained: list[tuple] = []

    def train(*given: Any, **_: Any) -> tuple[dict[str, Any], None]:
        trained.append(given)
        return {"config": {"val_auc": 0.5}}, None

    monkeypatch.setattr(nodes, "train_classifier", train)
    return trained


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, Any]:
    folder = tmp_path_factory.mktemp("search")
    found = run(folder)
    assert [file.name for file in folder.iterdir()] == ["trials.db"], "no checkpoint stays"
    return found


def test_the_preset_holds_the_settings_of_the_best_trial(unbroken: tuple) -> None:
    trials, preset = unbroken
    complete = trials[trials["state"] == "complete"]
    best = complete.loc[complete["val_auc"].idxmax()]
    found = preset["benchmark"]["departures"]["found"]
    assert found["learning_rate"] == best["learning_rate"]
    assert found["loss"] == {"focal_gamma": best["loss.focal_gamma"]}
    assert len(trials) == 3


def test_no_training_is_given_a_record_of_the_test_fold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = untrained(monkeypatch)
    run(tmp_path)
    assert len(trained) == 3
    for table, held, statements, *_ in trained:
        assert set(held["split"]) == {"train", "val"}
        assert held.index.tolist() == statements.index.tolist()
        assert set(table["ecg_id"]) == set(held.index[held["split"] == "train"])


def test_a_search_killed_in_a_training_ends_as_an_unbroken_one(
    unbroken: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(history: History, *_: Any) -> None:
        if history.rows:  # the first epoch is over and its checkpoint written
            raise KilledError

    with monkeypatch.context() as context, pytest.raises(KilledError):
        context.setattr(History, "on_train_epoch_start", killed)
        run(tmp_path)
    assert (tmp_path / "checkpoints" / "last.ckpt").exists()
    trials, preset = run(tmp_path)
    pd.testing.assert_frame_equal(trials, unbroken[0])
    assert preset == unbroken[1]


def test_other_data_make_another_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = untrained(monkeypatch)
    run(tmp_path)
    run(tmp_path)
    assert len(trained) == 3, "the same search is finished"
    test = records()["split"] == "test"
    blinded, changed = labels(), labels()
    blinded.loc[blinded.index[test], "IMI"] = True
    changed.loc[13, "IMI"] = True
    run(tmp_path, blinded)
    assert len(trained) == 3, "labels of the test fold are not looked at"
    run(tmp_path, changed)
    assert len(trained) == 6


def test_the_figure_is_drawn_from_the_table(unbroken: tuple) -> None:
    svg = draw_trials(unbroken[0], CONFIG)
    assert svg.startswith("<svg")
    assert "learning_rate" in svg
    with pytest.raises(BadInput, match="no setting loss.focal_gamma"):
        draw_trials(unbroken[0].drop(columns="loss.focal_gamma"), CONFIG)
