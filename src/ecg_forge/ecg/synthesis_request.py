"""What a user asks the generator for; quick to import, so that a command can refuse a bad request at once."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.statement_search import near_statements
from ecg_forge.ecg.statements import CODES

SEXES = ("female", "male")
_OLDEST = 120
_AGE_90_PLUS = 90.0
_RATES = range(50, 2001)


@dataclass(frozen=True)
class SynthesisRequest:
    """A number of ECGs that all show the same statements.

    Attributes:
        labels: codes of the statements that each ECG shows together, such as ``("AFIB", "LVH")``.
        n: number of ECGs.
        age: years, 0 to 120; None leaves it open.
        sex: ``female`` or ``male``; None leaves it open.
        guidance: push towards the statements; 1 follows what was learned, more makes them plainer and taller.
        seed: of the whole request; the seed of ECG k follows from it and k alone.
        fs: sampling rate in Hz, 50 to 2000.
        steps: of the sampler.
        first: number of the first ECG; ``first=7, n=1`` makes the eighth of a longer request again, alone.

    Raises:
        BadInput: a value is none of these; an unknown label is told with those near to it.
    """

    labels: tuple[str, ...]
    n: int
    age: float | None = None
    sex: str | None = None
    guidance: float = 2.0
    seed: int = 0
    fs: int = 100
    steps: int = 20
    first: int = 0

    def __post_init__(self) -> None:
        _check_labels(self.labels)
        _check_whole("n", self.n, 1)
        _check_whole("seed", self.seed, 0)
        _check_whole("steps", self.steps, 1)
        _check_whole("first", self.first, 0)
        if self.age is not None and not 0 <= self.age <= _OLDEST:
            raise BadInput(f"age is {self.age}; give years from 0 to {_OLDEST}, or leave it out")
        if self.sex is not None and self.sex not in SEXES:
            raise BadInput(f"sex is {self.sex!r}; give {' or '.join(SEXES)}, or leave it out")
        if not 0 <= self.guidance < math.inf:
            raise BadInput(f"guidance is {self.guidance}; give a number from 0, such as 1 or 2")
        if not isinstance(self.fs, int) or self.fs not in _RATES:
            raise BadInput(f"fs is {self.fs}; give a whole number of Hz from {_RATES[0]} to {_RATES[-1]}")

    @classmethod
    def of(cls, labels: str | Iterable[str], n: int, **settings: Any) -> "SynthesisRequest":
        """Build from one label or several in any order; one that is named twice counts once."""
        named = [labels] if isinstance(labels, str) else labels
        return cls(tuple(sorted(set(named))), _plain(n), **{name: _plain(value) for name, value in settings.items()})

    @property
    def grouped_age(self) -> float:
        """Age as PTB-XL tells it: 90 for everybody older than 89; NaN where it is left open."""
        if self.age is None:
            return math.nan
        return _AGE_90_PLUS if self.age >= _AGE_90_PLUS else float(self.age)


def _plain(value: Any) -> Any:
    """Return whole numbers of NumPy as Python's own, and anything else as it is."""
    return int(value) if isinstance(value, Integral) and not isinstance(value, bool) else value


def _check_labels(labels: tuple[str, ...]) -> None:
    if not labels:
        raise BadInput("no label is given; name at least one statement, such as AFIB")
    for label in labels:
        if label not in CODES:
            near = ", ".join(f"{statement.code} ({statement.description})" for statement in near_statements(str(label)))
            hint = f"did you mean {near}? " if near else ""
            raise BadInput(f"unknown label {label!r}; {hint}`ecg-forge labels` lists all {len(CODES)}")


def _check_whole(name: str, value: int, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise BadInput(f"{name} is {value!r}; give a whole number from {least}")
