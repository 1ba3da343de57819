"""The finished runs of the benchmark, checked against PTB-XL's own metadata before anything is scored."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.labels import TASKS
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.pipelines.benchmark.description import READING, TRAINED, settings_of
from ecg_forge.pipelines.truth import Truth

logger = logging.getLogger(__name__)

Description = dict[str, Any]
Loaders = Mapping[str, Callable[[], Any]]

NEEDED = ("name", "model", "task", "seed", "labels", "configuration", "data", "provenance", *TRAINED)
"""What a run's description must say."""
_MAY_DIFFER = ("seed", *READING)  # between the seeds of one name


@dataclass(frozen=True)
class Entry:
    """One line of the leaderboard: a run, or the mean of the runs that share a name.

    Attributes:
        task: one of the six.
        name: the classifier's name in the leaderboard.
        members: description of each run, by rising seed.
        val, test: its predictions, by rising ecg_id.
    """

    task: str
    name: str
    members: tuple[Description, ...]
    val: Predictions
    test: Predictions

    @property
    def kind(self) -> str:
        return "run" if len(self.members) == 1 else "ensemble"

    @property
    def seeds(self) -> str:
        """The seeds of its runs, in words."""
        return ", ".join(str(member["seed"]) for member in self.members)

    @property
    def key(self) -> str:
        """The id of its files: ``<task>/<name>-seed<k>`` or ``<task>/<name>-ensemble``."""
        return f"{self.task}/{self.name}-" + ("ensemble" if len(self.members) > 1 else f"seed{self.members[0]['seed']}")


def finished_runs(descriptions: Loaders, probabilities: Loaders) -> dict[str, Description]:
    """Return the description of every finished run by its id, in alphabetical order.

    Only ids with a folder are runs: the folder's top level holds the leaderboard itself. Probabilities without a
    description are those of a run that was stopped before its end, and are passed over.

    Raises:
        BadInput: there is no run, or one lacks its probabilities, or a description does not fit its id.
    """
    found = {key: descriptions[key]() for key in sorted(descriptions) if "/" in key}
    if not found:
        raise BadInput(
            "no finished run in the folder of the benchmark (globals: benchmark); "
            "run `kedro run --pipelines=benchmark` first"
        )
    for key, description in found.items():
        _check_description(key, description)
        if key not in probabilities:
            raise BadInput(f"run {key} has a description but no probabilities; remove it and train it again")
    for key in sorted(set(probabilities) - set(found)):
        logger.warning("run %s has no description: it was stopped before its end and is not scored", key)
    return found


def read_entries(task: str, runs: Mapping[str, Description], probabilities: Loaders, truth: Truth) -> list[Entry]:
    """Load the runs of one task, check them, and add the mean of the runs that share a name.

    Raises:
        BadInput: labels, records or PTB-XL version of a run are not those of the metadata, or runs that share a name
            were trained differently.
        LeakError: a record of a run stands in another split.
    """
    entries: dict[str, list[Entry]] = {}
    for key, description in runs.items():
        if description["task"] == task:
            entries.setdefault(description["name"], []).append(_read_run(key, description, probabilities[key](), truth))
    for name, group in entries.items():
        group.sort(key=lambda entry: entry.members[0]["seed"])
        if len(group) > 1:
            entries[name] = [*group, _mean(group)]
    return [entry for name in sorted(entries) for entry in entries[name]]


def _check_description(key: str, description: Description) -> None:
    if missing := [part for part in NEEDED if part not in description]:
        raise BadInput(f"run {key}: its description lacks {', '.join(missing)}")
    task, labels = description["task"], description["labels"]
    if key != f"{task}/{description['name']}-seed{description['seed']}":
        raise BadInput(f"run {key}: its description is that of {task}/{description['name']}-seed{description['seed']}")
    if task not in TASKS or labels != list(TASKS[task]):
        raise BadInput(f"run {key}: the labels of its description are not those of a task {task}")


def _read_run(key: str, description: Description, table: pd.DataFrame, truth: Truth) -> Entry:
    if description["data"]["version"] != truth.version:
        raise BadInput(
            f"run {key} was made with PTB-XL {description['data']['version']}, but the metadata are {truth.version}"
        )
    labels = truth.task(description["task"])
    _check_table(key, table, labels, truth.records)
    table = table.sort_index()
    try:
        val, test = (Predictions.of(split, table, labels, truth.records) for split in ("val", "test"))
    except BadInput as error:
        raise type(error)(f"run {key}: {error}") from error
    return Entry(description["task"], description["name"], (description,), val, test)


def _check_table(key: str, table: pd.DataFrame, labels: pd.DataFrame, records: pd.DataFrame) -> None:
    if list(table.columns) != ["split", *labels.columns]:
        odd = sorted({"split", *labels.columns} ^ set(table.columns))
        raise BadInput(
            f"run {key}: its columns must be split and the task's labels; wrong: {', '.join(odd) or 'order'}"
        )
    if table.index.has_duplicates:
        raise BadInput(f"run {key}: ecg_id {table.index[table.index.duplicated()][0]} stands twice")
    place = records["split"].reindex(table.index)
    torn = table.index[place.notna() & (place != table["split"])]
    if len(torn):
        raise LeakError(
            f"run {key}: ecg_id {torn[0]} is scored as {table.loc[torn[0], 'split']} but stands in "
            f"{place.loc[torn[0]]} ({len(torn)} such records)"
        )
    held_out = labels.index[records.loc[labels.index, "split"] != "train"]
    for verb, odd_ids in (("lacks", held_out.difference(table.index)), ("scores", table.index.difference(held_out))):
        if len(odd_ids):
            raise BadInput(
                f"run {key} {verb} ecg_id {odd_ids[0]} ({len(odd_ids)} such records); it must score the validation and "
                "test records that hold a label of its task, and no other"
            )


def _mean(group: list[Entry]) -> Entry:
    """Average the probabilities of runs that differ by their seed only."""
    first = group[0]
    for other in group[1:]:
        _check_same_training(first, other)
    val, test = (
        Predictions(
            split=part[0].split,
            ecg_id=part[0].ecg_id,
            patient_id=part[0].patient_id,
            labels=part[0].labels,
            truth=part[0].truth,
            probability=np.stack([each.probability for each in part]).mean(axis=0, dtype=np.float64).astype(np.float32),
        )
        for part in ([entry.val for entry in group], [entry.test for entry in group])
    )
    return Entry(first.task, first.name, tuple(member for entry in group for member in entry.members), val, test)


def _check_same_training(first: Entry, other: Entry) -> None:
    one, two = (settings_of(entry.members[0]) for entry in (first, other))
    odd = sorted(part for part in {*one, *two} if part not in _MAY_DIFFER and one.get(part) != two.get(part))
    if odd:
        raise BadInput(
            f"runs {first.key} and {other.key} differ in {', '.join(odd)}; runs of one name may differ by their seed "
            "only, so give one of them another name"
        )
