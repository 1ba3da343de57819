"""``ecg-forge digitise`` makes a WFDB record of a picture, or says which step failed and shows what it saw."""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import wfdb
from PIL import Image

from ecg_forge import cli
from ecg_forge.datasets.model_weights import ModelWeights, load_weights
from ecg_forge.datasets.photographs import load_photograph
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.simulator import SimulationConfig, simulate_ptbxl
from ecg_forge.paper.segmentation import Segmentation
from ecg_forge.paper.sheet import TRACE, Printer, Sheet

pytest.importorskip("monai", reason="segmenters are monai's; install ecg-forge[paper]")

from ecg_forge.paper_reading import PACKAGED_SEGMENTER
from tests.training.made_up_segmenter import SHEETS, untrained_segmenter


@pytest.fixture(scope="module")
def true_mv() -> np.ndarray:
    signals = simulate_ptbxl(SimulationConfig(n_records=1, seed=5)).signals
    return signals.millivolts(signals.ecg_id)[0]


@pytest.fixture(scope="module")
def sheet(true_mv: np.ndarray) -> Sheet:
    return Printer("3x4r", SHEETS, 10).draw(true_mv, 100)


@pytest.fixture(autouse=True)
def photo_and_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sheet: Sheet) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(sheet.image).save("my photo.png")
    ModelWeights(filepath="weights.safetensors").save(untrained_segmenter())


def see(monkeypatch: pytest.MonkeyPatch, mask: np.ndarray) -> None:
    """Let the segmenter find this mask, scaled to the picture."""
    import ecg_forge.training.segmenter as module

    def segment(_: Any, image: np.ndarray) -> Segmentation:
        found = np.asarray(Image.fromarray(mask).resize(image.shape[1::-1], Image.Resampling.NEAREST))
        return Segmentation(found, (found == TRACE).astype(np.float32))

    monkeypatch.setattr(module, "segment", segment)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["ecg-forge", "digitise", *arguments, "--weights", "weights.safetensors"])
    try:
        cli.main()
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def test_a_sheet_becomes_a_record_whose_limb_leads_are_completed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sheet: Sheet, true_mv: np.ndarray
) -> None:
    see(monkeypatch, sheet.mask)
    assert run(monkeypatch, "my photo.png", "--layout", "3x4r", "--out", "ecg") == 0
    said = capsys.readouterr().out
    assert said.startswith("my_photo in ecg: 12 leads, 10 s, mean confidence 0.")
    found: dict = {"wfdb": wfdb}
    exec(said.splitlines()[-1], found)
    assert [name.upper() for name in LEADS] == found["fields"]["sig_name"]
    signal_mv = found["signal"].T
    shown = np.isfinite(signal_mv).sum(axis=1)
    assert shown.tolist() == [500, 1000, 500, 500, 500, 500] + [250] * 6  # with II, the augmented leads give I and III
    error = np.where(np.isfinite(signal_mv), signal_mv - true_mv, 0)
    assert np.abs(error).mean() < 0.03
    leads = pd.read_csv("ecg/leads.csv", index_col="lead")
    assert leads.loc["I", ["read", "derived", "missing"]].tolist() == [0.25, 0.25, 0.5]
    assert Image.open("ecg/overlay.png").size == sheet.image.shape[1::-1]


def test_a_picture_that_cannot_be_read_is_told_with_the_step_and_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sheet: Sheet
) -> None:
    see(monkeypatch, np.where(sheet.mask == TRACE, 0, sheet.mask))
    assert run(monkeypatch, "my photo.png", "--layout", "3x4r", "--out", "ecg") == 2
    said = capsys.readouterr().err
    assert said.startswith("ecg-forge: my photo.png cannot be read: calibration: no calibration pulse was found")
    assert "see my photo-unreadable.png" in said
    assert said.count("\n") == 1
    assert sorted(os.listdir()) == ["my photo-unreadable.png", "my photo.png", "weights.safetensors"]
    assert Image.open("my photo-unreadable.png").size == sheet.image.shape[1::-1]


def test_a_picture_of_another_size_is_brought_to_the_scale_that_was_learned(
    monkeypatch: pytest.MonkeyPatch, sheet: Sheet
) -> None:
    see(monkeypatch, sheet.mask)
    height, width = sheet.mask.shape
    Image.fromarray(sheet.image).resize((width * 2, height * 2)).save("large.jpg")
    assert run(monkeypatch, "large.jpg", "--layout", "3x4r", "--out", "ecg") == 0
    assert Image.open("ecg/overlay.png").size[0] == pytest.approx(width * 1.06, abs=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nowhere.jpg --layout 3x4", "nowhere.jpg does not exist"),
        ("weights.safetensors --layout 3x4", "weights.safetensors is no picture that can be opened"),
        ("photo.png --layout 5x5", "unknown layout '5x5'; paper_ecg.sheet.layouts has 3x4"),
        ("photo.png --layout 3x4 --fs 0", "0 is not in the range x>=1"),
        ("photo.png", "Missing option '--layout'"),
    ],
)
def test_a_mistake_is_told_in_one_line_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: str, message: str
) -> None:
    os.rename("my photo.png", "photo.png")
    assert run(monkeypatch, *arguments.split(), "--out", "ecg") == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert sorted(os.listdir()) == ["photo.png", "weights.safetensors"]


def test_a_photograph_is_turned_as_its_camera_noted() -> None:
    turned = Image.new("RGB", (4, 2))
    exif = turned.getexif()
    exif[0x0112] = 6  # turn by a quarter, clockwise
    turned.save("turned.jpg", exif=exif)
    assert load_photograph(Path("turned.jpg")).shape == (4, 2, 3)
    with pytest.raises(BadInput, match="name a photograph"):
        load_photograph(Path())


def test_the_segmenter_of_the_package_is_small_and_whole() -> None:
    from ecg_forge.training.segmenter import load_segmenter

    assert PACKAGED_SEGMENTER.stat().st_size < 1_000_000
    assert not load_segmenter(load_weights(PACKAGED_SEGMENTER)).training
