"""The noise levels of DDPM (Ho et al. 2020, arXiv:2006.11239), in EDM's coordinates.

DDPM keeps the variance: x_t = √ᾱ_t·clean + √(1 − ᾱ_t)·noise. Divided by √ᾱ_t this is clean + σ_t·noise with
σ_t = √((1 − ᾱ_t)/ᾱ_t), the form in which this package holds every noisy signal.
"""

import torch
from torch import Tensor

from ecg_forge.diffusion.config import DdpmConfig

TERMINAL_SIGMA = 1000.0
"""Least noise level that stands for an infinite one.

A signal-to-noise ratio of 0 is σ = ∞ here, with which nothing can be computed. At σ = 1000 the ratio is 10⁻⁶, forty
times below that of EDM's first level (0.5 against 80), and c_noise is 1.7, near the range of the other levels.
"""


def ddpm_sigmas(config: DdpmConfig) -> Tensor:
    """Return the rising noise levels σ_1 … σ_T, float64 ``(steps,)``."""
    betas = torch.linspace(config.beta_first, config.beta_last, config.steps, dtype=torch.float64)
    root_alpha_bar = (1 - betas).cumprod(0).sqrt()
    if not config.zero_terminal_snr:
        return _sigma(root_alpha_bar)
    sigmas = _sigma(without_terminal_signal(root_alpha_bar)[:-1])
    # With very many steps the last level but one is high itself; the last stays clearly above it.
    terminal = (4 * sigmas[-1:]).clamp(min=TERMINAL_SIGMA)
    return torch.cat([sigmas, terminal])


def without_terminal_signal(root_alpha_bar: Tensor) -> Tensor:
    """Shift and stretch falling √ᾱ ``(steps,)`` so that the last is 0 and the first stays (Lin et al. 2023, Alg. 1)."""
    first, last = root_alpha_bar[0], root_alpha_bar[-1]
    return (root_alpha_bar - last) * first / (first - last)


def _sigma(root_alpha_bar: Tensor) -> Tensor:
    return (1 - root_alpha_bar**2).sqrt() / root_alpha_bar
