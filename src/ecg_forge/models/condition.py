"""What an ECG is asked to show: its statements, age, sex and beats, each of which may be left open."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ecg_forge.ecg.beats import MOST_BEATS
from ecg_forge.ecg.errors import BadInput

MALE, FEMALE, UNKNOWN_SEX = 0, 1, 2

_AGE_MEAN, _AGE_SD = 60.0, 17.0  # years, roughly those of PTB-XL; only a scale for the network
_INITIAL_SIZE = 0.1  # quiet beside the noise level, which a network must hear first


@dataclass(frozen=True)
class Condition:
    """Statements, age, sex and beats of some records; a part that is not given is not the same as an empty one.

    Attributes:
        statements: float ``(record, statement)`` of zeros and ones; a row of NaN means not given, a row of zeros means
            a record without any statement.
        age: float ``(record,)`` in years; NaN means not given.
        sex: long ``(record,)``; 0 male, 1 female, 2 not given.
        beats: float ``(record, MOST_BEATS)``, the rising samples of the R peaks, NaN after the last; a row of NaN means
            not given.

    Raises:
        BadInput: the parts disagree on the number of records.
    """

    statements: Tensor
    age: Tensor
    sex: Tensor
    beats: Tensor

    def __post_init__(self) -> None:
        n = self.statements.shape[:1]
        if self.statements.ndim != 2 or self.age.shape != n or self.sex.shape != n or self.beats.shape[:-1] != n:
            shapes = ", ".join(str(tuple(part.shape)) for part in self._parts)
            raise BadInput(f"a condition needs (record, statement), (record,), (record,), (record, beat), got {shapes}")

    @classmethod
    def null(cls, n: int, n_statements: int, device: torch.device | str = "cpu") -> "Condition":
        """Return the condition of ``n`` records of which nothing is given."""
        nothing = torch.full((n, n_statements + 1), math.nan, device=device)
        no_beats = torch.full((n, MOST_BEATS), math.nan, device=device)
        return cls(nothing[:, 1:], nothing[:, 0], torch.full((n,), UNKNOWN_SEX, device=device), no_beats)

    @property
    def _parts(self) -> tuple[Tensor, ...]:
        return self.statements, self.age, self.sex, self.beats

    def __len__(self) -> int:
        return len(self.age)

    def __getitem__(self, rows: slice | Tensor) -> "Condition":
        """Return the condition of these records."""
        return Condition(*(part[rows] for part in self._parts))

    def to(self, device: torch.device | str) -> "Condition":
        """Return the same condition on a device."""
        return Condition(*(part.to(device) for part in self._parts))

    def dropped(self, statements: Tensor, age: Tensor, sex: Tensor, beats: Tensor) -> "Condition":
        """Return a copy in which each part is not given where its mask, bool ``(record,)``, is true."""
        return Condition(
            self.statements.masked_fill(statements[:, None], math.nan),
            self.age.masked_fill(age, math.nan),
            self.sex.masked_fill(sex, UNKNOWN_SEX),
            self.beats.masked_fill(beats[:, None], math.nan),
        )

    def dropped_at_random(self, probability: float, uniforms: Tensor) -> "Condition":
        """Drop statements, age, sex and beats independently, as training for classifier-free guidance does.

        Args:
            probability: of each part to be dropped.
            uniforms: ``(record, 4)`` in [0, 1), drawn by the caller.
        """
        return self.dropped(*(uniforms < probability).unbind(dim=1))

    def without_statements(self) -> "Condition":
        """Return a copy that keeps all else: what guidance towards the statements pushes away from."""
        return replace(self, statements=torch.full_like(self.statements, math.nan))

    def with_beats(self, beats: Tensor) -> "Condition":
        """Return a copy with these R peaks, ``(record, MOST_BEATS)`` in samples, NaN after the last."""
        return replace(self, beats=beats)


class ConditionEmbedding(nn.Module):
    """Embed statements, age and sex of a Condition as ``(record, width)``, the sum of what each says.

    Statements add one learned vector each, or one other vector where they are not given; age enters standardised
    through a small network, or as a vector of its own; sex has three vectors.
    """

    def __init__(self, n_statements: int, width: int) -> None:
        super().__init__()
        self.statements = nn.Linear(n_statements, width, bias=False)
        self.statements_not_given = nn.Parameter(_INITIAL_SIZE * torch.randn(width))
        self.age = nn.Sequential(nn.Linear(1, width), nn.SiLU(), nn.Linear(width, width))
        self.age_not_given = nn.Parameter(_INITIAL_SIZE * torch.randn(width))
        self.sex = nn.Embedding(3, width)
        nn.init.normal_(self.statements.weight, std=_INITIAL_SIZE)
        nn.init.normal_(self.sex.weight, std=_INITIAL_SIZE)

    def forward(self, condition: Condition) -> Tensor:
        no_statements, no_age = condition.statements.isnan()[:, :1], condition.age.isnan()[:, None]
        age = (condition.age[:, None] - _AGE_MEAN) / _AGE_SD
        said = torch.where(no_statements, self.statements_not_given, self.statements(condition.statements.nan_to_num()))
        aged = torch.where(no_age, self.age_not_given, self.age(age.nan_to_num()))
        embedded: Tensor = said + aged + self.sex(condition.sex)
        return embedded
