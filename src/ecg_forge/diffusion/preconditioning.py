"""Wrap a network into a denoiser: what it is shown, what it predicts, and the guess of the clean signal made of both.

A network maps ``(x, c_noise (record,), condition)`` to the shape of x. Every wrapper tells it the noise level in the
same way, c_noise = ln(σ)/4, so that any network serves any process.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from ecg_forge.ecg.errors import BadInput


class Preconditioner(nn.Module):
    """Show the network inputs, and ask of it targets, of unit variance at every noise level (EDM, equation 7).

    For signals of standard deviation 1 the target is −v, v being the velocity of Salimans & Ho 2022
    (arXiv:2202.00512, appendix D).

    Args:
        network: ``(x, c_noise, condition)`` to the shape of x.
        sigma_data: standard deviation of the clean signals.

    Raises:
        BadInput: sigma_data is not positive.
    """

    def __init__(self, network: nn.Module, sigma_data: float) -> None:
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
        level = like(sigma, x)
        raw = self.network(self.c_in(level) * x, self.c_noise(sigma), condition)
        return self.c_skip(level) * x + self.c_out(level) * raw.to(x.dtype)


class EpsilonPreconditioner(Preconditioner):
    """Ask the network for the noise itself, as DDPM does (Ho et al. 2020, equation 15): clean = noisy − σ·noise."""

    def c_skip(self, sigma: Tensor) -> Tensor:
        """Return 1: the noisy signal passes unchanged at every noise level."""
        return torch.ones_like(sigma)

    def c_out(self, sigma: Tensor) -> Tensor:
        """Return −σ, the scale of the noise that is taken off."""
        return -sigma


def like(sigma: Tensor, x: Tensor) -> Tensor:
    """Give ``(record,)`` trailing axes until it broadcasts against x."""
    return torch.reshape(sigma, (-1,) + (1,) * (x.ndim - 1))
