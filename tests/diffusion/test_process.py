import pytest
import torch
from torch import nn

from ecg_forge.diffusion.config import DdpmConfig, EdmConfig
from ecg_forge.diffusion.ddpm import ddpm_sigmas
from ecg_forge.diffusion.preconditioning import EpsilonPreconditioner, Preconditioner
from ecg_forge.diffusion.process import build_process
from ecg_forge.ecg.errors import BadInput

ALL = [EdmConfig(), DdpmConfig(), DdpmConfig(zero_terminal_snr=True)]


def uniforms(n: int) -> torch.Tensor:
    return torch.rand(n, generator=torch.Generator().manual_seed(0))


def edm_sigmas(n: int, sigma_min: float, sigma_max: float, rho: float) -> torch.Tensor:
    return build_process(EdmConfig(sigma_min=sigma_min, sigma_max=sigma_max, rho=rho)).sampling_sigmas(n)


@pytest.mark.parametrize("config", ALL)
def test_sampling_levels_fall_to_zero(config):
    sigmas = build_process(config).sampling_sigmas(20)
    assert sigmas.shape == (21,)
    assert sigmas.dtype == torch.float32
    assert (sigmas.diff() < 0).all()
    assert sigmas[-1] == 0


def test_edm_samples_from_sigma_max_to_sigma_min():
    torch.testing.assert_close(edm_sigmas(5, 0.002, 80.0, 7.0)[[0, 4, 5]], torch.tensor([80.0, 0.002, 0.0]))
    assert edm_sigmas(1, 0.002, 80.0, 7.0).tolist() == [80.0, 0.0]


def test_edm_levels_are_a_straight_line_after_the_root():
    roots = edm_sigmas(7, 0.01, 10.0, 3.0)[:-1].double() ** (1 / 3)
    torch.testing.assert_close(roots.diff().diff(), torch.zeros(5, dtype=torch.float64), atol=1e-6, rtol=0)


def test_edm_trains_on_log_normal_levels():
    sigma = build_process(EdmConfig(p_mean=-1.0, p_std=2.0)).training_sigmas(torch.tensor([0.5, 0.8413447, 0.0227501]))
    torch.testing.assert_close(sigma.log(), torch.tensor([-1.0, 1.0, -5.0]), atol=1e-4, rtol=0)
    many = build_process(EdmConfig()).training_sigmas(uniforms(4000)).log()
    assert many.mean().item() == pytest.approx(-1.2, abs=0.05)
    assert many.std().item() == pytest.approx(1.2, abs=0.05)


@pytest.mark.parametrize("config", ALL)
def test_the_lowest_and_the_highest_uniform_give_noise_that_can_be_computed_with(config):
    sigma = build_process(config).training_sigmas(torch.tensor([0.0, 2.0**-24, 1 - 2.0**-24]))
    assert (sigma > 1e-4).all()
    assert sigma.isfinite().all()


def test_ddpm_trains_on_every_level_equally_often():
    process = build_process(DdpmConfig(steps=4))
    sigma = process.training_sigmas(torch.tensor([0.0, 0.24, 0.25, 0.5, 0.75, 0.999]))
    torch.testing.assert_close(sigma, ddpm_sigmas(DdpmConfig(steps=4)).float()[[0, 0, 1, 2, 3, 3]])


def test_ddpm_samples_from_all_its_levels_or_evenly_from_the_highest_down():
    process, levels = build_process(DdpmConfig()), ddpm_sigmas(DdpmConfig()).float()
    torch.testing.assert_close(process.sampling_sigmas(200)[:-1], levels.flip(0))
    torch.testing.assert_close(process.sampling_sigmas(4)[:-1], levels[[199, 149, 99, 49]])
    torch.testing.assert_close(process.sampling_sigmas(3)[:-1], levels[[199, 132, 65]])
    torch.testing.assert_close(process.sampling_sigmas(1)[:-1], levels[[199]])
    assert len(process.sampling_sigmas(199).unique()) == 200


def test_ddpm_has_no_more_steps_than_levels():
    with pytest.raises(BadInput, match="synthesis.sampler.steps is 21; give at most 20, the steps of denoiser.process"):
        build_process(DdpmConfig(steps=20)).sampling_sigmas(21)


def test_sampling_starts_from_noise_as_large_as_the_papers_say():
    assert build_process(EdmConfig(sigma_max=40.0)).start_sd == 40.0
    ddpm = build_process(DdpmConfig())
    root_alpha_bar = (1 + ddpm.sampling_sigmas(1)[0] ** 2) ** -0.5
    assert ddpm.start_sd * root_alpha_bar.item() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("config", "kind", "sigma_data"),
    [
        (EdmConfig(), Preconditioner, 0.5),
        (DdpmConfig(), EpsilonPreconditioner, 1.0),
        (DdpmConfig(zero_terminal_snr=True), Preconditioner, 1.0),
    ],
)
def test_every_process_makes_its_denoiser_of_the_same_network(config, kind, sigma_data):
    process, network = build_process(config), nn.Linear(2, 2)
    denoiser = process.precondition(network)
    assert type(denoiser) is kind
    assert denoiser.sigma_data == process.sigma_data == sigma_data
    assert set(denoiser.state_dict()) == {"network.weight", "network.bias"}
