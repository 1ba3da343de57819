"""What can be set about a search for hyper-parameters; importable without optuna, checked before anything runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ecg_forge.ecg.errors import BadInput
from ecg_forge.training.config import ClassifierConfig

NUMERIC = ("float", "log_float", "int")
KINDS = (*NUMERIC, "choice")
NOT_SEARCHED = ("task", "epochs", "validate_every", "seed", "workers", "precision")
"""Settings that are the same in all trials: trials are compared epoch by epoch, and a lucky seed is no setting."""
_SET_BY_SEARCH = "steps_per_epoch"  # one pass over the training records


@dataclass(frozen=True)
class Setting:
    """How one setting is drawn.

    Attributes:
        kind: ``float`` and ``int`` evenly between two ends, ``log_float`` evenly in the logarithm, ``choice`` from a
            list.
        low, high: the ends, both of which can be drawn; not for a choice.
        of: what a choice is made from.
    """

    kind: str
    low: float | None = None
    high: float | None = None
    of: tuple[Any, ...] = ()

    def ends(self) -> tuple[Any, ...]:
        """Return the outermost values, or all of a choice."""
        return tuple(self.of) if self.kind == "choice" else (self.low, self.high)

    def problem(self) -> str | None:
        """Say what is wrong with it, or nothing."""
        if self.kind not in KINDS:
            return f"kind is {self.kind!r}; give one of {', '.join(KINDS)}"
        if self.kind == "choice":
            ranged = self.low is not None or self.high is not None
            return "a choice needs `of`, a list, and nothing else" if not self.of or ranged else None
        return "give low and high with low < high, and no `of`" if self.of else self._problem_of_range()

    def _problem_of_range(self) -> str | None:
        low, high = self.low, self.high
        if low is None or high is None or not low < high:
            return f"low is {low} and high {high}; give low < high"
        if self.kind == "log_float" and low <= 0:
            return f"low is {low}; a logarithm needs it above 0"
        if self.kind == "int" and not (isinstance(low, int) and isinstance(high, int)):
            return f"low is {low} and high {high}; give whole numbers"
        return None


@dataclass(frozen=True)
class SearchConfig:
    """A search over settings of `ClassifierConfig` for the highest macro AUC on fold 9.

    Attributes:
        name: of the preset that is written.
        training: settings that all trials share, as in `ClassifierConfig`. The length of an epoch is not among them: it
            is one pass over the task's training records.
        space: by setting, how it is drawn; one of a section is written ``section.name``, such as ``loss.focal_gamma``.
        trials: how many are finished, pruned ones included.
        hours: of training, in all finished trials, after which no further one begins; null for no limit.
        startup_trials: completed before any is pruned, and drawn at random.
        warmup_epochs: of each trial, in which it is not pruned.
        seed: of the draws and of every training.
    """

    name: str
    training: dict[str, Any]
    space: dict[str, Setting]
    trials: int
    hours: float | None = None
    startup_trials: int = 5
    warmup_epochs: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if self.trials < 1 or self.startup_trials < 1 or self.warmup_epochs < 0:
            raise BadInput(
                f"search needs trials and startup_trials of at least 1 and warmup_epochs of at least 0, got "
                f"{self.trials}, {self.startup_trials} and {self.warmup_epochs}"
            )
        if self.hours is not None and not self.hours > 0:
            raise BadInput(f"search.hours is {self.hours}; give a number above 0, or null")
        if not self.space:
            raise BadInput("search.space is empty; name at least one setting of the classifier")
        object.__setattr__(self, "space", {name: _setting(name, each) for name, each in self.space.items()})
        for taken in sorted({"seed", _SET_BY_SEARCH} & set(self.training)):
            raise BadInput(f"search sets {taken} itself; remove it from search.training")
        for name in self.space:
            if name.partition(".")[0] in (*NOT_SEARCHED, _SET_BY_SEARCH):
                raise BadInput(f"search.space.{name}: this setting is the same in all trials; remove it from the space")
        for values in self._corners():
            self.classifier(values, training_records=1)  # raises BadInput

    def classifier(self, values: Mapping[str, Any], training_records: int) -> ClassifierConfig:
        """Return the configuration of one trial.

        Args:
            values: of every setting in the space.
            training_records: passed over in an epoch.
        """
        settings = {**self._settings(values), "seed": self.seed}
        batch_size = settings.get("batch_size", ClassifierConfig.batch_size)
        try:
            return ClassifierConfig(**settings, steps_per_epoch=max(training_records // batch_size, 1))
        except (TypeError, BadInput) as error:
            raise BadInput(f"search, with {_spelled(values)}: {error}") from error

    def preset(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return found settings as parameters of the benchmark: a departure under the name of the search."""
        settings = {name: value for name, value in self._settings(values).items() if name not in ("task", "workers")}
        return {"benchmark": {"departures": {self.name: settings}}}

    def identity(self) -> "SearchConfig":
        """Return the search without what may change while it goes on: its length, its name, who reads the batches."""
        training = {name: value for name, value in self.training.items() if name != "workers"}
        return replace(self, name="", training=training, trials=1, hours=None)

    def _settings(self, values: Mapping[str, Any]) -> dict[str, Any]:
        settings = {name: dict(each) if isinstance(each, Mapping) else each for name, each in self.training.items()}
        for name, value in values.items():
            section, _, inner = name.rpartition(".")
            place = settings.setdefault(section, {}) if section else settings
            place[inner] = value
        return settings

    def _corners(self) -> Iterator[dict[str, Any]]:
        """Yield values of the space in which each setting takes each of its ends."""
        first = {name: setting.ends()[0] for name, setting in self.space.items()}
        for name, setting in self.space.items():
            for value in setting.ends():
                yield {**first, name: value}


def _setting(name: str, given: Setting | Mapping[str, Any]) -> Setting:
    try:
        setting = given if isinstance(given, Setting) else Setting(**given)
    except TypeError as error:
        raise BadInput(f"search.space.{name}: {error}") from error
    if problem := setting.problem():
        raise BadInput(f"search.space.{name}: {problem}")
    return setting


def _spelled(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
