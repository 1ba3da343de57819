"""How the fidelity of synthetic records is measured, as the parameters say."""

from dataclasses import dataclass

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
                raise BadInput(f"fidelity.{name} is {value}; give a whole number from {smallest} on")
        if self.records <= self.neighbours:
            raise BadInput(f"fidelity.records is {self.records}; give more than fidelity.neighbours, {self.neighbours}")
