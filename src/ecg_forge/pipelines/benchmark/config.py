"""Which classifiers the benchmark trains."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import check_task
from ecg_forge.training.config import ClassifierConfig


@dataclass(frozen=True)
class BenchmarkConfig:
    """Every classifier on every task with every seed.

    Attributes:
        classifiers: their names in the leaderboard.
        tasks: the label tasks.
        seeds: of the trainings.
        training: settings of `ClassifierConfig` that all classifiers share. The length of an epoch is not among them:
            it is one pass over the task's training records.
        departures: by name, the settings in which a classifier departs from ``training``; ``model`` is its name
            unless said.
    """

    classifiers: list[str]
    tasks: list[str]
    seeds: list[int]
    training: dict[str, Any]
    departures: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("classifiers", "tasks", "seeds"):
            if not getattr(self, name):
                raise BadInput(f"benchmark.{name} is empty; name at least one")
        if len(set(self.seeds)) != len(self.seeds):
            raise BadInput(f"benchmark.seeds names a seed twice: {self.seeds}")
        for task in self.tasks:
            check_task(task)
        for name in self.classifiers:
            self._configuration(name, self.tasks[0], self.seeds[0], steps_per_epoch=1)  # raises BadInput

    def configurations(self, training_records: Mapping[str, int]) -> dict[str, ClassifierConfig]:
        """Return the configuration of each run by its id, ``<task>/<name>-seed<k>``.

        Args:
            training_records: how many records each task is trained on.
        """
        batch_size = ClassifierConfig.batch_size
        runs = {}
        for task in self.tasks:
            for name in self.classifiers:
                steps = max(training_records[task] // self._settings(name).get("batch_size", batch_size), 1)
                for seed in self.seeds:
                    runs[f"{task}/{name}-seed{seed}"] = self._configuration(name, task, seed, steps)
        return runs

    def _settings(self, name: str) -> dict[str, Any]:
        return {"model": name, **self.training, **self.departures.get(name, {})}

    def _configuration(self, name: str, task: str, seed: int, steps_per_epoch: int) -> ClassifierConfig:
        own: dict[str, Any] = {"task": task, "seed": seed, "steps_per_epoch": steps_per_epoch}
        settings = self._settings(name)
        if taken := sorted(set(own) & set(settings)):
            raise BadInput(f"benchmark sets {', '.join(taken)} itself; remove it from its settings")
        try:
            return ClassifierConfig(**settings, **own)
        except (TypeError, BadInput) as error:
            raise BadInput(f"benchmark.classifiers.{name}: {error}") from error
