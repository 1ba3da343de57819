"""The settings of a diffusion, free of torch so that reading parameters stays quick."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecg_forge.ecg.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

SAMPLERS = ("euler", "heun", "dpmpp_2m")


@dataclass(frozen=True)
class NoiseLevels:
    """Log-normal distribution of the noise levels met in training: ln σ ~ N(p_mean, p_std²) (EDM, Table 1).

    Attributes:
        p_mean: mean of ln σ.
        p_std: standard deviation of ln σ.

    Raises:
        BadInput: not finite, or no spread.
    """

    p_mean: float = -1.2
    p_std: float = 1.2

    def __post_init__(self) -> None:
        if not (math.isfinite(self.p_mean) and 0 < self.p_std < math.inf):
            raise BadInput(f"noise levels need a finite p_mean and a positive p_std, got {self.p_mean}, {self.p_std}")

    def sigma(self, normals: "Tensor") -> "Tensor":
        """Turn standard normals ``(record,)`` into noise levels ``(record,)``."""
        return (self.p_mean + self.p_std * normals).exp()


@dataclass(frozen=True)
class SamplerConfig:
    """How to come from noise to a signal.

    Attributes:
        name: ``euler`` and ``dpmpp_2m`` take one evaluation of the denoiser a step, ``heun`` two (one in the last).
        steps: number of steps.
        sigma_min: last noise level before zero.
        sigma_max: first noise level; sampling starts from pure noise of this size.
        rho: how strongly steps crowd at the low noise levels (EDM, equation 5).

    Raises:
        BadInput: an unknown sampler, fewer than one step or impossible noise levels.
    """

    name: str = "dpmpp_2m"
    steps: int = 20
    sigma_min: float = 0.002
    sigma_max: float = 80.0
    rho: float = 7.0

    def __post_init__(self) -> None:
        if self.name not in SAMPLERS:
            raise BadInput(f"unknown sampler {self.name!r}; known are {', '.join(SAMPLERS)}")
        if self.steps < 1:
            raise BadInput(f"sampler steps must be at least 1, got {self.steps}")
        if not 0 < self.sigma_min < self.sigma_max < math.inf or not 0 < self.rho < math.inf:
            raise BadInput(f"a sampler needs 0 < sigma_min < sigma_max and rho > 0, got {self}")
