"""The way from a clean signal to noise: which noise levels training and sampling meet, and what the network predicts.

Everything is in EDM's coordinates (Karras et al. 2022, arXiv:2206.00364): a noisy signal is ``clean + sigma * noise``,
and a variance-preserving x_t is divided by its √ᾱ_t to be one. Whatever the process, the denoiser returns its guess of
``clean``. Signals are ``(record, lead, sample)`` in model units, of standard deviation ``sigma_data``.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor, nn

from ecg_forge.diffusion.config import DdpmConfig, EdmConfig
from ecg_forge.diffusion.ddpm import ddpm_sigmas
from ecg_forge.diffusion.preconditioning import EpsilonPreconditioner, Preconditioner
from ecg_forge.ecg.errors import BadInput

SIGMA_DATA = 0.5
"""The standard deviation that EDM's constants are tuned for."""


class Process(Protocol):
    """What training and sampling ask of a process."""

    @property
    def sigma_data(self) -> float:
        """Standard deviation that clean signals must have in model units."""
        ...

    @property
    def start_sd(self) -> float:
        """Standard deviation of the pure noise that sampling starts from."""
        ...

    def training_sigmas(self, uniforms: Tensor) -> Tensor:
        """Turn uniforms ``(record,)`` in [0, 1) into noise levels ``(record,)`` to train on."""
        ...

    def sampling_sigmas(self, steps: int) -> Tensor:
        """Return ``steps`` falling noise levels and a last 0, float32 ``(steps + 1,)``."""
        ...

    def precondition(self, network: nn.Module) -> Preconditioner:
        """Make a denoiser ``(x, sigma, condition)`` of a network ``(x, c_noise, condition)``."""
        ...


def build_process(config: EdmConfig | DdpmConfig) -> Process:
    """Return the process of these settings."""
    return EdmProcess(config) if isinstance(config, EdmConfig) else DdpmProcess(config)


@dataclass(frozen=True)
class EdmProcess:
    """Noise levels without steps: log-normal in training, Karras' schedule in sampling (EDM, Table 1)."""

    config: EdmConfig
    sigma_data = SIGMA_DATA

    @property
    def start_sd(self) -> float:
        """The highest noise level, beside which the signal is nothing."""
        return self.config.sigma_max

    def training_sigmas(self, uniforms: Tensor) -> Tensor:
        """Turn uniforms ``(record,)`` in [0, 1) into log-normal noise levels ``(record,)``."""
        # torch.rand counts in steps of 2⁻²⁴; 0 would be a noise level of 0, so it stands for half a step.
        normals = torch.special.ndtri(uniforms.clamp(min=2.0**-25))
        return (self.config.p_mean + self.config.p_std * normals).exp()

    def sampling_sigmas(self, steps: int) -> Tensor:
        """Return ``steps`` levels from sigma_max to sigma_min and a last 0, float32 ``(steps + 1,)`` (equation 5)."""
        ramp = torch.linspace(0, 1, steps, dtype=torch.float64)
        low, high = self.config.sigma_min ** (1 / self.config.rho), self.config.sigma_max ** (1 / self.config.rho)
        return _ending_in_zero((high + ramp * (low - high)) ** self.config.rho)

    def precondition(self, network: nn.Module) -> Preconditioner:
        """Make a denoiser of a network that predicts EDM's target (equation 7)."""
        return Preconditioner(network, self.sigma_data)


@dataclass(frozen=True)
class DdpmProcess:
    """T noise levels, all equally likely in training; sampling takes all or an even subset (Ho et al. 2020)."""

    config: DdpmConfig
    sigma_data = 1.0

    @cached_property
    def sigmas(self) -> Tensor:
        """The rising noise levels σ_1 … σ_T, float64 ``(T,)``."""
        return ddpm_sigmas(self.config)

    @property
    def start_sd(self) -> float:
        """Unit variance divided by √ᾱ_T: DDPM starts from noise as large as signal and noise together."""
        return float((self.sigmas[-1] ** 2 + 1).sqrt())

    def training_sigmas(self, uniforms: Tensor) -> Tensor:
        """Turn uniforms ``(record,)`` in [0, 1) into noise levels ``(record,)``, each of the T equally likely."""
        # The product of a uniform just below 1 may be rounded up to T.
        place = (uniforms * self.config.steps).long().clamp(max=self.config.steps - 1)
        return self.sigmas.to(uniforms)[place]

    def sampling_sigmas(self, steps: int) -> Tensor:
        """Return ``steps`` of the levels and a last 0, float32 ``(steps + 1,)``.

        They are spaced evenly and always include the highest (Lin et al. 2023, arXiv:2305.08891, section 3.3).

        Raises:
            BadInput: more steps than the process has.
        """
        if steps > self.config.steps:
            raise BadInput(
                f"synthesis.sampler.steps is {steps}; give at most {self.config.steps}, the steps of denoiser.process"
            )
        number = torch.arange(steps, 0, -1) * self.config.steps // steps
        return _ending_in_zero(self.sigmas[number - 1])

    def precondition(self, network: nn.Module) -> Preconditioner:
        """Make a denoiser of a network that predicts the noise, or −v where the last level holds no signal."""
        kind = Preconditioner if self.config.zero_terminal_snr else EpsilonPreconditioner
        return kind(network, self.sigma_data)


def _ending_in_zero(levels: Tensor) -> Tensor:
    return torch.cat([levels, levels.new_zeros(1)]).float()
