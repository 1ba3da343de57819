"""Explanations of networks whose explanations can be said beforehand, and of every network there is."""

import sys
from typing import Any

import numpy as np
import pytest
import torch

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.explanation_checks import (
    area_under,
    completeness_gap,
    rank_correlation,
    removal_masks,
    removal_order,
)
from ecg_forge.models.registry import CLASSIFIERS, build_classifier
from ecg_forge.training.explanation import METHODS, Batch, Explainer, last_convolution, shuffled_weights
from tests.training.made_up_explanations import LENGTH, people, register, signals, weights

SIGNALS = signals()
PARTS = np.tile(np.repeat([0, 1, 2, 3], LENGTH // 4), (len(SIGNALS), 1))
SHARE = np.r_[np.full(50, 1.0), np.full(100, 2.0), np.full(50, 1.0)] / 3  # windows that hold a sample, of three


@pytest.fixture(autouse=True)
def _networks(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)


def asked(model: str, steps: int = 8, reference: str = "zero", **changes: Any) -> tuple[Explainer, Batch]:
    explainer = Explainer(weights(model, **changes), LENGTH, steps)
    return explainer, explainer.batch(SIGNALS, people(len(SIGNALS)), PARTS, reference)


def overlapped(of_window: np.ndarray) -> np.ndarray:
    """What each window says, added up where they overlap, by hand: windows begin at 0, 0.5 and 1 s."""
    total = np.zeros((*of_window.shape[:-1], LENGTH))
    for start in (0, 50, 100):
        total[..., start : start + 100] += of_window / 3
    return total


def test_the_saliency_of_a_linear_network_is_the_size_of_its_weights_added_up_over_windows() -> None:
    explainer, batch = asked("linear")
    w = explainer.classifier.network.weights.weight[1].detach().numpy().reshape(12, 100) / 0.5  # per mV
    found = explainer.explain("saliency", batch, "MI")
    assert (found.shape, found.dtype) == (SIGNALS.shape, np.float32)
    np.testing.assert_allclose(found, np.abs(overlapped(w))[None].repeat(3, 0), atol=1e-6)


def test_integrated_gradients_of_a_linear_network_are_weight_times_signal() -> None:
    explainer, batch = asked("linear", reference="median")
    w = explainer.classifier.network.weights.weight[1].detach().numpy().reshape(12, 100) / 0.5
    above = SIGNALS - np.median(SIGNALS, axis=-1, keepdims=True)
    np.testing.assert_allclose(
        explainer.explain("integrated_gradients", batch, "MI"), overlapped(w)[None] * above, atol=1e-5
    )


def test_integrated_gradients_add_up_to_what_the_logit_lies_above_that_of_the_reference() -> None:
    explainer, batch = asked("resnet1d_tiny", steps=64)
    rise = explainer.logits(batch.signal_mv, batch.metadata, "CD") - explainer.logits(
        batch.reference_mv, batch.metadata, "CD"
    )
    assert completeness_gap(explainer.explain("integrated_gradients", batch, "CD"), rise).max() < 0.03


def test_the_explained_logit_is_the_mean_of_the_windows_that_scoring_takes() -> None:
    explainer, batch = asked("resnet1d_tiny")
    by_hand = torch.stack(
        [explainer.classifier(batch.signal_mv[..., start : start + 100], batch.metadata) for start in (0, 50, 100)]
    )
    np.testing.assert_allclose(
        explainer.logits(batch.signal_mv, batch.metadata, "HYP"), by_hand.mean(0)[:, 4].detach(), atol=1e-5
    )
    np.testing.assert_allclose(
        explainer.probabilities(batch.signal_mv, batch.metadata, "HYP"),
        by_hand.sigmoid().mean(0)[:, 4].detach(),
        atol=1e-6,
    )


def test_a_lead_is_worth_what_it_adds_to_a_linear_networks_logit() -> None:
    explainer, batch = asked("linear")
    w = explainer.classifier.network.weights.weight[0].detach().numpy().reshape(12, 100) / 0.5
    worth = (overlapped(w)[None] * SIGNALS).sum(-1, keepdims=True)
    found = explainer.explain("occlusion_leads", batch, "NORM")
    np.testing.assert_allclose(found, worth.repeat(LENGTH, -1), atol=1e-4)


def test_a_wave_is_worth_what_its_samples_add_to_a_linear_networks_logit() -> None:
    explainer, batch = asked("linear")
    w = explainer.classifier.network.weights.weight[0].detach().numpy().reshape(12, 100) / 0.5
    adds = overlapped(w)[None] * SIGNALS
    found = explainer.explain("occlusion_waves", batch, "NORM")
    for part in range(4):
        inside = PARTS[0] == part
        worth = adds[:, :, inside].sum(axis=(1, 2))
        np.testing.assert_allclose(found[:, 3, inside], worth[:, None].repeat(50, 1), atol=1e-4)


def test_the_parts_of_each_record_are_its_own() -> None:
    explainer, _ = asked("linear")
    parts = np.stack([PARTS[0], PARTS[0][::-1], np.zeros(LENGTH, dtype=np.int64)])
    together = explainer.explain("occlusion_waves", explainer.batch(SIGNALS, people(3), parts, "zero"), "MI")
    for row in range(3):
        alone = explainer.batch(SIGNALS[row : row + 1], people(1), parts[row : row + 1], "zero")
        np.testing.assert_allclose(explainer.explain("occlusion_waves", alone, "MI")[0], together[row], atol=1e-5)


def test_grad_cam_of_one_channel_is_its_activation_over_the_length_of_its_mean() -> None:
    explainer, batch = asked("one_convolution")
    scaled = (SIGNALS[:, 0] - 0.1) / 0.5
    expected = np.zeros((3, LENGTH))
    for start in (0, 50, 100):
        padded = np.pad(scaled[:, start : start + 100], ((0, 0), (1, 1)))
        expected[:, start : start + 100] += (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 100 / 3
    found = explainer.explain("grad_cam", batch, "NORM")
    np.testing.assert_allclose(found, expected[:, None].repeat(12, 1), atol=1e-6)


def test_attention_weights_of_a_record_sum_to_one_and_lie_where_the_network_looks() -> None:
    explainer = Explainer(weights("attended"), LENGTH)
    signal = np.zeros((1, 12, LENGTH), dtype=np.float32)
    signal[0, 0, 60:62] = 2.0
    found = explainer.explain("attention", explainer.batch(signal, people(1), PARTS[:1], "zero"), "MI")
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)
    assert set(found[0, 0].argsort()[-2:]) == {60, 61}
    flat = found[0, 0, 0]
    steps = np.full(50, np.tanh(-0.2))
    steps[30] = np.tanh(3.8)
    window = np.exp(steps) / np.exp(steps).sum() / 2 / 3
    assert flat == pytest.approx(window[0], rel=1e-4)


def test_shuffled_weights_explain_something_else() -> None:
    trained = weights("resnet1d_tiny")
    explainer, batch = asked("resnet1d_tiny")
    other = Explainer(shuffled_weights(trained, seed=3), LENGTH, 8)
    for method in ("saliency", "integrated_gradients", "grad_cam"):
        before, after = explainer.explain(method, batch, "MI"), other.explain(method, batch, "MI")
        assert abs(rank_correlation(before[0], after[0])) < 0.5
        np.testing.assert_array_equal(before, explainer.explain(method, batch, "MI"))


def test_shuffled_weights_keep_the_sizes_and_follow_from_their_seed() -> None:
    trained = weights("resnet1d_tiny")
    first, again, other = (shuffled_weights(trained, seed)["tensors"] for seed in (3, 3, 4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)
    for name, value in trained["tensors"].items():
        assert torch.equal(value.flatten().sort()[0], first[name].flatten().sort()[0])


def test_taking_away_the_most_attributed_first_brings_the_probability_down_faster_than_any_order() -> None:
    explainer, batch = asked("planted")
    attribution = explainer.explain("integrated_gradients", batch, "MI")[0]
    areas = {}
    for name, values in (("attributed", attribution), ("random", np.zeros_like(attribution))):
        gone = removal_masks(removal_order(values, piece=5, seed=0), steps=10)
        deletion, insertion = explainer.deletion_and_insertion(batch, 0, gone, "MI")
        assert deletion[0] == pytest.approx(insertion[-1])
        assert deletion[-1] == pytest.approx(insertion[0])
        areas[name] = area_under(deletion), area_under(insertion)
    assert areas["attributed"][0] < areas["random"][0] - 0.1
    assert areas["attributed"][1] > areas["random"][1] + 0.1


def test_nothing_is_attributed_to_what_a_network_does_not_hear() -> None:
    explainer, batch = asked("planted")
    deaf = [lead for lead in range(12) if lead != 7]
    for method in ("saliency", "integrated_gradients", "occlusion_leads"):
        found = explainer.explain(method, batch, "MI")
        assert np.abs(found[:, deaf]).max() < 1e-6 < np.abs(found[:, 7]).max()


CONVOLVE = {
    "resnet1d_tiny": 25,  # of 100 samples, as they reach the pooling or the recurrent layer
    "resnet1d_wang": 25,
    "resnet50_1d": 4,
    "xresnet1d50": 4,
    "xresnet1d101": 4,
    "inception1d": 100,
    "ribeiro_resnet": 1,
    "resnet1d_small": 4,
    "inception_small": 100,
    "conv_bilstm_attention": 25,
    "cnn_gru": 25,
    "cnn_lstm": 25,
}


@pytest.mark.parametrize("model", CLASSIFIERS)
def test_grad_cam_looks_at_the_last_convolution_over_time_or_says_that_there_is_none(model: str) -> None:
    network = build_classifier(model, 12, 5).eval()
    if model not in CONVOLVE:
        with pytest.raises(BadInput, match=f"{model} has no convolution over time for Grad-CAM"):
            last_convolution(network, model)
        return
    shapes = []
    last_convolution(network, model).register_forward_hook(lambda *inside: shapes.append(tuple(inside[2].shape)))
    with torch.no_grad():
        network(torch.zeros(1, 12, 100))
    ((records, _, steps),) = shapes
    assert (records, steps) == (1, CONVOLVE[model])


@pytest.mark.parametrize("model", ["gru_attention", "conv_bilstm_attention", "cnn2d", "s4_small"])
def test_every_kind_of_network_can_be_asked_for_gradients(model: str) -> None:
    explainer = Explainer(weights(model), LENGTH, 2)
    batch = explainer.batch(SIGNALS[:1], people(1), PARTS[:1], "median")
    found = explainer.explain("saliency", batch, "MI")
    assert np.isfinite(found).all()
    assert found.max() > 0


def test_a_classifier_that_is_told_age_and_sex_is_explained_with_them() -> None:
    explainer, batch = asked("resnet1d_tiny", metadata=True)
    assert batch.metadata.shape == (3, 5)
    for method in ("saliency", "integrated_gradients", "grad_cam", "occlusion_leads"):
        assert explainer.explain(method, batch, "MI").shape == SIGNALS.shape


def test_a_record_shorter_than_a_window_is_one_window() -> None:
    explainer = Explainer(weights("resnet1d_tiny", crop_s=3.0), LENGTH, 2)
    assert explainer.explained.starts == [0]
    batch = explainer.batch(SIGNALS, people(3), PARTS, "zero")
    assert explainer.explain("grad_cam", batch, "MI").shape == SIGNALS.shape


def test_an_unknown_label_is_refused_with_the_known_ones() -> None:
    explainer, batch = asked("planted")
    with pytest.raises(BadInput, match="no label 'LVH'; it knows NORM, MI, STTC, CD, HYP"):
        explainer.explain("saliency", batch, "LVH")


def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    explainer, batch = asked("planted")
    with pytest.raises(BadInput, match=f"unknown explanation 'lime'; known are {', '.join(METHODS)}"):
        explainer.explain("lime", batch, "MI")


def test_a_network_without_attention_says_so() -> None:
    explainer, batch = asked("resnet1d_tiny")
    with pytest.raises(BadInput, match="resnet1d_tiny has no attention over time"):
        explainer.explain("attention", batch, "MI")


def test_a_missing_captum_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(BadInput, match=r"need captum; install it with `pip install ecg-forge\[explain\]`"):
        Explainer(weights("planted"), LENGTH)
