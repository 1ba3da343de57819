"""Which arms the study trains, on what, and in which experiments; everything here comes from the parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from types import MappingProxyType
from typing import Any

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import check_statements
from ecg_forge.pipelines.arms import BASELINE
from ecg_forge.training.config import ClassifierConfig

SOURCES = ("nothing", "copies", "checked", "unchecked", "one_hot")
"""What an arm may add to, or learn before, the real records: copies of real records, synthetic ECGs that passed the
checks, as many that were not checked, or as many asked for by the statement alone."""

CONTROLS: Mapping[str, str] = MappingProxyType({"checked": "copies", "unchecked": "copies", "one_hot": "copies"})
"""What an arm with one source is also compared with: the arm that has the other in its place, if there is one."""
ALIKE = ("model", "task", "epochs", "steps_per_epoch", "batch_size", "seed")
"""Settings of `ClassifierConfig` in which no arm may depart from the others."""


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
        for name, source in (("added", self.added), ("first", self.first)):
            if source not in SOURCES:
                raise BadInput(f"study.arms: {name} is {source!r}; give one of {', '.join(SOURCES)}")
        if not self.real and self.added == "nothing":
            raise BadInput("study.arms: an arm without real records must add something")
        if odd := sorted(set(self.training) & set(ALIKE)):
            raise BadInput(f"study.arms: an arm may not set {', '.join(odd)}, or the comparison would not be fair")

    @property
    def depends_on_targets(self) -> bool:
        """Whether the arm is another one for other targets."""
        return self.added != "nothing" or self.first != "nothing"

    @property
    def control(self) -> "ArmRecipe":
        """The recipe with the controls of its sources in their place; the recipe itself where they have none."""
        return replace(self, added=CONTROLS.get(self.added, self.added), first=CONTROLS.get(self.first, self.first))


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
        """The folder of the cell's runs; a statement such as LAO/LAE makes one folder, not two."""
        return f"{self.experiment}/{self.name.replace('/', '-')}"


@dataclass(frozen=True)
class StudyConfig:
    """Every arm in every experiment with every seed.

    Attributes:
        training: settings of `ClassifierConfig` that all arms share, ``seed`` aside.
        seeds: of the trainings; a process may be given some of them, see `plan_seed`.
        arms: recipe of each arm by name; ``baseline`` is one of them. None leaves an arm out, for an environment cannot
            take away what the base says.
        plan_seed: of the plan and of the patients that make a share, so that neither depends on ``seeds``.
        per_label: number of records to add by statement, each statement a cell of its own; 0 leaves it out.
        rare_below: the cell ``rare`` lifts every statement with fewer training records, and with at least
            ``rare_from``, to this number.
        rare_from: fewest training records of such a statement.
        shares: of the training patients, the cells of the experiment ``low_data``; the rare statements are lifted.
        ratios: of added to real records of the rare statements, the cells of the experiment ``mix_ratio``.
        experiments: which of ``per_label``, ``rare``, ``low_data`` and ``mix_ratio`` are run.
    """

    training: dict[str, Any]
    seeds: list[int]
    arms: dict[str, dict[str, Any] | None]
    experiments: list[str]
    plan_seed: int = 0
    per_label: dict[str, int] = field(default_factory=dict)
    rare_below: int = 100
    rare_from: int = 10
    shares: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "arms", {name: each for name, each in self.arms.items() if each is not None})
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise BadInput(f"study.seeds is {self.seeds}; give one or more different ones")
        if BASELINE not in self.arms:
            raise BadInput(f"study.arms lacks {BASELINE}, which every other arm is compared with")
        if self.recipe(BASELINE) != ArmRecipe():
            raise BadInput(f"study.arms.{BASELINE} must be empty: it learns from real records as they are")
        if unknown := sorted(set(self.experiments) - set(_CELLS)):
            raise BadInput(f"study.experiments names {unknown[0]!r}; known are {', '.join(_CELLS)}")
        self._check_counts()
        if "seed" in self.training:
            raise BadInput("study.training sets seed, which comes from study.seeds; remove it")
        for name in self.arms:
            self.stages(name, self.seeds[0])  # raises BadInput

    def _check_counts(self) -> None:
        check_statements(list(self.per_label), "study.per_label")
        if any(count < 0 for count in self.per_label.values()):
            raise BadInput(f"study.per_label is {self.per_label}; give numbers of records, 0 for none")
        if not 0 < self.rare_from < self.rare_below:
            raise BadInput(f"study.rare_from is {self.rare_from}; give a number below rare_below, {self.rare_below}")
        if any(not 0 < share <= 1 for share in self.shares) or any(ratio < 0 for ratio in self.ratios):
            raise BadInput("study.shares must lie between 0 and 1, and study.ratios must not be negative")

    @property
    def task(self) -> str:
        """The label task of every arm."""
        return str(self.training["task"])

    @property
    def sources(self) -> set[str]:
        """What arms add or learn first, of `SOURCES`."""
        recipes = [self.recipe(arm) for arm in self.arms]
        return {source for recipe in recipes for source in (recipe.added, recipe.first)} - {"nothing"}

    def recipe(self, arm: str) -> ArmRecipe:
        """Return the recipe of an arm."""
        try:
            return ArmRecipe(**(self.arms[arm] or {}))
        except TypeError as error:
            raise BadInput(f"study.arms.{arm}: {error}") from error

    def classifier(self, arm: str, seed: int) -> ClassifierConfig:
        """Return the configuration that an arm is trained with."""
        settings = {**self.training, **self.recipe(arm).training, "seed": seed}
        try:
            return ClassifierConfig(**settings)
        except (TypeError, BadInput) as error:
            raise BadInput(f"study.arms.{arm}: {error}") from error

    def stages(self, arm: str, seed: int) -> tuple[ClassifierConfig, ...]:
        """Return the configuration of each training of a run: two of half the epochs where something comes first."""
        whole = self.classifier(arm, seed)
        if self.recipe(arm).first == "nothing":
            return (whole,)
        try:
            return tuple(replace(whole, epochs=part) for part in (whole.epochs // 2, whole.epochs - whole.epochs // 2))
        except BadInput as error:
            raise BadInput(f"study.arms.{arm} spends half of the epochs on what it learns first: {error}") from error

    def pairs(self) -> list[tuple[str, str]]:
        """Return reference and arm of each comparison: every arm with the baseline and, if it has one, its control."""
        recipes = {name: self.recipe(name) for name in self.arms}
        found = []
        for arm, recipe in recipes.items():
            controls = [name for name, each in recipes.items() if each == recipe.control and name != arm]
            found += [(reference, arm) for reference in dict.fromkeys([BASELINE, *controls]) if arm != BASELINE]
        return found

    def cells(self, training_counts: Mapping[str, int]) -> list[Cell]:
        """Return every cell of the experiments.

        Args:
            training_counts: training records of each statement.
        """
        rare = {s: n for s, n in training_counts.items() if self.rare_from <= n < self.rare_below}
        return [cell for name in self.experiments for cell in _CELLS[name](self, rare)]

    def arms_of(self, cell: Cell) -> list[str]:
        """Name the arms of a cell; where it adds no record, those that would add some are the baseline again."""
        return [arm for arm in self.arms if any(cell.targets.values()) or not self.recipe(arm).depends_on_targets]

    def place(self, cell: Cell, arm: str) -> Cell:
        """Return the cell among whose runs those of an arm are kept.

        An arm that adds nothing is the same in every cell of one share of the patients, so it is trained once.
        """
        if self.recipe(arm).depends_on_targets:
            return cell
        return Cell("real", _percent(cell.share), {}, cell.share)

    def run_id(self, cell: Cell, arm: str, seed: int) -> str:
        """Return the id under which a run is kept, ``<experiment>/<cell>/<arm>-seed<k>``."""
        return f"{self.place(cell, arm).key}/{arm}-seed{seed}"

    def runs(self, cells: list[Cell]) -> dict[str, tuple[Cell, str, int]]:
        """Return place, arm and seed of each run by its id."""
        wanted = ((cell, arm, seed) for cell in cells for arm, seed in product(self.arms_of(cell), self.seeds))
        return {self.run_id(cell, arm, seed): (self.place(cell, arm), arm, seed) for cell, arm, seed in wanted}


def _per_label(config: StudyConfig, _: Mapping[str, int]) -> list[Cell]:
    return [Cell("per_label", statement, {statement: count}) for statement, count in config.per_label.items() if count]


def _rare(config: StudyConfig, rare: Mapping[str, int]) -> list[Cell]:
    return [Cell("rare", "all", {s: config.rare_below - n for s, n in rare.items()})] if rare else []


def _low_data(config: StudyConfig, rare: Mapping[str, int]) -> list[Cell]:
    lifted = {s: config.rare_below - n for s, n in rare.items()}
    return [Cell("low_data", _percent(share), lifted, share) for share in config.shares]


def _mix_ratio(config: StudyConfig, rare: Mapping[str, int]) -> list[Cell]:
    return [Cell("mix_ratio", f"{ratio:g}", {s: round(ratio * n) for s, n in rare.items()}) for ratio in config.ratios]


def _percent(share: float) -> str:
    return f"{100 * share:g}pct"


_CELLS = {"per_label": _per_label, "rare": _rare, "low_data": _low_data, "mix_ratio": _mix_ratio}
