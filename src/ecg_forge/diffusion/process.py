"""Denoising as Karras et al. 2022 set it up (EDM, arXiv:2206.00364): preconditioning, noise and loss.

A noisy signal is ``clean + sigma * noise``; whatever the network, the denoiser returns its guess of ``clean``.
Signals are ``(record, lead, sample)`` in model units, of standard deviation ``sigma_data``.
"""

import math
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ecg_forge.ecg.errors import BadInput

SIGMA_DATA = 0.5
"""The standard deviation that EDM's constants are tuned for."""


class Denoiser(Protocol):
    """Whatever guesses the clean signal from a noisy one, given the noise level of each record and a condition."""

    sigma_data: float

    def __call__(self, x: Tensor, sigma: Tensor, condition: Any) -> Tensor: ...


class Preconditioner(nn.Module):
    """Wrap a network so that it sees inputs and targets of unit variance at every noise level (EDM, equation 7).

    Args:
        network: ``(x, c_noise, condition)`` to the shape of x.
        sigma_data: standard deviation of the clean signals.

    Raises:
        BadInput: sigma_data is not positive.
    """

    def __init__(self, network: nn.Module, sigma_data: float = SIGMA_DATA) -> None:
        super().__init__()
        if not 0 < sigma_data < math.inf:
            raise BadInput(f"sigma_data must be positive, got {sigma_data}")
        self.network = network
        self.sigma_data = sigma_data

    def c_skip(self, sigma: Tensor) -> Tensor:
        """Return how much of the noisy signal passes unchanged: 1 at no noise, 0 at all noise."""
        return self.sigma_data**2 / (sigma**2 + self.sigma_data**2)

    def c_out(self, sigma: Tensor) -> Tensor:
        """Return the scale of the network's output: 0 at no noise, sigma_data at all noise."""
        return sigma * self.sigma_data / (sigma**2 + self.sigma_data**2).sqrt()

    def c_in(self, sigma: Tensor) -> Tensor:
        """Return the scale that gives the network an input of unit variance."""
        return 1 / (sigma**2 + self.sigma_data**2).sqrt()

    def c_noise(self, sigma: Tensor) -> Tensor:
        """Return the noise level as the network is told it."""
        return sigma.log() / 4

    def forward(self, x: Tensor, sigma: Tensor, condition: Any) -> Tensor:
        """Denoise ``x (record, ...)`` of noise level ``sigma (record,)``; the answer has the dtype of x."""
        level = _like(sigma, x)
        raw = self.network(self.c_in(level) * x, self.c_noise(sigma), condition)
        return self.c_skip(level) * x + self.c_out(level) * raw.to(x.dtype)


def loss_weight(sigma: Tensor, sigma_data: float = SIGMA_DATA) -> Tensor:
    """Return 1/c_out², the weight that makes the loss of an untrained network 1 at each noise level (EDM, Table 1)."""
    return (sigma**2 + sigma_data**2) / (sigma * sigma_data) ** 2


def denoising_loss(denoise: Denoiser, clean: Tensor, sigma: Tensor, noise: Tensor, condition: Any) -> Tensor:
    """Return the weighted squared error of the denoiser, one value per record (EDM, equation 8).

    Args:
        denoise: the denoiser.
        clean: ``(record, ...)`` in model units.
        sigma: noise levels ``(record,)``.
        noise: standard normals of the shape of clean.
        condition: of the same records.

    Returns:
        ``(record,)``; about 1 for an untrained network, whatever the noise levels.
    """
    denoised = denoise(clean + _like(sigma, clean) * noise, sigma, condition)
    return loss_weight(sigma, denoise.sigma_data) * (denoised - clean).square().flatten(1).mean(dim=1)


def _like(sigma: Tensor, x: Tensor) -> Tensor:
    """Give ``(record,)`` trailing axes until it broadcasts against x."""
    return torch.reshape(sigma, (-1,) + (1,) * (x.ndim - 1))
