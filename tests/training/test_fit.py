"""Training is reproducible, and a killed training ends with the weights of an unbroken one."""

import math
from pathlib import Path
from typing import Any

import lightning.pytorch as lightning
import numpy as np
import pandas as pd
import pytest
import torch
from lightning.pytorch.callbacks import Callback

from ecg_forge.diffusion.config import SamplerConfig
from ecg_forge.diffusion.scaling import LeadScaling
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import INDEPENDENT_LEADS, LEADS, limb_lead_residual, twelve_leads
from ecg_forge.ecg.records import Signals, to_microvolts, to_millivolts
from ecg_forge.ecg.statements import CODES
from ecg_forge.models.registry import build_classifier
from ecg_forge.training import fit as engine
from ecg_forge.training.classifier import Examples, Scales, fit_classifier, score
from ecg_forge.training.conditions import condition_table, unpack_condition
from ecg_forge.training.config import ClassifierConfig, DenoiserConfig, GuidanceConfig
from ecg_forge.training.data import SignalPools
from ecg_forge.training.denoiser import fit_denoiser, generate
from ecg_forge.training.optimiser import parameter_groups, ramped_average

SCALES = Scales({"mean_mv": 0.0, "sd_mv": 0.2}, {"mean_years": 60.0, "sd_years": 10.0})


class Folder:
    """A checkpoint folder as the catalog hands it in."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def matching(self, fingerprint: str) -> Path | None:
        last, kept = self.path / "last.ckpt", self.path / "fingerprint.txt"
        return last if last.exists() and kept.read_text() == fingerprint else None

    def start(self, fingerprint: str) -> Path:
        self.path.mkdir(exist_ok=True)
        (self.path / "last.ckpt").unlink(missing_ok=True)
        (self.path / "fingerprint.txt").write_text(fingerprint)
        return self.path

    def clear(self) -> None:
        for file in self.path.iterdir():
            file.unlink()


class Killed(Exception):
    pass


class Kill(Callback):
    """Ends the process in the middle of an epoch, as far as the training can tell."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        if trainer.global_step == self.step:
            raise Killed


def kill_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    whole = lightning.Trainer

    def trainer(*args: Any, callbacks: list[Callback], **kwargs: Any) -> lightning.Trainer:
        return whole(*args, callbacks=[*callbacks, Kill(step)], **kwargs)

    monkeypatch.setattr(engine.lightning, "Trainer", trainer)


def records(n: int = 24, length: int = 200) -> Signals:
    """Odd records are three times as large as even ones."""
    eight = np.random.default_rng(0).normal(scale=0.2, size=(n, 8, length))
    eight[1::2] *= 3
    return Signals(to_microvolts(twelve_leads(eight)), np.arange(n))


def people(signals: Signals) -> pd.DataFrame:
    """Old women and young men by turns, one without age."""
    table = pd.DataFrame({"age": 50.0, "sex": "male"}, index=signals.ecg_id)
    table.loc[1::2, ["age", "sex"]] = [70.0, "female"]
    table.loc[4, "age"] = np.nan
    return table


def classifier_config(**changes: Any) -> ClassifierConfig:
    settings = {"model": "resnet1d_tiny", "task": "superclass", "epochs": 3, "steps_per_epoch": 3, "batch_size": 8}
    return ClassifierConfig(**{**settings, "crop_s": 1.0, "stride_s": 0.5, "learning_rate": 0.005, **changes})


def train(folder: Path, **changes: Any) -> tuple[dict[str, Any], pd.DataFrame]:
    signals = records()
    labels = pd.DataFrame(False, index=signals.ecg_id, columns=["NORM", "MI", "STTC", "CD", "HYP"])
    labels.loc[1::2, "MI"] = True
    half, rest = (
        Examples(SignalPools([signals], signals.ecg_id[rows]), people(signals).iloc[rows], labels.iloc[rows])
        for rows in (slice(16), slice(16, None))
    )
    return fit_classifier(half, rest, SCALES, classifier_config(**changes), Folder(folder), "test")


def assert_equal_weights(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert first["tensors"].keys() == second["tensors"].keys()
    for name, value in first["tensors"].items():
        assert torch.equal(value, second["tensors"][name]), name


EVERYTHING = {
    "ema_decay": 0.5,
    "metadata": True,
    "sampling": "balanced",
    "loss": {"class_weights": "balanced", "focal_gamma": 1.0, "label_smoothing": 0.1},
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


def denoiser_config(**changes: Any) -> DenoiserConfig:
    settings = {"model": "unet1d_tiny", "epochs": 3, "steps_per_epoch": 2, "batch_size": 4, "ema_decay": 0.5}
    return DenoiserConfig(**{**settings, "warmup_steps": 2, **changes})


def train_denoiser(folder: Path, **changes: Any) -> tuple[dict[str, Any], pd.DataFrame]:
    signals = records(12)
    table = pd.DataFrame({"age": 60.0, "sex": "male"}, index=signals.ecg_id)
    labels = pd.DataFrame(False, index=signals.ecg_id, columns=list(CODES))
    packed = condition_table(table, labels)
    parts = [
        (SignalPools([signals], signals.ecg_id[rows], INDEPENDENT_LEADS), packed[rows])
        for rows in (slice(0, 8), slice(8, 12))
    ]
    scaling = LeadScaling.of(dict.fromkeys(LEADS, 0.3))
    return fit_denoiser(parts[0], parts[1], scaling, denoiser_config(**changes), Folder(folder))


def plan(*ids: int) -> pd.DataFrame:
    table = pd.DataFrame({"statements": "NORM;SR", "age": 60.0, "sex": "female"}, index=pd.Index(ids, name="ecg_id"))
    return table.assign(seed=[7 * i for i in ids])


def test_a_killed_denoiser_training_ends_with_the_weights_of_an_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken, history = train_denoiser(tmp_path / "a")
    with monkeypatch.context() as context:
        kill_at(context, step=3)
        with pytest.raises(Killed):
            train_denoiser(tmp_path / "b")
    continued, _ = train_denoiser(tmp_path / "b")
    assert_equal_weights(unbroken, continued)
    assert history.columns.tolist() == ["epoch", "train_loss", "val_loss", "records_per_s", "seconds"]


def test_the_kept_denoiser_is_the_average_of_the_trained_ones(tmp_path: Path) -> None:
    """With a decay near 1 the average stays near its start, with one near 0 it follows the last step."""
    slow, fast = (train_denoiser(tmp_path / str(d), ema_decay=d)[0]["tensors"] for d in (0.999, 0.001))
    start = torch.manual_seed(denoiser_config().seed) and None
    from ecg_forge.models.registry import build_denoiser

    start = build_denoiser("unet1d_tiny", 8, 71).state_dict()
    moved = {"slow": 0.0, "fast": 0.0}
    for name, value in start.items():
        for which, weights in (("slow", slow), ("fast", fast)):
            moved[which] += float((weights[f"network.{name}"] - value).abs().sum())
    assert moved["fast"] > 20 * moved["slow"] > 0


def test_a_synthetic_record_depends_on_its_own_seed_only(tmp_path: Path) -> None:
    weights, _ = train_denoiser(tmp_path, epochs=1)
    sampler = SamplerConfig(steps=3)
    whole = generate(weights, plan(1, 2, 3), sampler, GuidanceConfig(batch_size=2))
    blocks = list(whole.blocks)
    assert [len(block) for block in blocks] == [2, 1]
    samples = np.concatenate(blocks)
    assert (samples.dtype, samples.shape, whole.leads, whole.fs) == (np.int16, (3, 12, 200), LEADS, 100)
    (alone,) = generate(weights, plan(3), sampler, GuidanceConfig(batch_size=1)).blocks
    np.testing.assert_allclose(to_millivolts(alone[0]), to_millivolts(samples[2]), atol=0.002)
    assert limb_lead_residual(to_millivolts(samples)).max() <= 0.002
    assert not np.array_equal(samples[0], samples[1])


def test_conditions_survive_packing() -> None:
    table = pd.DataFrame({"age": [40.0, np.nan], "sex": ["female", None]}, index=[1, 2])
    labels = pd.DataFrame(False, index=[1, 2], columns=list(CODES))
    labels.loc[2, "WPW"] = True
    condition = unpack_condition(torch.from_numpy(condition_table(table, labels)))
    assert condition.statements.sum(1).tolist() == [0.0, 1.0]
    assert bool(condition.statements[1, CODES.index("WPW")] == 1)
    assert condition.sex.tolist() == [1, 2]
    assert condition.age[0] == 40
    assert torch.isnan(condition.age[1])
    with pytest.raises(BadInput, match="same ecg_ids"):
        condition_table(table, labels.iloc[::-1])


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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "gan"}, "unknown denoiser 'gan'"),
        ({"steps_per_epoch": 0}, "denoiser.steps_per_epoch is 0"),
        ({"ema_decay": 1.0}, "denoiser.ema_decay is 1.0"),
        ({"drop_condition": 1.0}, "denoiser.drop_condition is 1.0"),
    ],
)
def test_a_wrong_denoiser_parameter_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        denoiser_config(**changes)


def test_wrong_guidance_is_named() -> None:
    with pytest.raises(BadInput, match="scale"):
        GuidanceConfig(scale=-1)
    with pytest.raises(BadInput, match="batch_size is 0"):
        GuidanceConfig(batch_size=0)
