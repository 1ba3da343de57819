import numpy as np
import pytest
import torch
from pyts.image import GramianAngularField, MarkovTransitionField, RecurrencePlot

from ecg_forge.models.signal_images import (
    KINDS,
    SignalImages,
    angular_field,
    recurrence_plot,
    transition_field,
)

SIZES = [1000, 250]
BINS = 10


def theirs(kind: str, leads: np.ndarray, size: int) -> np.ndarray:
    """The image of each lead ``(lead, sample)`` by pyts."""
    made = {
        "angular": GramianAngularField(size, method="summation"),
        "transition": MarkovTransitionField(size, n_bins=BINS, strategy="uniform"),
    }
    return made[kind].transform(leads)


def some_leads() -> np.ndarray:
    generator = np.random.default_rng(0)
    return generator.integers(-1000, 1000, (6, 1000)).cumsum(axis=1) / 1000


def as_record(leads: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(leads)[None]


@pytest.mark.parametrize("size", SIZES)
def test_fields_are_those_of_pyts(size: int) -> None:
    leads = some_leads()
    ours = as_record(leads)
    np.testing.assert_allclose(angular_field(ours, size)[0], theirs("angular", leads, size), atol=1e-5)
    np.testing.assert_allclose(transition_field(ours, size, BINS)[0], theirs("transition", leads, size), atol=1e-5)


def test_a_recurrence_plot_is_that_of_pyts() -> None:
    leads = some_leads()
    np.testing.assert_allclose(recurrence_plot(as_record(leads), 1000)[0], RecurrencePlot().transform(leads))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_images_of_real_records_are_those_of_pyts(real_millivolts, dtype: torch.dtype) -> None:
    leads = real_millivolts(4)[:, [0, 1, 7]].reshape(-1, 1000)
    ours, same = as_record(leads).to(dtype), leads.astype(str(dtype).removeprefix("torch."))
    np.testing.assert_allclose(angular_field(ours, 1000)[0], theirs("angular", same, 1000), atol=1e-5)
    np.testing.assert_allclose(transition_field(ours, 1000, BINS)[0], theirs("transition", same, 1000), atol=1e-5)
    np.testing.assert_allclose(recurrence_plot(ours, 1000)[0], RecurrencePlot().transform(same), atol=1e-5)


def test_a_sine_has_the_known_angular_field() -> None:
    angle = torch.linspace(0, torch.pi, 50, dtype=torch.float64)
    known = (angle[:, None] + angle[None, :]).cos()
    torch.testing.assert_close(angular_field(angle.cos()[None, None], 50)[0, 0], known, rtol=0, atol=1e-5)


def test_equal_means_at_the_end_of_the_range_have_equal_pixels_in_float32() -> None:
    """Two stretches hold the same three samples, whose sum float32 rounds in two ways."""
    signal = torch.tensor([[[0.1, 0.1, 0.5, 0.5, 0.1, 0.1, 0.0, 0.0, 0.0, 0.1, 0.1, 0.1]]])
    image = angular_field(signal, 4)[0, 0]
    torch.testing.assert_close(image[0], image[1], rtol=0, atol=1e-6)
    assert image[0, 1] == pytest.approx(1, abs=1e-6)


def test_images_in_half_precision_training_are_those_of_full_precision() -> None:
    signal = torch.randn(1, 2, 60, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        images = SignalImages(30)(signal)
    assert torch.equal(images, SignalImages(30)(signal))


def test_the_layer_makes_the_three_images_of_a_lead_in_their_order() -> None:
    signal = torch.randn(1, 2, 60, generator=torch.Generator().manual_seed(0))
    images, spread = SignalImages(30)(signal)[0], (signal.amax(dim=-1) - signal.amin(dim=-1))[0, 1]
    made = angular_field(signal, 30), transition_field(signal, 30, BINS), recurrence_plot(signal, 30) / spread
    for image, expected in zip(images[KINDS:], made, strict=True):
        torch.testing.assert_close(image, expected[0, 1], rtol=0, atol=1e-6)


def test_transitions_are_counted_from_each_bin() -> None:
    """0, 0, 1, 0 with two bins: from low once to low and once to high, from high always to low."""
    field = transition_field(torch.tensor([[[0.0, 0.0, 1.0, 0.0]]]), 4, 2)[0, 0]
    assert field[0].tolist() == [0.5, 0.5, 0.5, 0.5]
    assert field[2].tolist() == [1.0, 1.0, 0.0, 1.0]


def test_a_flat_signal_has_finite_images() -> None:
    images = SignalImages(10)(torch.zeros(1, 2, 20))
    assert images.isfinite().all()
    assert images.shape == (1, 2 * KINDS, 10, 10)


def test_images_of_a_lead_stand_side_by_side_and_follow_from_it_alone() -> None:
    signal = torch.randn(2, 3, 60, generator=torch.Generator().manual_seed(0))
    images = SignalImages(30)(signal)
    assert images.shape == (2, 9, 30, 30)
    torch.testing.assert_close(SignalImages(30)(signal[1:, 2:])[0], images[1, 6:])
    assert images.abs().max() <= 1


@pytest.mark.parametrize("samples", [7, 30, 50])
def test_any_number_of_samples_fills_the_image(samples: int) -> None:
    signal = torch.randn(1, 1, samples, generator=torch.Generator().manual_seed(0)).requires_grad_()
    images = SignalImages(30)(signal)
    images.sum().backward()
    assert images.shape == (1, 3, 30, 30)
    assert images.isfinite().all()
    assert signal.grad.isfinite().all()
