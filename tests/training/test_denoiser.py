"""The denoiser's training is resumable, measured level by level, and averages its weights as it was told."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from made_up_training import Folder, Killed, assert_equal_weights, kill_at, records

from ecg_forge.diffusion.config import DdpmConfig
from ecg_forge.ecg.beats import MOST_BEATS
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import INDEPENDENT_LEADS, LEADS, limb_lead_residual
from ecg_forge.ecg.statements import CODES
from ecg_forge.models.registry import build_denoiser
from ecg_forge.training.conditions import condition_table, unpack_condition
from ecg_forge.training.config import DenoiserConfig, GuidanceConfig
from ecg_forge.training.data import SignalPools
from ecg_forge.training.denoiser import HELD_OUT_LEVELS, SHOWN, fit_denoiser
from ecg_forge.training.optimiser import power_average, power_exponent

Trained = tuple[dict[str, Any], pd.DataFrame, dict[int, np.ndarray]]


def denoiser_config(**changes: Any) -> DenoiserConfig:
    settings = {"model": "unet1d_tiny", "epochs": 3, "steps_per_epoch": 2, "batch_size": 4, "warmup_steps": 2}
    return DenoiserConfig(**{**settings, **changes})


def train_denoiser(folder: Path, start: dict[str, Any] | None = None, **changes: Any) -> Trained:
    signals = records(12)
    table = pd.DataFrame({"age": 60.0, "sex": "male"}, index=signals.ecg_id)
    labels = pd.DataFrame(False, index=signals.ecg_id, columns=list(CODES))
    beats = np.full((12, MOST_BEATS), np.nan)
    beats[:, :3] = [20, 100, 180]
    packed = condition_table(table, labels, beats)
    parts = [
        (SignalPools([signals], signals.ecg_id[rows], INDEPENDENT_LEADS), packed[rows])
        for rows in (slice(0, 8), slice(8, 12))
    ]
    config = denoiser_config(**changes)
    return fit_denoiser(parts[0], parts[1], dict.fromkeys(LEADS, 0.3), config, Folder(folder), start)


@pytest.mark.parametrize("averaging", [{}, {"ema_width": None, "ema_decay": 0.5}], ids=["power", "exponential"])
def test_a_killed_denoiser_training_ends_as_an_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, averaging: dict[str, Any]
) -> None:
    unbroken, history, sheets = train_denoiser(tmp_path / "a", **averaging)
    with monkeypatch.context() as context:
        kill_at(context, step=3)
        with pytest.raises(Killed):
            train_denoiser(tmp_path / "b", **averaging)
    continued, continued_history, continued_sheets = train_denoiser(tmp_path / "b", **averaging)
    assert_equal_weights(unbroken, continued)
    timed = ["records_per_s", "seconds"]
    pd.testing.assert_frame_equal(history.drop(columns=timed), continued_history.drop(columns=timed))
    assert list(sheets) == list(continued_sheets) == [1, 2, 3]
    for epoch, sheet in sheets.items():
        np.testing.assert_array_equal(sheet, continued_sheets[epoch])


def test_the_history_holds_the_held_out_loss_of_each_noise_level(tmp_path: Path) -> None:
    _, history, _ = train_denoiser(tmp_path, batch_size=8)
    levels = [float(name.removeprefix("val_loss_at_")) for name in history if name.startswith("val_loss_at_")]
    # Four validation records take the first four levels: sorted by name in the history.
    assert len(levels) == min(HELD_OUT_LEVELS, 4)
    # ln σ of EDM's training has mean −1.2 and deviation 1.2, so a sixteenth of it lies below exp(−1.2 − 1.53·1.2).
    assert min(levels) == pytest.approx(np.exp(-1.2 - 1.534 * 1.2), rel=0.02)
    at_levels = history[[name for name in history if name.startswith("val_loss_at_")]]
    np.testing.assert_allclose(at_levels.mean(axis=1), history["val_loss"], rtol=1e-5)


def test_the_ecgs_shown_after_each_epoch_are_those_of_the_averaged_weights_and_obey_the_limb_leads(
    tmp_path: Path,
) -> None:
    _, _, sheets = train_denoiser(tmp_path)
    assert {sheet.shape for sheet in sheets.values()} == {(len(SHOWN), 12, 200)}
    assert limb_lead_residual(sheets[3]).max() < 0.01  # kept in half precision
    assert not np.array_equal(sheets[1], sheets[3])


def test_the_kept_denoiser_is_the_average_of_the_trained_ones(tmp_path: Path) -> None:
    """A wide average stays nearer to the start than one that follows the last step."""
    wide, narrow = (train_denoiser(tmp_path / str(w), ema_width=w)[0]["tensors"] for w in (0.28, 0.01))
    torch.manual_seed(denoiser_config().seed)
    start = build_denoiser("unet1d_tiny", 8, 71).state_dict()
    moved = [
        sum(float((of[f"denoiser.network.{k}"] - v).abs().sum()) for k, v in start.items()) for of in (wide, narrow)
    ]
    assert 0 < moved[0] < 0.8 * moved[1]


def test_a_training_moves_the_weights_of_denoiser_and_rhythm(tmp_path: Path) -> None:
    longer, shorter = (train_denoiser(tmp_path / str(n), epochs=n)[0]["tensors"] for n in (2, 1))
    assert {name.split(".")[0] for name in longer} == {"denoiser", "rhythm"}
    moved = {name.split(".")[0] for name, value in longer.items() if not torch.equal(value, shorter[name])}
    assert moved == {"denoiser", "rhythm"}


def test_a_power_average_weighs_the_steps_by_their_power() -> None:
    exponent, update = power_exponent(0.1), power_average(0.1)
    average = torch.zeros(50)
    for step in range(50):
        snapshot = torch.zeros(50)
        snapshot[step] = 1.0
        average = snapshot if step == 0 else update(average, snapshot, step)
    steps = torch.arange(1, 51, dtype=torch.float64)
    expected = (steps / 50) ** (exponent + 1) - ((steps - 1) / 50) ** (exponent + 1)
    # β_t = (1 − 1/t)^(γ+1) makes the weights of the steps differences of t^(γ+1).
    torch.testing.assert_close(average.double(), expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("width", [0.05, 0.1, 0.2])
def test_the_exponent_gives_the_profile_its_width(width: float) -> None:
    share = np.linspace(0, 1, 20001)
    weight = share ** power_exponent(width)
    mean = np.average(share, weights=weight)
    assert np.sqrt(np.average((share - mean) ** 2, weights=weight)) == pytest.approx(width, rel=1e-3)


def test_the_process_of_sssd_ecg_scales_signals_to_unit_variance(tmp_path: Path) -> None:
    changes = {"process": {"name": "ddpm"}, "weighting": "epsilon", "epochs": 1}
    weights, history, _ = train_denoiser(tmp_path, **changes)
    assert weights["config"]["scaling"]["millivolts"] == pytest.approx([0.3] * 8)
    assert weights["config"]["training"]["process"] == asdict(DdpmConfig())
    # An untrained network predicts no noise at all, so its squared error is the noise's variance.
    assert history["train_loss"][0] == pytest.approx(1.0, abs=0.1)


def test_conditions_survive_packing() -> None:
    table = pd.DataFrame({"age": [40.0, np.nan], "sex": ["female", None]}, index=[1, 2])
    labels = pd.DataFrame(False, index=[1, 2], columns=list(CODES))
    labels.loc[2, "WPW"] = True
    beats = np.full((2, MOST_BEATS), np.nan)
    beats[0, :2] = [7, 93]
    condition = unpack_condition(torch.from_numpy(condition_table(table, labels, beats)))
    assert condition.beats[0, :3].tolist() == pytest.approx([7, 93, np.nan], nan_ok=True)
    assert condition.beats[1].isnan().all()
    assert unpack_condition(torch.from_numpy(condition_table(table, labels))).beats.isnan().all()
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
        ({"model": "gan"}, "unknown denoiser 'gan'"),
        ({"steps_per_epoch": 0}, "denoiser.steps_per_epoch is 0"),
        ({"ema_width": None, "ema_decay": 1.0}, "denoiser.ema_decay is 1.0"),
        ({"ema_width": 0.3}, "denoiser.ema_width is 0.3"),
        ({"ema_decay": 0.9}, "one of ema_width and ema_decay"),
        ({"process": {"name": "flow"}}, "denoiser.process.name is 'flow'"),
        ({"weighting": "none"}, "denoiser.weighting is 'none'"),
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


def test_a_training_goes_on_from_earlier_weights_and_says_which(tmp_path: Path) -> None:
    start, _, _ = train_denoiser(tmp_path / "start", learning_rate=0.01)
    weights, _, _ = train_denoiser(tmp_path / "on", start=start, epochs=1, learning_rate=1e-9)
    for name, tensor in start["tensors"].items():
        torch.testing.assert_close(weights["tensors"][name], tensor, rtol=0, atol=1e-5)
    assert weights["config"]["start"] == start["config"]
    assert "start" not in start["config"]


def test_a_training_cannot_go_on_from_another_denoiser(tmp_path: Path) -> None:
    start, _, _ = train_denoiser(tmp_path / "start", epochs=1)
    with pytest.raises(BadInput, match="denoiser model unet1d_tiny, this training has dit1d_tiny"):
        train_denoiser(tmp_path / "on", start=start, model="dit1d_tiny")
    with pytest.raises(BadInput, match="denoiser process.name edm, this training has ddpm"):
        train_denoiser(tmp_path / "on", start=start, process={"name": "ddpm"})
    assert not (tmp_path / "on").exists()
