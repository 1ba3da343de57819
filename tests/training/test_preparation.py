"""A classifier hears filtered and clipped signals of chosen leads; unless it is asked to, nothing is changed."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch
from scipy import signal as scipy_signal

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.training.classifier import Classifier, Scales, load_classifier
from ecg_forge.training.config import ClassifierConfig, PreparationConfig
from ecg_forge.training.preparation import band_passed, clipped

FS = 100
SCALES = Scales({"mean_mv": 0.01, "sd_mv": 0.2}, {"mean_years": 60.0, "sd_years": 10.0})
LABELS = ["NORM", "MI", "STTC", "CD", "HYP"]


def recording(samples: int = 8000) -> np.ndarray:
    """Noise on a slope, two leads."""
    noise = np.random.default_rng(0).normal(size=(2, samples))
    return noise + np.linspace(1, 4, samples)


def module(**changes: Any) -> Classifier:
    settings = {"model": "resnet1d_tiny", "task": "superclass", "epochs": 1, "steps_per_epoch": 1}
    torch.manual_seed(0)
    return Classifier(ClassifierConfig(**{**settings, **changes}), LABELS, FS, SCALES).eval()


@pytest.mark.parametrize(
    ("low_hz", "high_hz", "order"), [(0.5, 40.0, 4), (1.0, 45.0, 2), (1.0, None, 3), (None, 30.0, 2)]
)
def test_away_from_the_ends_it_is_the_filter_of_scipy_run_both_ways(
    low_hz: float | None, high_hz: float | None, order: int
) -> None:
    edges = [edge for edge in (low_hz, high_hz) if edge is not None]
    kind = "bandpass" if len(edges) == 2 else "highpass" if low_hz is not None else "lowpass"
    sections = scipy_signal.butter(order, edges if len(edges) == 2 else edges[0], kind, fs=FS, output="sos")
    expected = scipy_signal.sosfiltfilt(sections, recording(), padlen=3000)
    made = band_passed(torch.from_numpy(recording()), FS, PreparationConfig(low_hz, high_hz, order)).numpy()
    middle = slice(2000, -2000)
    np.testing.assert_allclose(made[:, middle], expected[:, middle], atol=1e-8)


def test_near_the_ends_it_goes_on_as_scipy_does_with_the_whole_signal_reflected() -> None:
    sections = scipy_signal.butter(4, [0.5, 40.0], "bandpass", fs=FS, output="sos")
    expected = scipy_signal.sosfiltfilt(sections, recording(1000), padlen=999)
    made = band_passed(torch.from_numpy(recording(1000)), FS, PreparationConfig(0.5, 40.0, 4)).numpy()
    np.testing.assert_allclose(made, expected, atol=0.02)


@pytest.mark.parametrize("samples", [2, 3, 250, 999])
def test_any_number_of_samples_keeps_its_number(samples: int) -> None:
    made = band_passed(torch.randn(3, 12, samples), FS, PreparationConfig(low_hz=1.0, high_hz=45.0))
    assert made.shape == (3, 12, samples)
    assert made.isfinite().all()


def test_a_slope_goes_through_a_low_pass_and_not_through_a_high_pass() -> None:
    slope = torch.linspace(0, 3, 1000, dtype=torch.float64)[None]
    torch.testing.assert_close(band_passed(slope, FS, PreparationConfig(high_hz=40.0)), slope)
    torch.testing.assert_close(band_passed(slope, FS, PreparationConfig(low_hz=0.5)), torch.zeros_like(slope))


def test_without_edges_and_clipping_the_signal_is_the_very_same() -> None:
    signal = torch.randn(2, 12, 100)
    assert band_passed(signal, FS, PreparationConfig()) is signal
    assert clipped(signal, PreparationConfig()) is signal
    assert torch.equal(module().prepared(signal), (signal - 0.01) / 0.2)


def test_clipping_is_in_training_sd_and_follows_the_filter() -> None:
    spiked = torch.zeros(1, 12, 400)
    spiked[..., 200] = 50.0
    wide = module(preparation={"low_hz": 0.5, "clip_sd": 5.0}).prepared(spiked)
    assert float(wide.max()) == 5.0
    filtered = module(preparation={"low_hz": 0.5}).prepared(spiked)
    assert torch.equal(wide, filtered.clamp(-5, 5))
    assert float(filtered.max()) > 100


def test_crops_in_training_and_windows_in_scoring_are_prepared_alike() -> None:
    settings = {"preparation": {"low_hz": 0.5, "high_hz": 40.0}, "crop_s": 1.0}
    classifier, windows = module(**settings), torch.randn(2, 3, 12, 100)
    with torch.no_grad():
        single = classifier(windows[:, 1], torch.empty(2, 0)).sigmoid()
        alone = classifier.probabilities(windows[:, 1:2], torch.empty(2, 0))
    torch.testing.assert_close(single, alone)


@pytest.mark.parametrize("model", ["resnet1d_tiny", "gru", "cnn2d"])
def test_leads_that_a_classifier_does_not_hear_change_nothing(model: str) -> None:
    classifier, signal = module(model=model, leads=["I", "II", "V2"]), 0.2 * torch.randn(2, 12, 200)
    others = signal.clone()
    silent = [place for place, lead in enumerate(LEADS) if lead not in ("I", "II", "V2")]
    others[:, silent] += 1.0
    heard = signal.clone()
    heard[:, LEADS.index("V2")] += torch.randn(200)
    with torch.no_grad():
        first, same, changed = (classifier(each, torch.empty(2, 0)) for each in (signal, others, heard))
    assert torch.equal(first, same)
    assert not torch.equal(first, changed)


def test_leads_arrive_in_the_order_in_which_they_are_named() -> None:
    signal = torch.arange(12.0)[None, :, None].expand(1, 12, 5)
    prepared = module(leads=["V2", "I", "aVF"]).prepared(signal)[0, :, 0] * 0.2 + 0.01
    assert prepared.tolist() == pytest.approx([LEADS.index(lead) for lead in ("V2", "I", "aVF")], abs=1e-5)


def test_an_edge_above_half_the_sampling_rate_stops_the_classifier() -> None:
    with pytest.raises(BadInput, match="classifier.preparation.high_hz is 60.0; at 100 Hz"):
        module(preparation={"high_hz": 60.0})


def test_weights_from_before_these_settings_load_as_they_were() -> None:
    classifier = module()
    training = asdict(classifier.config)
    for name in ("leads", "preparation", "schedule", "plateau_factor", "plateau_patience"):
        del training[name]
    del training["loss"]["focal_alpha"]
    saved = {"labels": LABELS, "fs": FS, "scales": asdict(SCALES), "training": training}
    loaded = load_classifier({"config": saved, "tensors": classifier.network.state_dict()})
    assert loaded.config == classifier.config
