"""Training is reproducible, and a killed training ends with the weights of an unbroken one."""

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
from ecg_forge.training import fit as engine
from ecg_forge.training.classifier import Examples, Scales, fit_classifier, score
from ecg_forge.training.conditions import condition_table, unpack_condition
from ecg_forge.training.config import ClassifierConfig, DenoiserConfig, GuidanceConfig
from ecg_forge.training.data import SignalPools
from ecg_forge.training.denoiser import fit_denoiser, generate

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


def test_a_killed_classifier_training_ends_with_the_weights_of_an_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken, history = train(tmp_path / "a")
    with monkeypatch.context() as context:
        kill_at(context, step=5)
        with pytest.raises(Killed):
            train(tmp_path / "b")
    assert (tmp_path / "b" / "last.ckpt").exists()
    continued, continued_history = train(tmp_path / "b")
    assert_equal_weights(unbroken, continued)
    columns = ["epoch", "train_loss", "val_loss", "val_auc"]
    pd.testing.assert_frame_equal(history[columns], continued_history[columns])
    assert history["epoch"].tolist() == [1, 2, 3]
    assert not list((tmp_path / "b").iterdir())


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
    assert history.columns.tolist() == ["epoch", "train_loss", "val_loss", "seconds"]


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
