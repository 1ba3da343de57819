import pytest
import torch

from ecg_forge.diffusion.guidance import guided
from ecg_forge.ecg.errors import BadInput

X, SIGMA = torch.zeros(2, 1, 3), torch.tensor([1.0, 1.0])


class Shift:
    """A denoiser whose guess is the condition itself, and which counts its evaluations."""

    def __init__(self):
        self.calls = 0

    def __call__(self, x, sigma, condition):
        self.calls += 1
        return x + condition


@pytest.mark.parametrize(("scale", "guess", "calls"), [(1.0, 5.0, 1), (0.0, 2.0, 1), (2.0, 8.0, 2), (0.5, 3.5, 2)])
def test_guidance_extrapolates_from_null_through_the_condition(scale, guess, calls):
    denoise = Shift()
    assert (guided(denoise, 5.0, 2.0, scale)(X, SIGMA) == guess).all()
    assert denoise.calls == calls


@pytest.mark.parametrize(("sigma", "guess", "calls"), [(0.5, 5.0, 1), (0.51, 8.0, 2), (2.0, 8.0, 2), (2.1, 5.0, 1)])
def test_guidance_acts_inside_the_interval_only(sigma, guess, calls):
    denoise = Shift()
    assert (guided(denoise, 5.0, 2.0, 2.0, interval=(0.5, 2.0))(X, torch.full((2,), sigma)) == guess).all()
    assert denoise.calls == calls


@pytest.mark.parametrize(("scale", "inside"), [(2.0, 8.0), (0.0, 2.0)])
def test_each_record_is_guided_by_its_own_noise_level(scale, inside):
    guess = guided(Shift(), 5.0, 2.0, scale, interval=(0.5, 2.0))(X, torch.tensor([1.0, 3.0]))
    assert guess[:, 0, 0].tolist() == [inside, 5.0]


def test_impossible_guidance_is_refused():
    with pytest.raises(BadInput, match="scale must not be negative"):
        guided(Shift(), 5.0, 2.0, -1.0)
    with pytest.raises(BadInput, match="from a low to a higher noise level"):
        guided(Shift(), 5.0, 2.0, 2.0, interval=(2.0, 2.0))
