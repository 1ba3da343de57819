"""From noise to signals by solving EDM's probability-flow equation dx/dσ = (x − D(x, σ))/σ down to σ = 0.

A sampler takes a denoise function ``(x, sigma (record,)) -> clean guess``, a start ``x`` of noise level ``sigmas[0]``
and the falling levels ``sigmas``, whose last is 0, and draws no random number of its own.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from ecg_forge.diffusion.config import SamplerConfig
from ecg_forge.ecg.errors import BadInput

Denoise = Callable[[Tensor, Tensor], Tensor]


@torch.no_grad()
def sample(denoise: Denoise, config: SamplerConfig, seeds: Sequence[int], shape: Sequence[int], device: str) -> Tensor:
    """Sample one signal per seed; a seed gives the same signal whatever else is in the batch.

    Args:
        denoise: ``(x, sigma (record,)) -> clean guess``, in model units.
        config: which solver, over which noise levels.
        seeds: one for each record.
        shape: of one record, usually ``(lead, sample)``.
        device: where to compute; the noise itself is always drawn on the CPU, so that it is the same everywhere.

    Returns:
        float32 ``(record, *shape)`` in model units.
    """
    solve = {"euler": sample_euler, "heun": sample_heun, "dpmpp_2m": sample_dpmpp_2m}[config.name]
    sigmas = karras_sigmas(config.steps, config.sigma_min, config.sigma_max, config.rho).to(device)
    return solve(denoise, initial_noise(seeds, shape).to(device) * sigmas[0], sigmas)


def initial_noise(seeds: Sequence[int], shape: Sequence[int]) -> Tensor:
    """Draw standard normals ``(record, *shape)`` on the CPU, each record from a generator of its own seed.

    Raises:
        BadInput: no seed.
    """
    if len(seeds) == 0:
        raise BadInput("sampling needs at least one seed")
    return torch.stack([torch.randn(*shape, generator=torch.Generator().manual_seed(int(seed))) for seed in seeds])


def karras_sigmas(n: int, sigma_min: float, sigma_max: float, rho: float) -> Tensor:
    """Return ``n`` noise levels from sigma_max to sigma_min and a last 0, float32 ``(n + 1,)`` (EDM, equation 5)."""
    ramp = torch.linspace(0, 1, n, dtype=torch.float64)
    low, high = sigma_min ** (1 / rho), sigma_max ** (1 / rho)
    levels = (high + ramp * (low - high)) ** rho
    return torch.cat([levels, levels.new_zeros(1)]).float()


def sample_euler(denoise: Denoise, x: Tensor, sigmas: Tensor) -> Tensor:
    """Solve with Euler steps, order 1 (EDM, Algorithm 1 without its correction)."""
    for sigma, sigma_next in pairwise(sigmas):
        x = x + (sigma_next - sigma) * _slope(denoise, x, sigma)
    return x


def sample_heun(denoise: Denoise, x: Tensor, sigmas: Tensor) -> Tensor:
    """Solve with Heun steps, order 2; the step to 0 is an Euler step (EDM, Algorithm 1)."""
    for sigma, sigma_next in pairwise(sigmas[:-1]):
        slope = _slope(denoise, x, sigma)
        ahead = _slope(denoise, x + (sigma_next - sigma) * slope, sigma_next)
        x = x + (sigma_next - sigma) * (slope + ahead) / 2
    return sample_euler(denoise, x, sigmas[-2:])


def sample_dpmpp_2m(denoise: Denoise, x: Tensor, sigmas: Tensor) -> Tensor:
    """Solve with DPM-Solver++(2M), order 2 at one evaluation a step (Lu et al. 2022, arXiv:2211.01095, Algorithm 2).

    Written for EDM's noise (α = 1), where λ = −ln σ: x ← (σ'/σ)·x − (e^(−h) − 1)·D with h = λ' − λ, and D extrapolated
    from this and the last guess. The first step and the step to 0 are of order 1.
    """
    last_guess, last_h = None, torch.inf
    for sigma, sigma_next in pairwise(sigmas[:-1]):
        guess = denoise(x, sigma.expand(len(x)))
        h = (sigma / sigma_next).log()
        direction = guess if last_guess is None else guess + (guess - last_guess) * h / (2 * last_h)
        x = (sigma_next / sigma) * x - torch.expm1(-h) * direction
        last_guess, last_h = guess, h
    return sample_euler(denoise, x, sigmas[-2:])


def _slope(denoise: Denoise, x: Tensor, sigma: Tensor) -> Tensor:
    return (x - denoise(x, sigma.expand(len(x)))) / sigma
