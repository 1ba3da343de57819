"""Which ECGs to make, as the parameters say: one dataclass per mode, and the section that chooses among them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import check_statements


@dataclass(frozen=True)
class RealSetsPlan:
    """So many records of each target, with the label sets, ages and sexes of training records that hold it.

    Attributes:
        targets: what to make, as ``{"statement": code, "count": number}`` each.
        seed: decides which training records lend their label sets, and the seed of each synthetic record.
    """

    targets: list[dict[str, Any]]
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.targets:
            raise BadInput(
                "synthesis.plan.targets is empty; name at least one statement and how many ECGs of it to make"
            )
        for target in self.targets:
            if not isinstance(target, Mapping) or set(target) != {"statement", "count"}:
                raise BadInput(f"synthesis.plan.targets: give each a statement and a count, got {target}")
            if not _is_count(target["count"]):
                raise BadInput(f"synthesis.plan.targets: the count of {target} must be a whole number above 0")
        _check_each_once([target["statement"] for target in self.targets], "synthesis.plan.targets")

    @property
    def counts(self) -> dict[str, int]:
        """Number of synthetic records by statement, in the order given."""
        return {target["statement"]: target["count"] for target in self.targets}


@dataclass(frozen=True)
class OneHotPlan:
    """Each statement alone, without age and sex: what the earlier system asked for, kept to compare with it.

    Attributes:
        statements: the statements to make ECGs of.
        num_samples: how many of each.
        seed: decides the seed of each synthetic record.
    """

    statements: list[str]
    num_samples: int
    seed: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.statements, str) or not self.statements:
            raise BadInput(f"synthesis.plan.statements is {self.statements!r}; give a list of at least one statement")
        _check_each_once(self.statements, "synthesis.plan.statements")
        _check_counts(self, "synthesis.plan", "num_samples")

    @property
    def targets(self) -> list[dict[str, Any]]:
        """The statements as `RealSetsPlan` takes them."""
        return [{"statement": statement, "count": self.num_samples} for statement in self.statements]


@dataclass(frozen=True)
class AutoTargets:
    """The rule by which targets choose themselves: statements that are rare and that the baseline scores badly on.

    Attributes:
        count: synthetic records of each target.
        max_average_precision: highest average precision on validation that still counts as bad.
        max_training_records: most training records of a statement that still counts as rare.
        min_training_records: fewest training records from which a generator can learn a statement.
        limit: most targets to choose, the rarest first.
        seed: as in `RealSetsPlan`.
    """

    count: int
    max_average_precision: float
    max_training_records: int
    min_training_records: int
    limit: int
    seed: int = 0

    def __post_init__(self) -> None:
        _check_counts(self, "synthesis.plan", "count", "max_training_records", "min_training_records", "limit")
        if not 0 <= self.max_average_precision <= 1:
            raise BadInput(
                f"synthesis.plan.max_average_precision is {self.max_average_precision}; give a number from 0 to 1"
            )
        if self.min_training_records > self.max_training_records:
            raise BadInput(
                f"synthesis.plan.min_training_records is {self.min_training_records}; give at most "
                f"max_training_records, {self.max_training_records}"
            )


@dataclass(frozen=True)
class TrainingDistributionPlan:
    """Records as they come: label sets, ages and sexes with the training records' own frequencies.

    Meant for training on synthetic and testing on real records (Esteban et al. 2017, arXiv:1706.02633).

    Attributes:
        n: how many; with as many as there are training records, each lends its label set exactly once.
        seed: as in `RealSetsPlan`.
    """

    n: int
    seed: int = 0

    def __post_init__(self) -> None:
        _check_counts(self, "fidelity.plan", "n")


TargetedPlan = RealSetsPlan | OneHotPlan | AutoTargets

PLANS: Mapping[str, type[TargetedPlan]] = MappingProxyType(
    {"real_sets": RealSetsPlan, "one_hot": OneHotPlan, "auto": AutoTargets}
)
"""The dataclass of each mode."""


@dataclass(frozen=True)
class PlanSettings:
    """The section ``synthesis.plan``: a mode, and the settings of the modes side by side.

    Settings of other modes are let stand: Kedro merges an environment into the base, so that an environment can choose
    another mode but cannot remove what the base says.

    Attributes:
        mode: a name in `PLANS`; the other attributes are described there.

    Raises:
        BadInput: the mode is unknown or lacks a setting, or one of its values is wrong.
    """

    mode: str = "real_sets"
    targets: list[dict[str, Any]] | None = None
    statements: list[str] | None = None
    num_samples: int | None = None
    count: int | None = None
    max_average_precision: float | None = None
    max_training_records: int | None = None
    min_training_records: int | None = None
    limit: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.mode not in PLANS:
            raise BadInput(f"synthesis.plan.mode is {self.mode!r}; give one of {', '.join(PLANS)}")
        if missing := [name for name in self._own if getattr(self, name) is None]:
            raise BadInput(f"synthesis.plan in mode {self.mode} lacks {', '.join(missing)}; give it")
        _ = self.plan  # checks the values

    @property
    def plan(self) -> TargetedPlan:
        """The settings of the mode."""
        return PLANS[self.mode](**{name: getattr(self, name) for name in self._own})

    @property
    def _own(self) -> list[str]:
        return [each.name for each in fields(PLANS[self.mode])]


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _check_counts(config: object, section: str, *names: str) -> None:
    for name in names:
        if not _is_count(getattr(config, name)):
            raise BadInput(f"{section}.{name} is {getattr(config, name)!r}; give a whole number above 0")


def _check_each_once(codes: Iterable[str], where: str) -> None:
    named = list(codes)
    check_statements(named, where)
    if len(set(named)) != len(named):
        raise BadInput(f"{where} names a statement twice: {', '.join(named)}")
