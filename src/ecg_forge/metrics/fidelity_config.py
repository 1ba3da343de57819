"""How the fidelity of synthetic records is measured, as the parameters say."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ecg_forge.ecg.errors import BadInput

_SMALLEST = {"records": 20, "queries": 1, "neighbours": 1, "folds": 2, "fewest_of_statement": 2, "seed": 0}


@dataclass(frozen=True)
class FidelityConfig:
    """How many records are compared, and how.

    Attributes:
        records: of each set at most so many are compared; both columns of a table use equally many, since most
            distances fall with the number of records.
        queries: at most so many synthetic and held-out records look for their closest training record.
        neighbours: k of precision, recall, density and coverage.
        folds: of the cross-validation of the classifier that tells synthetic from real.
        fewest_of_statement: statements held by fewer records than this, synthetic or real, have no row of their own.
        seed: of the draws of records and of the folds.
    """

    records: int = 2000
    queries: int = 500
    neighbours: int = 5
    folds: int = 5
    fewest_of_statement: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        for name, smallest in _SMALLEST.items():
            value = getattr(self, name)
            if value != int(value) or value < smallest:
                raise BadInput(f"fidelity.comparison.{name} is {value}; give a whole number from {smallest} on")
        if self.records <= self.neighbours:
            raise BadInput(
                f"fidelity.comparison.records is {self.records}; give more than fidelity.comparison.neighbours, "
                f"{self.neighbours}"
            )


@dataclass(frozen=True)
class SamplingConfig:
    """How the settings of sampling are judged: the same records, made with other steps and other guidance.

    Attributes:
        steps: numbers of steps, rising; the last is what the others are compared with.
        scales: of guidance, rising.
        records: how many synthetic records, the first ones of the plan.
        fewest_of_statement: statements held by fewer of them have no row.
    """

    steps: list[int]
    scales: list[float]
    records: int = 300
    fewest_of_statement: int = 20

    def __post_init__(self) -> None:
        if not _rises(self.steps) or self.steps[0] < 1:
            raise BadInput(f"fidelity.sampling.steps is {self.steps}; give two or more rising whole numbers")
        if not _rises(self.scales) or self.scales[0] < 0:
            raise BadInput(f"fidelity.sampling.scales is {self.scales}; give two or more rising numbers from 0 on")
        for name in ("records", "fewest_of_statement"):
            if getattr(self, name) < 2:
                raise BadInput(f"fidelity.sampling.{name} is {getattr(self, name)}; give a whole number from 2 on")


def _rises(values: Sequence[float]) -> bool:
    return len(values) > 1 and all(a < b for a, b in pairwise(values))
