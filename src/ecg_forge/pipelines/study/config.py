"""Which arms the study trains, on what, and in which experiments; everything here comes from the parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType
from typing import Any

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import check_statements
from ecg_forge.training.config import ClassifierConfig

SOURCES = ("nothing", "copies", "checked", "unchecked", "one_hot")
"""What an arm may add to, or learn before, the real records: copies of real records, synthetic ECGs that passed the
checks, as many that were not checked, or as many asked for by the statement alone."""

REFERENCE = "baseline"
"""Every other arm is compared with it."""
CONTROLS: Mapping[str, str] = MappingProxyType({"checked": "copies", "unchecked": "copies", "one_hot": "copies"})
"""What an arm that adds one source is also compared with: an arm that adds the other."""


@dataclass(frozen=True)
class ArmRecipe:
    """What one arm learns from, and how.

    Attributes:
        real: whether the real training records are in its table.
        added: one of `SOURCES`, added to the table.
        first: one of `SOURCES`, learned for the first half of the steps; the other half is spent on the table.
        training: settings in which the arm departs from the study's.
    """

    real: bool = True
    added: str = "nothing"
    first: str = "nothing"
    training: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("added", "first"):
            if getattr(self, name) not in SOURCES:
                raise BadInput(f"study.arms: {name} is {getattr(self, name)!r}; give one of {', '.join(SOURCES)}")
        if not self.real and self.added == "nothing":
            raise BadInput("study.arms: an arm without real records must add something")

    @property
    def depends_on_targets(self) -> bool:
        """Whether the arm is another one for other targets."""
        return self.added != "nothing" or self.first != "nothing"


@dataclass(frozen=True)
class Cell:
    """One setting of an experiment: which targets are lifted by how many records, and how much real data there is.

    Attributes:
        experiment: its name.
        name: of the cell within the experiment.
        targets: number of records to add by statement.
        share: of the training patients whose records are used.
    """

    experiment: str
    name: str
    targets: Mapping[str, int]
    share: float = 1.0

    @property
    def key(self) -> str:
        """The folder of the cell's runs."""
        return f"{self.experiment}/{self.name}"


@dataclass(frozen=True)
class StudyConfig:
    """Every arm in every experiment with every seed.

    Attributes:
        training: settings of `ClassifierConfig` that all arms share, ``seed`` aside.
        seeds: of the trainings.
        arms: recipe of each arm by name; ``baseline`` is one of them.
        per_label: number of records to add by statement, each statement a cell of its own.
        rare_below: the cell ``rare`` lifts every statement with fewer training records, and with at least
            ``rare_from``, to this number.
        rare_from: fewest training records of such a statement.
        shares: of the training patients, the cells of the experiment ``low_data``; the rare statements are lifted.
        ratios: of added to real records of the rare statements, the cells of the experiment ``mix_ratio``.
        experiments: which of ``per_label``, ``rare``, ``low_data`` and ``mix_ratio`` are run.
    """

    training: dict[str, Any]
    seeds: list[int]
    arms: dict[str, dict[str, Any]]
    experiments: list[str]
    per_label: dict[str, int] = field(default_factory=dict)
    rare_below: int = 100
    rare_from: int = 10
    shares: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise BadInput(f"study.seeds is {self.seeds}; give one or more different ones")
        if REFERENCE not in self.arms:
            raise BadInput(f"study.arms lacks {REFERENCE}, which every other arm is compared with")
        if unknown := sorted(set(self.experiments) - set(_CELLS)):
            raise BadInput(f"study.experiments names {unknown[0]!r}; known are {', '.join(_CELLS)}")
        check_statements(list(self.per_label), "study.per_label")
        if not 0 < self.rare_from < self.rare_below:
            raise BadInput(f"study.rare_from is {self.rare_from}; give a number below rare_below, {self.rare_below}")
        if any(not 0 < share <= 1 for share in self.shares) or any(ratio < 0 for ratio in self.ratios):
            raise BadInput("study.shares must lie between 0 and 1, and study.ratios must not be negative")
        for name in self.arms:
            self.classifier(name, self.seeds[0])  # raises BadInput

    def recipe(self, arm: str) -> ArmRecipe:
        """Return the recipe of an arm."""
        try:
            return ArmRecipe(**self.arms[arm])
        except TypeError as error:
            raise BadInput(f"study.arms.{arm}: {error}") from error

    def classifier(self, arm: str, seed: int) -> ClassifierConfig:
        """Return the configuration that an arm is trained with."""
        settings = {**self.training, **self.recipe(arm).training, "seed": seed}
        try:
            return ClassifierConfig(**settings)
        except (TypeError, BadInput) as error:
            raise BadInput(f"study.arms.{arm}: {error}") from error

    def cells(self, training_counts: Mapping[str, int]) -> list[Cell]:
        """Return every cell of the experiments.

        Args:
            training_counts: training records of each statement.
        """
        rare = {s: n for s, n in training_counts.items() if self.rare_from <= n < self.rare_below}
        return [cell for name in self.experiments for cell in _CELLS[name](self, rare)]

    def runs(self, cells: list[Cell]) -> dict[str, tuple[Cell, str, int]]:
        """Return cell, arm and seed of each run by its id.

        An arm that adds nothing is the same in every cell of one share of the patients, so it is trained once.
        """
        found: dict[str, tuple[Cell, str, int]] = {}
        for cell in cells:
            for arm, seed in product(self.arms, self.seeds):
                found.setdefault(run_id(cell, arm, self.recipe(arm), seed), (cell, arm, seed))
        return found


def run_id(cell: Cell, arm: str, recipe: ArmRecipe, seed: int) -> str:
    """Return the id under which a run is kept."""
    place = cell.key if recipe.depends_on_targets else f"real/{_percent(cell.share)}"
    return f"{place}/{arm}-seed{seed}"


def _per_label(config: StudyConfig, _: Mapping[str, int]) -> list[Cell]:
    return [Cell("per_label", statement, {statement: count}) for statement, count in config.per_label.items()]


def _rare(config: StudyConfig, rare: Mapping[str, int]) -> list[Cell]:
    return [Cell("rare", "all", {s: config.rare_below - n for s, n in rare.items()})]


def _low_data(config: StudyConfig, rare: Mapping[str, int]) -> list[Cell]:
    lifted = {s: config.rare_below - n for s, n in rare.items()}
    return [Cell("low_data", _percent(share), lifted, share) for share in config.shares]


def _mix_ratio(config: StudyConfig, rare: Mapping[str, int]) -> list[Cell]:
    return [Cell("mix_ratio", f"{ratio:g}", {s: round(ratio * n) for s, n in rare.items()}) for ratio in config.ratios]


def _percent(share: float) -> str:
    return f"{100 * share:g}pct"


_CELLS = {"per_label": _per_label, "rare": _rare, "low_data": _low_data, "mix_ratio": _mix_ratio}
