"""The samplers against the same methods as others write them: the papers' loops, and diffusers.

Equality holds for any network, so the networks here are arbitrary.
"""

import pytest
import torch
from torch import nn

from ecg_forge.diffusion import ddpm, samplers
from ecg_forge.diffusion.config import DdpmConfig, EdmConfig, SamplerConfig
from ecg_forge.diffusion.process import Process, build_process
from ecg_forge.diffusion.samplers import sample

SEEDS, SHAPE = [3, 4, 5], (2, 8)
T = 200


class Network(nn.Module):
    """Some smooth function of a variance-preserving signal and the noise level."""

    def forward(self, x, c_noise, condition):
        return torch.tanh(2 * x + c_noise.reshape(-1, 1, 1).to(x))


def ours(process: Process, solver: str, steps: int) -> torch.Tensor:
    denoiser = process.precondition(Network())
    return sample(lambda x, sigma: denoiser(x, sigma, None), process, SamplerConfig(solver, steps), SEEDS, SHAPE, "cpu")


@pytest.fixture(autouse=True)
def noise_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Diffusers draws its noise from torch's generators, so here our samplers do, too."""

    def seeded_noise(seeds, shape, _device):
        drawers = [torch.Generator().manual_seed(seed) for seed in seeds]
        return lambda: torch.stack([torch.randn(*shape, generator=drawer) for drawer in drawers])

    monkeypatch.setattr(samplers, "seeded_noise", seeded_noise)


def generators() -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in SEEDS]


def normals(drawers: list[torch.Generator]) -> torch.Tensor:
    return torch.stack([torch.randn(*SHAPE, generator=drawer) for drawer in drawers])


def predicted(process: Process, x: torch.Tensor, step: int) -> torch.Tensor:
    """What the network answers to x_t of DDPM's step, counted from 0."""
    sigma = process.sampling_sigmas(T)[T - 1 - step]
    return Network()(x, (sigma.log() / 4).expand(len(x)), None)


def test_all_levels_of_ddpm_are_the_loop_of_its_paper():
    """Ho et al. 2020, Algorithm 2, with σ_t² = β̃_t of equation 7, as SSSD-ECG samples."""
    process, drawers = build_process(DdpmConfig()), generators()
    beta = torch.linspace(1e-4, 0.02, T, dtype=torch.float64)
    alpha = 1 - beta
    alpha_bar = alpha.cumprod(0)
    x = normals(drawers).double()
    for t in reversed(range(T)):
        mean = (x - beta[t] / (1 - alpha_bar[t]).sqrt() * predicted(process, x, t)) / alpha[t].sqrt()
        if t == 0:
            x = mean
        else:
            variance = (1 - alpha_bar[t - 1]) / (1 - alpha_bar[t]) * beta[t]
            x = mean + variance.sqrt() * normals(drawers)
    torch.testing.assert_close(ours(process, "ddpm", T), x.float(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("steps", [8, 200])
def test_ddim_is_the_formula_of_its_paper(steps):
    """Song et al. 2021, equation 12, without noise, for variance-preserving x_t."""
    process = build_process(DdpmConfig())
    alpha_bar = (1 - torch.linspace(1e-4, 0.02, T, dtype=torch.float64)).cumprod(0)
    x = normals(generators()).double()
    for t in range(T - 1, -1, -T // steps):
        epsilon = predicted(process, x, t)
        clean = (x - (1 - alpha_bar[t]).sqrt() * epsilon) / alpha_bar[t].sqrt()
        before = alpha_bar[t - T // steps] if t >= T // steps else torch.ones(())
        x = before.sqrt() * clean + (1 - before).sqrt() * epsilon
    torch.testing.assert_close(ours(process, "ddim", steps), x.float(), atol=1e-4, rtol=1e-4)


@pytest.fixture(scope="module")
def diffusers():
    return pytest.importorskip("diffusers")


@pytest.mark.parametrize(
    ("solver", "scheduler", "settings", "steps"),
    [
        ("ddpm", "DDPMScheduler", {"clip_sample": False}, 200),
        ("ddpm", "DDPMScheduler", {"clip_sample": False, "timestep_spacing": "trailing"}, 20),
        ("ddim", "DDIMScheduler", {"clip_sample": False, "timestep_spacing": "trailing"}, 20),
        ("dpmpp_2m", "DPMSolverMultistepScheduler", {"timestep_spacing": "trailing"}, 20),
        (
            "dpmpp_2m_sde",
            "DPMSolverMultistepScheduler",
            {"timestep_spacing": "trailing", "algorithm_type": "sde-dpmsolver++"},
            20,
        ),
    ],
)
def test_samplers_of_ddpm_agree_with_diffusers(diffusers, solver, scheduler, settings, steps):
    process, drawers = build_process(DdpmConfig()), generators()
    theirs = getattr(diffusers, scheduler)(num_train_timesteps=T, beta_start=1e-4, beta_end=0.02, **settings)
    theirs.set_timesteps(steps)
    x = normals(drawers)
    for t in theirs.timesteps:
        x = theirs.step(predicted(process, x, int(t)), t, x, generator=drawers).prev_sample
    torch.testing.assert_close(ours(process, solver, steps), x, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(("terminal", "difference"), [(ddpm.TERMINAL_SIGMA, 2e-2), (100 * ddpm.TERMINAL_SIGMA, 2e-4)])
def test_a_large_last_level_stands_for_an_infinite_one(diffusers, monkeypatch, terminal, difference):
    """diffusers computes v prediction with α_T = 0; the difference to a finite last level is of the size of its α."""
    monkeypatch.setattr(ddpm, "TERMINAL_SIGMA", terminal)
    process = build_process(DdpmConfig(zero_terminal_snr=True))
    theirs = diffusers.DDIMScheduler(
        num_train_timesteps=T, beta_start=1e-4, beta_end=0.02, rescale_betas_zero_snr=True,
        prediction_type="v_prediction", timestep_spacing="trailing", clip_sample=False,
    )  # fmt: skip
    theirs.set_timesteps(20)
    x = normals(generators())
    for t in theirs.timesteps:
        x = theirs.step(-predicted(process, x, int(t)), t, x).prev_sample
    torch.testing.assert_close(ours(process, "ddim", 20), x, atol=difference, rtol=0)


@pytest.mark.parametrize(("solver", "algorithm"), [("dpmpp_2m", "dpmsolver++"), ("dpmpp_2m_sde", "sde-dpmsolver++")])
def test_samplers_of_edm_agree_with_diffusers(diffusers, solver, algorithm):
    process, drawers = build_process(EdmConfig()), generators()
    theirs = diffusers.EDMDPMSolverMultistepScheduler(
        sigma_min=0.002, sigma_max=80.0, sigma_data=0.5, rho=7.0, algorithm_type=algorithm, final_sigmas_type="zero"
    )
    theirs.set_timesteps(12)
    torch.testing.assert_close(theirs.sigmas, process.sampling_sigmas(12))
    x = 80.0 * normals(drawers)
    for t in theirs.timesteps:
        raw = Network()(theirs.scale_model_input(x, t), t.expand(len(x)), None)
        x = theirs.step(raw, t, x, generator=drawers).prev_sample
    torch.testing.assert_close(ours(process, solver, 12), x, atol=1e-3, rtol=1e-3)
