"""Figures others published, as the configuration gives them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import check_task


@dataclass(frozen=True)
class PublishedScore:
    """A macro AUC on fold 10 with its interval, where one was printed.

    Attributes:
        auc: the score.
        half_width: of an interval that was printed as score ± half-width.
        low, high: bounds of an interval that was printed as such.
    """

    auc: float
    half_width: float | None = None
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.half_width is not None and (self.low is not None or self.high is not None):
            raise BadInput("give either half_width or low and high, not both")
        low, high = (self.auc if bound is None else bound for bound in self.bounds)
        if self.bounds.count(None) == 1 or not 0 <= low <= self.auc <= high <= 1:
            raise BadInput(f"{self} is no AUC with its interval")

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """Lower and upper bound of the interval; None where none was printed."""
        if self.half_width is None:
            return self.low, self.high
        return round(self.auc - self.half_width, 6), round(self.auc + self.half_width, 6)  # 0.925 - 0.007 is 0.9180…1


@dataclass(frozen=True)
class PublishedTable:
    """The figures of one study.

    Attributes:
        study: its short name.
        source: where the figures stand, and on which PTB-XL version.
        interval: what its intervals are, in words.
        macro_auc: model to task to score.
    """

    study: str
    source: str
    interval: str
    macro_auc: dict[str, dict[str, PublishedScore]]

    def __post_init__(self) -> None:
        for name in ("study", "source", "interval"):
            if not getattr(self, name):
                raise BadInput(f"published_benchmark: a table has no {name}")
        scores = {model: self._scores(model, row) for model, row in self.macro_auc.items()}
        object.__setattr__(self, "macro_auc", scores)

    def _scores(self, model: str, row: Mapping[str, Any]) -> dict[str, PublishedScore]:
        for task in row:
            check_task(task)
        try:
            return {
                task: score if isinstance(score, PublishedScore) else PublishedScore(**score)
                for task, score in row.items()
            }
        except (TypeError, BadInput) as error:
            raise BadInput(f"published_benchmark: {model} of {self.study}: {error}") from error


@dataclass(frozen=True)
class PublishedDecisions:
    """What others printed of their decisions on fold 10.

    Attributes:
        name: of the classifier.
        task: one of the six.
        source: where the figures stand, and on which PTB-XL version.
        caveat: what keeps them from being compared as they are.
        f1: macro F1.
        subset_accuracy, hamming_loss: shares of records with every decision right, and of wrong decisions.
        auc: as printed, whatever its average.
    """

    name: str
    task: str
    source: str
    caveat: str
    f1: float
    subset_accuracy: float
    hamming_loss: float
    auc: float

    def __post_init__(self) -> None:
        check_task(self.task)
        for name in ("name", "source", "caveat"):
            if not getattr(self, name):
                raise BadInput(f"published_benchmark: decisions of {self.name or 'a classifier'} have no {name}")
        for name in ("f1", "subset_accuracy", "hamming_loss", "auc"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadInput(f"published_benchmark: {name} of {self.name} is {getattr(self, name)}; give a share")


@dataclass(frozen=True)
class PublishedBenchmark:
    """The studies our leaderboard is set beside.

    Attributes:
        tables: of macro AUC, one per study.
        decisions: figures of single classifiers at their thresholds.
    """

    tables: list[PublishedTable] = field(default_factory=list)
    decisions: list[PublishedDecisions] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name, kind in (("tables", PublishedTable), ("decisions", PublishedDecisions)):
            try:
                given = [each if isinstance(each, kind) else kind(**each) for each in getattr(self, name)]
            except TypeError as error:
                raise BadInput(f"published_benchmark: {error}") from error
            object.__setattr__(self, name, given)

    def decisions_on(self, task: str) -> list[dict[str, Any]]:
        """Return what others printed of their decisions on one task."""
        return [asdict(each) for each in self.decisions if each.task == task]

    def rows(self, task: str) -> list[dict[str, Any]]:
        """Return the scores on one task as rows of the leaderboard."""
        return [
            {
                **{"task": task, "kind": "published", "name": model, "model": model, "source": table.study},
                "auc": scores[task].auc,
                **dict(zip(("auc_low", "auc_high"), scores[task].bounds, strict=True)),
            }
            for table in self.tables
            for model, scores in table.macro_auc.items()
            if task in scores
        ]
