import pytest
import torch
from torch import nn

from ecg_forge.diffusion.config import NoiseLevels
from ecg_forge.diffusion.process import Preconditioner, denoising_loss, loss_weight
from ecg_forge.ecg.errors import BadInput


class Zero(nn.Module):
    def forward(self, x, c_noise, condition):
        return torch.zeros_like(x)


class Recorder(nn.Module):
    """Remembers what it was given."""

    def forward(self, x, c_noise, condition):
        self.given = (x, c_noise, condition)
        return torch.ones_like(x)


class GaussianDenoiser:
    """The exact denoiser of independent normal samples of mean 0: E[clean | noisy] = s²/(s² + σ²)·noisy."""

    def __init__(self, sd: float):
        self.sigma_data = sd

    def __call__(self, x, sigma, condition):
        shrink = self.sigma_data**2 / (self.sigma_data**2 + sigma**2)
        return shrink[:, None, None] * x


def normals(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_scales_at_sigma_data_are_those_of_the_paper():
    wrapped, sigma = Preconditioner(Zero(), sigma_data=0.5), torch.tensor(0.5)
    assert wrapped.c_skip(sigma).item() == pytest.approx(0.5)
    assert wrapped.c_out(sigma).item() == pytest.approx(0.5 / 2**0.5)
    assert wrapped.c_in(sigma).item() == pytest.approx(2**0.5)
    assert wrapped.c_noise(torch.tensor(1.0)).item() == 0.0


def test_scales_go_to_their_limits():
    wrapped, none, all_ = Preconditioner(Zero(), sigma_data=0.5), torch.tensor(1e-6), torch.tensor(1e6)
    assert wrapped.c_skip(none).item() == pytest.approx(1)
    assert wrapped.c_out(none).item() == pytest.approx(0, abs=1e-5)
    assert wrapped.c_skip(all_).item() == pytest.approx(0)
    assert wrapped.c_out(all_).item() == pytest.approx(0.5)


def test_the_network_sees_unit_variance_at_every_noise_level():
    network = Recorder()
    sigma = torch.tensor([0.01, 0.5, 50.0])
    noisy = 0.5 * normals(3, 8, 2000) + sigma[:, None, None] * normals(3, 8, 2000, seed=1)
    Preconditioner(network, 0.5)(noisy, sigma, "condition")
    x, c_noise, condition = network.given
    torch.testing.assert_close(x.std(dim=(1, 2)), torch.ones(3), rtol=0.03, atol=0)
    torch.testing.assert_close(c_noise, sigma.log() / 4)
    assert condition == "condition"


def test_the_denoised_signal_joins_skip_and_network():
    wrapped, sigma = Preconditioner(Recorder(), 0.5), torch.tensor([0.5, 2.0])
    x = normals(2, 1, 3)
    expected = wrapped.c_skip(sigma)[:, None, None] * x + wrapped.c_out(sigma)[:, None, None]
    torch.testing.assert_close(wrapped(x, sigma, None), expected)


def test_the_answer_has_the_dtype_of_the_signal_also_under_autocast():
    wrapped = Preconditioner(Recorder())
    wrapped.network.forward = lambda x, c_noise, condition: x.bfloat16()
    assert wrapped(normals(2, 1, 4), torch.ones(2), None).dtype == torch.float32


def test_sigma_data_must_be_positive():
    with pytest.raises(BadInput, match="sigma_data must be positive"):
        Preconditioner(Zero(), 0.0)


def test_an_untrained_network_has_loss_one_at_every_noise_level():
    sigma = torch.tensor([0.01, 0.1, 1.0, 10.0])
    clean, noise = 0.5 * normals(4, 8, 2000), normals(4, 8, 2000, seed=1)
    loss = denoising_loss(Preconditioner(Zero(), 0.5), clean, sigma, noise, None)
    assert loss.shape == (4,)
    torch.testing.assert_close(loss, torch.ones(4), rtol=0.05, atol=0)


def test_the_exact_denoiser_of_a_gaussian_has_the_loss_of_its_posterior_variance():
    sigma, sd = torch.tensor([0.1, 0.5, 3.0]), 0.5
    clean, noise = sd * normals(3, 8, 4000), normals(3, 8, 4000, seed=1)
    posterior = sd**2 * sigma**2 / (sd**2 + sigma**2)
    loss = denoising_loss(GaussianDenoiser(sd), clean, sigma, noise, None)
    torch.testing.assert_close(loss, loss_weight(sigma, sd) * posterior, rtol=0.03, atol=0)


def test_the_loss_is_decided_by_its_inputs():
    clean, noise, sigma = normals(2, 1, 8), normals(2, 1, 8, seed=1), torch.tensor([0.3, 0.6])
    one = denoising_loss(GaussianDenoiser(0.5), clean, sigma, noise, None)
    assert torch.equal(one, denoising_loss(GaussianDenoiser(0.5), clean, sigma, noise, None))
    assert not torch.equal(one, denoising_loss(GaussianDenoiser(0.5), clean, sigma, -noise, None))


def test_a_network_learns_the_exact_denoiser_of_a_gaussian_of_another_size():
    """Data of twice sigma_data: the preconditioned denoiser must still reach s²/(s² + σ²)."""

    class Gain(nn.Module):
        def __init__(self):
            super().__init__()
            self.gain = nn.Parameter(torch.zeros(()))

        def forward(self, x, c_noise, condition):
            return self.gain * x

    wrapped = Preconditioner(Gain(), 0.5)
    sigma, clean = torch.ones(64), 1.0 * normals(64, 1, 200)
    optimiser = torch.optim.SGD(wrapped.parameters(), lr=0.2)
    for step in range(60):
        optimiser.zero_grad()
        denoising_loss(wrapped, clean, sigma, normals(64, 1, 200, seed=step + 1), None).mean().backward()
        optimiser.step()
    x = torch.ones(1, 1, 1)
    assert wrapped(x, torch.ones(1), None).item() == pytest.approx(1 / (1 + 1), abs=0.02)


def test_noise_levels_feed_the_loss():
    sigma = NoiseLevels().sigma(normals(2000))
    assert sigma.log().mean().item() == pytest.approx(-1.2, abs=0.1)
    assert sigma.log().std().item() == pytest.approx(1.2, abs=0.1)
