"""The settings of a diffusion, free of torch so that reading parameters stays quick."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from ecg_forge.ecg.errors import BadInput

SAMPLERS = ("ddpm", "ddim", "heun", "dpmpp_2m", "dpmpp_2m_sde")
WEIGHTINGS = ("edm", "epsilon", "min_snr")
_PROCESS, _SAMPLER = "denoiser.process", "synthesis.sampler"


@dataclass(frozen=True)
class EdmConfig:
    """Noise of any level, as Karras et al. 2022 set it up (EDM, arXiv:2206.00364, Table 1).

    Attributes:
        p_mean: mean of ln σ in training.
        p_std: its standard deviation.
        sigma_min: last noise level of sampling before 0.
        sigma_max: first noise level of sampling, which starts from pure noise of this size.
        rho: how strongly the steps of sampling crowd at the low noise levels (equation 5).
        name: says in saved settings which process they are of.

    Raises:
        BadInput: a setting that is not finite or impossible.
    """

    p_mean: float = -1.2
    p_std: float = 1.2
    sigma_min: float = 0.002
    sigma_max: float = 80.0
    rho: float = 7.0
    name: str = field(default="edm", init=False)

    def __post_init__(self) -> None:
        _check_number(self, "p_mean", -math.inf)
        for name in ("p_std", "sigma_min", "sigma_max", "rho"):
            _check_number(self, name, 0)
        if not self.sigma_min < self.sigma_max:
            raise BadInput(
                f"{_PROCESS}.sigma_min is {self.sigma_min!r}; give a number below sigma_max, {self.sigma_max!r}"
            )


@dataclass(frozen=True)
class DdpmConfig:
    """Noise added in steps of linearly rising variance β (DDPM, Ho et al. 2020, arXiv:2006.11239).

    The defaults are those of SSSD-ECG (Alcaraz & Strodthoff 2023, arXiv:2301.08227). Its last step still holds 36 % of
    the signal's amplitude, while sampling starts from pure noise; ``zero_terminal_snr`` mends that.

    Attributes:
        steps: number of noise levels T.
        beta_first: variance added in the first step.
        beta_last: variance added in the last step.
        zero_terminal_snr: rescale the levels so that nothing of the signal is left at the last (Lin et al. 2023,
            arXiv:2305.08891); the network then predicts v, because noise that is all there is teaches nothing.
        name: says in saved settings which process they are of.

    Raises:
        BadInput: fewer than two steps, or variances that do not lie in order between 0 and 1.
    """

    steps: int = 200
    beta_first: float = 1e-4
    beta_last: float = 0.02
    zero_terminal_snr: bool = False
    name: str = field(default="ddpm", init=False)

    def __post_init__(self) -> None:
        _check_count(self, _PROCESS, "steps", 2)
        for name in ("beta_first", "beta_last"):
            _check_number(self, name, 0, 1)
        if self.beta_first > self.beta_last:
            raise BadInput(f"{_PROCESS}.beta_first is {self.beta_first!r}; give at most beta_last, {self.beta_last!r}")
        if not isinstance(self.zero_terminal_snr, bool):
            raise BadInput(f"{_PROCESS}.zero_terminal_snr is {self.zero_terminal_snr!r}; give true or false")


PROCESSES: Mapping[str, type[EdmConfig] | type[DdpmConfig]] = MappingProxyType({"edm": EdmConfig, "ddpm": DdpmConfig})
"""Name → settings of every process."""


def process_config(settings: Mapping[str, Any]) -> EdmConfig | DdpmConfig:
    """Read the settings of a process as YAML or saved weights give them: ``{"name": "ddpm", "steps": 200}``.

    Settings of the other process are let stand: Kedro merges an environment into the base, so that an environment can
    choose another process but cannot remove what the base says.

    Raises:
        BadInput: no settings, an unknown name, settings of no process, or values the process refuses.
    """
    if not isinstance(settings, Mapping):
        raise BadInput(f"{_PROCESS} is {settings!r}; give its settings, among them name: {' or '.join(PROCESSES)}")
    name = settings.get("name")
    if not isinstance(name, str) or name not in PROCESSES:
        raise BadInput(f"{_PROCESS}.name is {name!r}; give one of {', '.join(PROCESSES)}")
    own = [each.name for each in fields(PROCESSES[name]) if each.init]
    known = {each.name for process in PROCESSES.values() for each in fields(process)}
    if unknown := [str(key) for key in settings if key not in known]:
        raise BadInput(f"{_PROCESS} does not know {', '.join(unknown)}; as {name} it knows {', '.join(own)}")
    return PROCESSES[name](**{key: settings[key] for key in own if key in settings})


@dataclass(frozen=True)
class SamplerConfig:
    """How to come from noise to a signal; the noise levels on the way are those of the process.

    Attributes:
        name: ``ddpm`` and ``dpmpp_2m_sde`` add fresh noise in every step; ``ddim`` (which is Euler's method in EDM's
            coordinates), ``heun`` and ``dpmpp_2m`` add none.
        steps: number of steps.

    Raises:
        BadInput: an unknown sampler or fewer than one step.
    """

    name: str = "dpmpp_2m"
    steps: int = 20

    def __post_init__(self) -> None:
        if self.name not in SAMPLERS:
            raise BadInput(f"{_SAMPLER}.name is {self.name!r}; give one of {', '.join(SAMPLERS)}")
        _check_count(self, _SAMPLER, "steps", 1)

    @property
    def evaluations(self) -> int:
        """How often the denoiser is evaluated: once a step, by ``heun`` twice in every step but the last."""
        return 2 * self.steps - 1 if self.name == "heun" else self.steps


def check_weighting(name: str) -> str:
    """Return the name of a known weighting unchanged; raise BadInput listing the known ones otherwise."""
    if name not in WEIGHTINGS:
        raise BadInput(f"denoiser.weighting is {name!r}; give one of {', '.join(WEIGHTINGS)}")
    return name


def _check_number(config: EdmConfig | DdpmConfig, name: str, above: float, below: float = math.inf) -> None:
    value = getattr(config, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not above < value < below:
        bounds = [f" above {above}"] * (above > -math.inf) + [f" below {below}"] * (below < math.inf)
        raise BadInput(f"{_PROCESS}.{name} is {value!r}; give a finite number{' and'.join(bounds)}")


def _check_count(config: DdpmConfig | SamplerConfig, prefix: str, name: str, least: int) -> None:
    value = getattr(config, name)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise BadInput(f"{prefix}.{name} is {value!r}; give a whole number of at least {least}")
