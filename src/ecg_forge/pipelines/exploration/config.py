"""How many records the exploration looks at, and in which leads."""

from dataclasses import dataclass, field

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import canonical_lead


@dataclass(frozen=True)
class ExplorationConfig:
    """What is looked at beyond counts.

    Attributes:
        records: training records drawn for everything that is measured on signals.
        leads: in which median beats and sizes are shown.
        fewest_records: a superclass with fewer drawn records is not shown, so that no curve is that of a few patients.
        seed: of the draw.
    """

    records: int = 3000
    leads: list[str] = field(default_factory=lambda: ["II", "V1", "V5"])
    fewest_records: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("records", "fewest_records"):
            if getattr(self, name) < 1:
                raise BadInput(f"exploration.{name} is {getattr(self, name)}; give a whole number from 1 on")
        if not self.leads or [canonical_lead(lead) for lead in self.leads] != list(dict.fromkeys(self.leads)):
            raise BadInput(f"exploration.leads is {self.leads}; name one lead or several, each once, as in I, aVR, V1")
