import pytest
import torch
from torch import nn

from ecg_forge.diffusion.config import WEIGHTINGS, DdpmConfig, EdmConfig
from ecg_forge.diffusion.preconditioning import EpsilonPreconditioner, Preconditioner
from ecg_forge.diffusion.process import build_process
from ecg_forge.diffusion.weighting import denoising_loss, loss_weight
from ecg_forge.ecg.errors import BadInput


class Gain(nn.Module):
    """A network that answers its input times what it has learned."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(()))

    def forward(self, x, c_noise, condition):
        return self.gain * x


class GaussianDenoiser:
    """The exact denoiser of independent normal samples of mean 0: E[clean | noisy] = s²/(s² + σ²)·noisy."""

    def __init__(self, sd: float):
        self.sigma_data = sd

    def __call__(self, x, sigma, condition):
        shrink = self.sigma_data**2 / (self.sigma_data**2 + sigma**2)
        return shrink[:, None, None] * x


def normals(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("name", "sigma_data", "weights"),
    [
        ("edm", 0.5, [8.0, 5.0, 4.25]),
        ("edm", 1.0, [5.0, 2.0, 1.25]),
        ("epsilon", 0.5, [4.0, 1.0, 0.25]),
        ("epsilon", 1.0, [4.0, 1.0, 0.25]),
        ("min_snr", 1.0, [4.0, 1.0, 0.25]),
    ],
)
def test_weights_at_noise_levels_one_half_one_and_two_by_hand(name, sigma_data, weights):
    assert loss_weight(name, torch.tensor([0.5, 1.0, 2.0]), sigma_data).tolist() == weights


def test_min_snr_rises_no_further_than_at_a_ratio_of_five():
    sigma = torch.tensor([0.01, 0.4, 5**-0.5, 1.0])  # signal-to-noise ratios 10000, 6.25, 5 and 1
    torch.testing.assert_close(loss_weight("min_snr", sigma, 1.0), torch.tensor([5.0, 5.0, 5.0, 1.0]))
    torch.testing.assert_close(loss_weight("min_snr", 0.5 * sigma, 0.5), torch.tensor([20.0, 20.0, 20.0, 4.0]))


def test_an_unknown_weighting_is_refused():
    with pytest.raises(BadInput, match="denoiser.weighting is 'none'; give one of edm, epsilon, min_snr"):
        loss_weight("none", torch.ones(1), 0.5)


def test_with_edm_weights_an_untrained_network_has_loss_one_at_every_noise_level():
    sigma = torch.tensor([0.01, 0.1, 1.0, 10.0])
    clean, noise = 0.5 * normals(4, 8, 2000), normals(4, 8, 2000, seed=1)
    loss = denoising_loss(Preconditioner(Gain(), 0.5), clean, sigma, noise, None, "edm")
    assert loss.shape == (4,)
    torch.testing.assert_close(loss, torch.ones(4), rtol=0.05, atol=0)


def test_with_epsilon_weights_the_loss_is_that_of_the_predicted_noise():
    """A network that predicts no noise at all is wrong by the noise itself."""
    clean, noise, sigma = normals(3, 2, 50), normals(3, 2, 50, seed=1), torch.tensor([0.05, 0.5, 2.5])
    loss = denoising_loss(EpsilonPreconditioner(Gain(), 1.0), clean, sigma, noise, None, "epsilon")
    torch.testing.assert_close(loss, noise.square().mean(dim=(1, 2)), rtol=1e-3, atol=0)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_the_exact_denoiser_of_a_gaussian_has_the_loss_of_its_posterior_variance(weighting):
    sigma, sd = torch.tensor([0.1, 0.5, 3.0]), 0.5
    clean, noise = sd * normals(3, 8, 4000), normals(3, 8, 4000, seed=1)
    posterior = sd**2 * sigma**2 / (sd**2 + sigma**2)
    loss = denoising_loss(GaussianDenoiser(sd), clean, sigma, noise, None, weighting)
    torch.testing.assert_close(loss, loss_weight(weighting, sigma, sd) * posterior, rtol=0.03, atol=0)


def test_the_loss_is_decided_by_its_inputs():
    clean, noise, sigma = normals(2, 1, 8), normals(2, 1, 8, seed=1), torch.tensor([0.3, 0.6])
    one = denoising_loss(GaussianDenoiser(0.5), clean, sigma, noise, None, "edm")
    assert torch.equal(one, denoising_loss(GaussianDenoiser(0.5), clean, sigma, noise, None, "edm"))
    assert not torch.equal(one, denoising_loss(GaussianDenoiser(0.5), clean, sigma, -noise, None, "edm"))


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("config", [EdmConfig(), DdpmConfig(), DdpmConfig(zero_terminal_snr=True)])
def test_a_network_learns_the_exact_denoiser_of_a_gaussian(config, weighting):
    """Data of another size than sigma_data: at σ = 1 the denoiser must still reach s²/(s² + σ²), here a half."""
    denoiser = build_process(config).precondition(Gain())
    sigma, clean = torch.ones(64), normals(64, 1, 200)
    optimiser = torch.optim.SGD(denoiser.parameters(), lr=0.2)
    for step in range(60):
        optimiser.zero_grad()
        denoising_loss(denoiser, clean, sigma, normals(64, 1, 200, seed=step + 1), None, weighting).mean().backward()
        optimiser.step()
    assert denoiser(torch.ones(1, 1, 1), torch.ones(1), None).item() == pytest.approx(0.5, abs=0.03)
