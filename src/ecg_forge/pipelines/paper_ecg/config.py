"""Which records are printed, how, and how often."""

from collections.abc import Sequence
from dataclasses import dataclass

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.splits import SPLITS

CLEAN = "clean"
"""The strength of a sheet that is read as it was printed."""


@dataclass(frozen=True)
class ReadingsConfig:
    """The section ``paper_ecg.readings``.

    Attributes:
        split: of the records, train, val or test.
        records: how many, of as many patients; fewer where the split has not so many.
        layouts: names in ``paper_ecg.sheet.layouts``; every record is printed in each.
        strengths: names in ``paper_ecg.photograph.strengths``; every sheet is photographed with each.
        examples: of the records, how many have their pictures kept.
        seed: of the choice of records and of the photographs.

    Raises:
        BadInput: a value is impossible; the message names it.
    """

    split: str
    records: int
    layouts: Sequence[str]
    strengths: Sequence[str]
    examples: int
    seed: int

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise BadInput(f"paper_ecg.readings.split is {self.split!r}; give one of {', '.join(SPLITS)}")
        for name, least in (("records", 1), ("examples", 0), ("seed", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise BadInput(f"paper_ecg.readings.{name} is {value!r}; give a whole number from {least}")
        if not self.layouts:
            raise BadInput("paper_ecg.readings.layouts is empty; name at least one layout")
        if CLEAN in self.strengths:
            raise BadInput(f"paper_ecg.readings.strengths names {CLEAN!r}; clean sheets are always read, leave it out")
