import pytest
import torch
from torch import nn

from ecg_forge.diffusion.preconditioning import EpsilonPreconditioner, Preconditioner
from ecg_forge.ecg.errors import BadInput


class Answer(nn.Module):
    """A network that gives a fixed answer and remembers what it was asked."""

    def __init__(self, answer: torch.Tensor):
        super().__init__()
        self.answer = answer

    def forward(self, x, c_noise, condition):
        self.given = (x, c_noise, condition)
        return self.answer.expand_as(x)


ONES = torch.ones(())


def normals(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_scales_at_sigma_data_are_those_of_the_paper():
    wrapped, sigma = Preconditioner(Answer(ONES), sigma_data=0.5), torch.tensor(0.5)
    assert wrapped.c_skip(sigma).item() == pytest.approx(0.5)
    assert wrapped.c_out(sigma).item() == pytest.approx(0.5 / 2**0.5)
    assert wrapped.c_in(sigma).item() == pytest.approx(2**0.5)
    assert wrapped.c_noise(torch.tensor(1.0)).item() == 0.0


def test_scales_go_to_their_limits():
    wrapped, none, all_ = Preconditioner(Answer(ONES), sigma_data=0.5), torch.tensor(1e-6), torch.tensor(1e6)
    assert wrapped.c_skip(none).item() == pytest.approx(1)
    assert wrapped.c_out(none).item() == pytest.approx(0, abs=1e-5)
    assert wrapped.c_skip(all_).item() == pytest.approx(0)
    assert wrapped.c_out(all_).item() == pytest.approx(0.5)


@pytest.mark.parametrize(("kind", "sigma_data"), [(Preconditioner, 0.5), (EpsilonPreconditioner, 1.0)])
def test_the_network_sees_unit_variance_at_every_noise_level(kind, sigma_data):
    network = Answer(ONES)
    sigma = torch.tensor([0.01, 0.5, 50.0])
    noisy = sigma_data * normals(3, 8, 2000) + sigma[:, None, None] * normals(3, 8, 2000, seed=1)
    kind(network, sigma_data)(noisy, sigma, "condition")
    x, c_noise, condition = network.given
    torch.testing.assert_close(x.std(dim=(1, 2)), torch.ones(3), rtol=0.03, atol=0)
    torch.testing.assert_close(c_noise, sigma.log() / 4)
    assert condition == "condition"


def test_the_denoised_signal_joins_skip_and_network():
    wrapped, sigma = Preconditioner(Answer(ONES), 0.5), torch.tensor([0.5, 2.0])
    x = normals(2, 1, 3)
    expected = wrapped.c_skip(sigma)[:, None, None] * x + wrapped.c_out(sigma)[:, None, None]
    torch.testing.assert_close(wrapped(x, sigma, None), expected)


@pytest.mark.parametrize("sigma", [0.01, 1.0, 2.5])
def test_a_network_that_knows_the_noise_gives_the_clean_signal(sigma):
    clean, noise, level = normals(3, 2, 50), normals(3, 2, 50, seed=1), torch.full((3,), sigma)
    denoised = EpsilonPreconditioner(Answer(noise), 1.0)(clean + sigma * noise, level, None)
    torch.testing.assert_close(denoised, clean, atol=1e-5, rtol=0)


@pytest.mark.parametrize("sigma", [0.01, 1.0, 1000.0])
def test_a_network_that_knows_the_velocity_gives_the_clean_signal(sigma):
    """Of sigma_data 1, EDM's network predicts −v, v = α·noise − √(1 − α²)·clean, α = 1/√(σ² + 1)."""
    clean, noise, level = normals(3, 2, 50), normals(3, 2, 50, seed=1), torch.full((3,), sigma)
    alpha = (sigma**2 + 1) ** -0.5
    v = alpha * noise - (1 - alpha**2) ** 0.5 * clean
    denoised = Preconditioner(Answer(-v), 1.0)(clean + sigma * noise, level, None)
    torch.testing.assert_close(denoised, clean, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", [Preconditioner, EpsilonPreconditioner])
def test_the_answer_has_the_dtype_of_the_signal_also_under_autocast(kind):
    wrapped = kind(Answer(ONES.bfloat16()), 1.0)
    assert wrapped(normals(2, 1, 4), torch.ones(2), None).dtype == torch.float32


def test_sigma_data_must_be_positive():
    with pytest.raises(BadInput, match="sigma_data must be positive"):
        Preconditioner(Answer(ONES), 0.0)
