"""From noise to signals: remove it level by level, down to σ = 0.

Each step weighs the noisy signal against the denoiser's guess D of the clean one. Deterministic samplers solve EDM's
probability-flow equation dx/dσ = (x − D(x, σ))/σ; the others take off more noise than that and add some anew.

A sampler takes a denoise function ``(x, sigma (record,)) -> clean guess``, a start ``x`` of noise level ``sigmas[0]``
and the falling levels ``sigmas``, whose last is 0. One that adds noise also takes ``draw``, which returns standard
normals of the shape of x; none draws a random number of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from ecg_forge.diffusion.config import SamplerConfig
from ecg_forge.diffusion.process import Process
from ecg_forge.ecg.errors import BadInput

Denoise = Callable[[Tensor, Tensor], Tensor]
Draw = Callable[[], Tensor]
Seed = int | Sequence[int]
Step = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""``(x, clean guess, sigma, sigma_next)`` to the x of level sigma_next."""


@torch.no_grad()
def sample(
    denoise: Denoise, process: Process, config: SamplerConfig, seeds: Sequence[Seed], shape: Sequence[int], device: str
) -> Tensor:
    """Sample one signal per seed; a seed gives the same signal whatever else is in the batch.

    Args:
        denoise: ``(x, sigma (record,)) -> clean guess``, in model units.
        process: whose noise levels to go through.
        config: which sampler, in how many steps.
        seeds: one for each record, as `seeded_noise` takes them.
        shape: of one record, usually ``(lead, sample)``.
        device: where to compute; the noise itself is always drawn on the CPU, so that it is the same everywhere.

    Returns:
        float32 ``(record, *shape)`` in model units.

    Raises:
        BadInput: no seed, or more steps than the process has.
    """
    sigmas, draw = process.sampling_sigmas(config.steps).to(device), seeded_noise(seeds, shape, device)
    start = draw() * process.start_sd
    if config.name in STOCHASTIC:
        return STOCHASTIC[config.name](denoise, start, sigmas, draw)
    return DETERMINISTIC[config.name](denoise, start, sigmas)


def seeded_noise(seeds: Sequence[Seed], shape: Sequence[int], device: str) -> Draw:
    """Return a function whose every call draws new standard normals ``(record, *shape)``.

    Each record has a generator of its own seed, so its noise depends on nothing else. They are NumPy's: torch's reads
    the lowest 32 bits of a seed only, so that among a million records some would be made of the same noise.

    Args:
        seeds: one for each record, a whole number from 0 or several, of any size.
        shape: of one record.
        device: where the noise is wanted.

    Raises:
        BadInput: no seed.
    """
    if len(seeds) == 0:
        raise BadInput("sampling needs at least one seed")
    generators = [np.random.default_rng(seed) for seed in seeds]

    def draw() -> Tensor:
        drawn = [generator.standard_normal(tuple(shape), dtype=np.float32) for generator in generators]
        return torch.from_numpy(np.stack(drawn)).to(device)

    return draw


def sample_ddpm(denoise: Denoise, x: Tensor, sigmas: Tensor, draw: Draw) -> Tensor:
    """Sample by ancestry, order 1 (Ho et al. 2020, arXiv:2006.11239, Algorithm 2 with the posterior variance β̃)."""
    return _first_order(denoise, x, sigmas, _ancestral(draw))


def sample_ddim(denoise: Denoise, x: Tensor, sigmas: Tensor) -> Tensor:
    """Solve with DDIM steps, order 1 (Song et al. 2021, arXiv:2010.02502, equation 12 with η = 0).

    With x_t divided by its √ᾱ_t, DDIM is Euler's method for the probability-flow equation (their equation 14).
    """
    return _first_order(denoise, x, sigmas, _along_flow)


def sample_heun(denoise: Denoise, x: Tensor, sigmas: Tensor) -> Tensor:
    """Solve with Heun steps, order 2; the step to 0 is an Euler step (EDM, Algorithm 1)."""
    for sigma, sigma_next in pairwise(sigmas[:-1]):
        slope = (x - _guess(denoise, x, sigma)) / sigma
        euler = x + (sigma_next - sigma) * slope
        slope_next = (euler - _guess(denoise, euler, sigma_next)) / sigma_next
        x = x + (sigma_next - sigma) * (slope + slope_next) / 2
    return _first_order(denoise, x, sigmas[-2:], _along_flow)


def sample_dpmpp_2m(denoise: Denoise, x: Tensor, sigmas: Tensor) -> Tensor:
    """Solve with DPM-Solver++(2M), order 2 at one evaluation a step (Lu et al. 2022, arXiv:2211.01095, Algorithm 2)."""
    return _second_order(denoise, x, sigmas, _along_flow)


def sample_dpmpp_2m_sde(denoise: Denoise, x: Tensor, sigmas: Tensor, draw: Draw) -> Tensor:
    """Sample with SDE-DPM-Solver++(2M), order 2 at one evaluation a step (Lu et al. 2022, midpoint)."""
    return _second_order(denoise, x, sigmas, _ancestral(draw))


DETERMINISTIC: Mapping[str, Callable[[Denoise, Tensor, Tensor], Tensor]] = MappingProxyType(
    {"ddim": sample_ddim, "heun": sample_heun, "dpmpp_2m": sample_dpmpp_2m}
)
STOCHASTIC: Mapping[str, Callable[[Denoise, Tensor, Tensor, Draw], Tensor]] = MappingProxyType(
    {"ddpm": sample_ddpm, "dpmpp_2m_sde": sample_dpmpp_2m_sde}
)


def _first_order(denoise: Denoise, x: Tensor, sigmas: Tensor, step: Step) -> Tensor:
    """Take every step with the guess of its beginning."""
    for sigma, sigma_next in pairwise(sigmas):
        x = step(x, _guess(denoise, x, sigma), sigma, sigma_next)
    return x


def _second_order(denoise: Denoise, x: Tensor, sigmas: Tensor, step: Step) -> Tensor:
    """Take every step with the guess of its middle in λ = −ln σ, extrapolated from this and the last guess.

    The first step, before which there is no guess, and the step to 0, which has no middle, are of order 1.
    """
    last_guess, last_h = None, torch.inf
    for sigma, sigma_next in pairwise(sigmas[:-1]):
        guess = _guess(denoise, x, sigma)
        h = (sigma / sigma_next).log()
        middle = guess if last_guess is None else guess + (guess - last_guess) * h / (2 * last_h)
        x = step(x, middle, sigma, sigma_next)
        last_guess, last_h = guess, h
    return _first_order(denoise, x, sigmas[-2:], step)


def _along_flow(x: Tensor, guess: Tensor, sigma: Tensor, sigma_next: Tensor) -> Tensor:
    """Follow the probability flow exactly for a guess that stays as it is."""
    kept = sigma_next / sigma
    return kept * x + (1 - kept) * guess


def _ancestral(draw: Draw) -> Step:
    """Return the step that draws from q(x_next | x, clean) with the guess in place of clean."""

    def step(x: Tensor, guess: Tensor, sigma: Tensor, sigma_next: Tensor) -> Tensor:
        kept = (sigma_next / sigma) ** 2
        return kept * x + (1 - kept) * guess + sigma_next * (1 - kept).sqrt() * draw()

    return step


def _guess(denoise: Denoise, x: Tensor, sigma: Tensor) -> Tensor:
    return denoise(x, sigma.expand(len(x)))
