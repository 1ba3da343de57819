"""What a denoiser is trained to make small: the squared error of its guess, weighted by the noise level."""

from collections.abc import Callable
from typing import Any, Protocol

from torch import Tensor

from ecg_forge.diffusion.config import check_weighting
from ecg_forge.diffusion.preconditioning import like

MIN_SNR_GAMMA = 5.0
"""Signal-to-noise ratio above which min-SNR weights rise no further: γ of Hang et al. 2023."""


class Denoiser(Protocol):
    """Whatever guesses the clean signal from a noisy one, given the noise level of each record and a condition."""

    sigma_data: float

    def __call__(self, x: Tensor, sigma: Tensor, condition: Any) -> Tensor: ...


def loss_weight(name: str, sigma: Tensor, sigma_data: float) -> Tensor:
    """Return the weight of the squared error of the clean guess at each noise level.

    - ``edm``: 1/c_out² = (σ² + σ_data²)/(σ·σ_data)², which makes the loss of an untrained network 1 at each noise
      level (EDM, Table 1). For signals of standard deviation 1 this is the plain squared error of v.
    - ``epsilon``: 1/σ², the plain squared error of the noise (DDPM's simple loss, Ho et al. 2020, equation 14).
    - ``min_snr``: the same, but no more than at a signal-to-noise ratio (σ_data/σ)² of 5 (Hang et al. 2023,
      arXiv:2303.09556); for signals of standard deviation 1, their min(SNR, γ).

    Args:
        name: of the weighting.
        sigma: noise levels ``(record,)``.
        sigma_data: standard deviation of the clean signals.

    Raises:
        BadInput: unknown weighting.
    """
    return _WEIGHTS[check_weighting(name)](sigma, sigma_data)


def denoising_loss(
    denoise: Denoiser, clean: Tensor, sigma: Tensor, noise: Tensor, condition: Any, weighting: str
) -> Tensor:
    """Return the weighted squared error of the denoiser, one value per record (EDM, equation 8).

    Args:
        denoise: the denoiser.
        clean: ``(record, ...)`` in model units.
        sigma: noise levels ``(record,)``.
        noise: standard normals of the shape of clean.
        condition: of the same records.
        weighting: a name in `ecg_forge.diffusion.config.WEIGHTINGS`.

    Returns:
        ``(record,)``.

    Raises:
        BadInput: unknown weighting.
    """
    denoised = denoise(clean + like(sigma, clean) * noise, sigma, condition)
    error = (denoised - clean).square().flatten(1).mean(dim=1)
    return loss_weight(weighting, sigma, denoise.sigma_data) * error


def _edm(sigma: Tensor, sigma_data: float) -> Tensor:
    return (sigma**2 + sigma_data**2) / (sigma * sigma_data) ** 2


def _epsilon(sigma: Tensor, sigma_data: float) -> Tensor:
    return 1 / sigma**2


def _min_snr(sigma: Tensor, sigma_data: float) -> Tensor:
    return (1 / sigma**2).clamp(max=MIN_SNR_GAMMA / sigma_data**2)


_WEIGHTS: dict[str, Callable[[Tensor, float], Tensor]] = {"edm": _edm, "epsilon": _epsilon, "min_snr": _min_snr}
