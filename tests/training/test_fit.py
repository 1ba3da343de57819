"""Training is reproducible, and a killed training ends with the weights of an unbroken one."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from made_up_training import Folder, Killed, assert_equal_weights, kill_at, records

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.records import Signals
from ecg_forge.models.registry import build_classifier
from ecg_forge.training import fit as engine
from ecg_forge.training.classifier import Examples, Scales, fit_classifier, score
from ecg_forge.training.config import ClassifierConfig
from ecg_forge.training.data import SignalPools
from ecg_forge.training.optimiser import parameter_groups, ramped_average

SCALES = Scales({"mean_mv": 0.0, "sd_mv": 0.2}, {"mean_years": 60.0, "sd_years": 10.0})


def people(signals: Signals) -> pd.DataFrame:
    """Old women and young men by turns, one without age."""
    table = pd.DataFrame({"age": 50.0, "sex": "male"}, index=signals.ecg_id)
    table.loc[1::2, ["age", "sex"]] = [70.0, "female"]
    table.loc[4, "age"] = np.nan
    return table


def classifier_config(**changes: Any) -> ClassifierConfig:
    settings = {"model": "resnet1d_tiny", "task": "superclass", "epochs": 3, "steps_per_epoch": 3, "batch_size": 8}
    return ClassifierConfig(**{**settings, "crop_s": 1.0, "stride_s": 0.5, "learning_rate": 0.005, **changes})


def train(
    folder: Path, start: dict[str, torch.Tensor] | None = None, **changes: Any
) -> tuple[dict[str, Any], pd.DataFrame]:
    signals = records()
    labels = pd.DataFrame(False, index=signals.ecg_id, columns=["NORM", "MI", "STTC", "CD", "HYP"])
    labels.loc[1::2, "MI"] = True
    half, rest = (
        Examples(SignalPools([signals], signals.ecg_id[rows]), people(signals).iloc[rows], labels.iloc[rows])
        for rows in (slice(16), slice(16, None))
    )
    return fit_classifier(half, rest, SCALES, classifier_config(**changes), Folder(folder), "test", start)


EVERYTHING = {
    "ema_decay": 0.5,
    "metadata": True,
    "sampling": "balanced",
    "loss": {"class_weights": "balanced", "focal_gamma": 1.0, "focal_alpha": 0.4, "label_smoothing": 0.1},
    "leads": ["V2", "I"],
    "preparation": {"low_hz": 1.0, "high_hz": 40.0, "clip_sd": 5.0},
    "augmentation": {"amplitude": 0.1, "noise_mv": 0.01, "wander_mv": 0.1, "shift_s": 0.1, "mixup": 0.3},
    "gradient_clip": 1.0,
    "patience": 5,
    "workers": 2,
}


@pytest.mark.parametrize("settings", [{}, {"ema_decay": 0.5}, EVERYTHING], ids=["plain", "averaged", "everything"])
def test_a_killed_classifier_training_ends_with_the_weights_of_an_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    unbroken, history = train(tmp_path / "a", **settings)
    with monkeypatch.context() as context:
        kill_at(context, step=5)
        with pytest.raises(Killed):
            train(tmp_path / "b", **settings)
    assert (tmp_path / "b" / "last.ckpt").exists()
    continued, continued_history = train(tmp_path / "b", **settings)
    assert_equal_weights(unbroken, continued)
    columns = ["epoch", "train_loss", "val_loss", "val_auc"]
    pd.testing.assert_frame_equal(history[columns], continued_history[columns])
    assert history["epoch"].tolist() == [1, 2, 3]
    assert not list((tmp_path / "b").iterdir())


PLATEAU = {"schedule": "plateau", "plateau_factor": 0.1, "plateau_patience": 1, "epochs": 4}


@pytest.mark.parametrize("killed_at", [7, 11], ids=["one epoch after the rate fell", "two epochs after"])
def test_a_killed_training_whose_rate_falls_on_a_plateau_ends_with_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    scores = [0.9, 0.8, 0.7, 0.6]  # the rate falls after the second and the third epoch
    with monkeypatch.context() as context:
        validated_as(context, scores)
        unbroken, _ = train(tmp_path / "a", **PLATEAU, patience=None)
    with monkeypatch.context() as context:
        validated_as(context, scores)
        kill_at(context, step=killed_at)
        with pytest.raises(Killed):
            train(tmp_path / "b", **PLATEAU)
    with monkeypatch.context() as context:
        validated_as(context, scores[killed_at // 3 :])
        continued, _ = train(tmp_path / "b", **PLATEAU)
    assert_equal_weights(unbroken, continued)


def rates(monkeypatch: pytest.MonkeyPatch, folder: Path, scores: list[float], **settings: Any) -> list[float]:
    """Return the learning rate with which each epoch ends."""
    seen: list[float] = []

    def look(history: engine.History, trainer: Any, *_: Any) -> None:
        seen.append(trainer.optimizers[0].param_groups[0]["lr"])

    with monkeypatch.context() as context:
        validated_as(context, scores)
        context.setattr(engine.History, "on_train_epoch_start", look)
        context.setattr(engine.History, "on_train_batch_end", lambda *_: None)
        context.setattr(engine.History, "on_train_epoch_end", lambda *_: None)
        train(folder, steps_per_epoch=1, learning_rate=1.0, schedule="plateau", plateau_factor=0.5, **settings)
    return seen


def test_on_a_plateau_the_rate_falls_once_the_validation_auc_has_not_risen_for_as_long_as_patience_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fell = rates(monkeypatch, tmp_path, [0.5, 0.4, 0.6, 0.6, 0.6, 0.6, 0.7], epochs=7, plateau_patience=2)
    assert fell == [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5]


def test_epochs_that_are_not_validated_are_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fell = rates(monkeypatch, tmp_path, [0.9, 0.8, 0.7], epochs=6, plateau_patience=1, validate_every=2)
    assert fell == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5]


def test_the_weights_say_which_leads_they_hear(tmp_path: Path) -> None:
    weights, _ = train(tmp_path, epochs=1, leads=["V2", "I"])
    assert weights["config"]["leads"] == ["V2", "I"]


def test_reading_batches_in_other_processes_changes_no_weight(tmp_path: Path) -> None:
    alone, _ = train(tmp_path / "a", epochs=1, workers=0, augmentation={"noise_mv": 0.1})
    helped, _ = train(tmp_path / "b", epochs=1, workers=2, augmentation={"noise_mv": 0.1})
    assert_equal_weights(alone, helped)


def validated_as(monkeypatch: pytest.MonkeyPatch, scores: list[float]) -> None:
    """Let validation find these macro AUCs, epoch by epoch."""
    remaining = iter(scores)
    monkeypatch.setattr("ecg_forge.training.validation.macro_auc", lambda target, probability: next(remaining))


def test_the_weights_kept_are_those_of_the_epoch_with_the_highest_validation_auc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        validated_as(context, [0.6, 0.9, 0.7])
        best, history = train(tmp_path / "a")
    last, _ = train(tmp_path / "b")
    assert (best["config"]["best_epoch"], best["config"]["val_auc"]) == (2, 0.9)
    assert history["val_auc"].tolist() == pytest.approx([0.6, 0.9, 0.7])
    assert any(not torch.equal(value, last["tensors"][name]) for name, value in best["tensors"].items())


def test_training_stops_when_validation_has_not_risen_for_as_long_as_patience_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    validated_as(monkeypatch, [0.6, 0.8, 0.7, 0.75, 0.9])
    weights, history = train(tmp_path, epochs=5, patience=2)
    assert history["epoch"].tolist() == [1, 2, 3, 4]
    assert weights["config"]["best_epoch"] == 2


def test_without_a_label_of_both_kinds_the_last_epoch_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    validated_as(monkeypatch, [math.nan] * 3)
    assert train(tmp_path)[0]["config"]["best_epoch"] == 3


def test_averaged_weights_are_the_ones_that_are_scored_and_kept(tmp_path: Path) -> None:
    plain, history = train(tmp_path / "a", epochs=1)
    averaged, averaged_history = train(tmp_path / "b", epochs=1, ema_decay=0.9)
    assert history["train_loss"].tolist() == averaged_history["train_loss"].tolist()
    assert history["val_loss"].tolist() != averaged_history["val_loss"].tolist()
    assert any(not torch.equal(value, averaged["tensors"][name]) for name, value in plain["tensors"].items())


def test_the_average_forgets_the_first_weights_and_then_remembers_as_long_as_its_decay_says() -> None:
    update = ramped_average(0.9)
    average = torch.zeros(())
    for step in range(1, 200):
        average = update(average, torch.tensor(1.0), step)
        if step == 10:
            assert average > 0.99
    assert float(update(torch.zeros(()), torch.ones(()), 1000)) == pytest.approx(0.1)


def test_an_epoch_that_is_not_validated_says_nothing_of_validation(tmp_path: Path) -> None:
    _, history = train(tmp_path, epochs=4, validate_every=2)
    assert history["val_auc"].isna().tolist() == [True, False, True, False]
    assert (history["records_per_s"] > 0).all()


def test_a_classifier_with_metadata_listens_to_age_and_sex(tmp_path: Path) -> None:
    signals = records()
    ids = signals.ecg_id[:8]
    older = people(signals).loc[ids].assign(age=85.0, sex="female")
    for metadata, differs in ((True, True), (False, False)):
        weights, _ = train(tmp_path, metadata=metadata)
        pools = SignalPools([signals], ids)
        change = score(weights, pools, older) - score(weights, pools, older.assign(age=20.0, sex="male"))
        assert bool((change.abs() > 1e-6).any(axis=None)) is differs


def test_state_spaces_learn_slowly_and_do_not_decay() -> None:
    network = build_classifier("s4_small", 12, 5)
    fast, slow = parameter_groups(network, learning_rate=0.01, weight_decay=0.05)
    assert (fast["lr"], fast["weight_decay"], slow["lr"], slow["weight_decay"]) == (0.01, 0.05, 0.001, 0.0)
    assert len(fast["params"]) + len(slow["params"]) == len(list(network.parameters()))
    (only,) = parameter_groups(build_classifier("resnet1d_tiny", 12, 5), 0.01, 0.05)
    assert only["weight_decay"] == 0.05


def test_a_checkpoint_of_another_training_is_not_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as context:
        kill_at(context, step=5)
        with pytest.raises(Killed):
            train(tmp_path, seed=1)
    other, _ = train(tmp_path, seed=2)
    fresh, _ = train(tmp_path / "fresh", seed=2)
    assert_equal_weights(other, fresh)


def test_the_same_labels_of_other_records_are_another_training() -> None:
    labels = pd.DataFrame({"MI": [True, False]}, index=[1, 2])
    first = engine.fingerprint(classifier_config(), labels)
    assert first == engine.fingerprint(classifier_config(), labels.copy())
    assert first != engine.fingerprint(classifier_config(), labels.set_axis([1, 1_000_001]))
    assert first != engine.fingerprint(classifier_config(seed=1), labels)
    assert first == engine.fingerprint(classifier_config(workers=3), labels)


def test_a_training_can_begin_where_another_ended(tmp_path: Path) -> None:
    first, _ = train(tmp_path / "a", epochs=12)
    fresh, from_nothing = train(tmp_path / "b", epochs=1)
    again, from_there = train(tmp_path / "b", epochs=1, start=first["tensors"])
    assert from_there["train_loss"][0] < from_nothing["train_loss"][0]
    assert any(not torch.equal(value, fresh["tensors"][name]) for name, value in again["tensors"].items())


def test_the_seed_decides_the_weights(tmp_path: Path) -> None:
    first, second = (train(tmp_path / str(seed), seed=seed, epochs=1)[0] for seed in (0, 1))
    assert any(not torch.equal(value, second["tensors"][name]) for name, value in first["tensors"].items())


def test_the_classifier_learns_and_scores_by_name(tmp_path: Path) -> None:
    weights, history = train(tmp_path, epochs=12)
    assert history["val_auc"].iloc[-1] == 1.0
    signals = records()
    ids = np.array([3, 2])
    scored = score(weights, SignalPools([signals], ids), people(signals).loc[ids])
    assert scored.columns.tolist() == ["NORM", "MI", "STTC", "CD", "HYP"]
    assert scored.loc[3, "MI"] > scored.loc[2, "MI"]
    backwards = score(weights, SignalPools([signals], ids[::-1]), people(signals).loc[ids[::-1]])
    pd.testing.assert_frame_equal(backwards.loc[ids], scored, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "resnet9000"}, "unknown classifier 'resnet9000'"),
        ({"task": "beats"}, "unknown task 'beats'"),
        ({"epochs": 0}, "classifier.epochs is 0"),
        ({"batch_size": -1}, "classifier.batch_size is -1"),
        ({"precision": "fp8"}, "classifier.precision is 'fp8'"),
        ({"aggregate": "median"}, "classifier.aggregate is 'median'"),
    ],
)
def test_a_wrong_classifier_parameter_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        classifier_config(**changes)
