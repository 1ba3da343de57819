"""The kept runs of the study, checked against the parameters and PTB-XL's own metadata before anything is scored."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.splits import count_by_split
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.pipelines.study.config import Cell, StudyConfig
from ecg_forge.pipelines.study.description import LEARNED, TRAINED, Description, describe_task, differ_in
from ecg_forge.pipelines.truth import Truth

logger = logging.getLogger(__name__)

Loaders = Mapping[str, Callable[[], Any]]


@dataclass(frozen=True)
class KeptRun:
    """One training of one arm, as its files hold it.

    Attributes:
        said: its description.
        test: its predictions of the test records, by rising ecg_id.
    """

    said: Description
    test: Predictions

    @property
    def thresholds(self) -> dict[str, float]:
        """Of each label, chosen on validation."""
        return self.said["thresholds"]


def kept_runs(
    config: StudyConfig, cells: list[Cell], truth: Truth, descriptions: Loaders, probabilities: Loaders
) -> dict[str, KeptRun]:
    """Load and check every run of these cells that is there, by its id.

    Only ids with a folder are runs: the folder's top level holds what follows from them. Probabilities without a
    description are those of a run that was stopped before its end, and are passed over, as are the runs of other cells,
    arms or seeds; the log names them.

    Raises:
        BadInput: no run is there, or one lacks its probabilities, or its settings, labels, records or PTB-XL version
            are not those of the parameters and metadata, or the seeds of an arm learned from different rows.
        LeakError: a record of a run does not stand in the test split.
    """
    wanted = config.runs(cells)
    described, scored = ([key for key in sorted(loaders) if "/" in key] for loaders in (descriptions, probabilities))
    for key in sorted({*scored} - {*described}):
        logger.warning("run %s has no description: it was stopped before its end and is not scored", key)
    if foreign := [key for key in described if key not in wanted]:
        logger.warning("%d runs are none of the parameters' and are not scored: %s", len(foreign), ", ".join(foreign))
    labels = truth.task(config.task)
    found = {}
    for key in (key for key in wanted if key in described):
        if key not in probabilities:
            raise BadInput(f"run {key} has a description but no probabilities; remove it and train it again")
        said = descriptions[key]()
        try:
            _check_description(said, describe_task(key, *wanted[key], config), truth, labels)
            found[key] = KeptRun(said, _test_predictions(probabilities[key](), truth.records, labels))
        except BadInput as error:
            raise type(error)(f"run {key}: {error}") from error
    if not found:
        raise BadInput(
            "no finished run of these parameters in the folder of the study (globals: study); "
            "run `kedro run --pipelines=study` first"
        )
    _check_together(found)
    return found


def _check_description(said: Description, wanted: Description, truth: Truth, labels: pd.DataFrame) -> None:
    if missing := [part for part in (*LEARNED, *TRAINED) if part not in said]:
        raise BadInput(f"its description lacks {', '.join(missing)}")
    if odd := differ_in(said, wanted):
        raise BadInput(
            f"it was made with other parameters than params:study says, in {', '.join(odd)}; train it again, or set "
            "them back"
        )
    data = {"version": truth.version, "records_by_split": count_by_split(truth.records.loc[labels.index])}
    for part, value in data.items():
        if said["data"].get(part) != value:
            raise BadInput(f"its {part} is {said['data'].get(part)}, but that of the metadata is {value}")
    if lacking := [label for label in labels.columns if not _is_number(said["thresholds"].get(label))]:
        raise BadInput(f"its description has no threshold for {', '.join(lacking)}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))


def _test_predictions(table: pd.DataFrame, records: pd.DataFrame, labels: pd.DataFrame) -> Predictions:
    if list(table.columns) != ["split", *labels.columns]:
        odd = sorted({"split", *labels.columns} ^ {*table.columns})
        raise BadInput(f"its columns must be split and the task's labels; wrong: {', '.join(odd) or 'order'}")
    if others := sorted({*table["split"]} - {"test"}):
        raise BadInput(f"it holds records of split {', '.join(others)}; only those of the test split are kept")
    test = Predictions.of("test", table.sort_index(), labels, records)
    of_test = labels.index[records.loc[labels.index, "split"] == "test"]
    if len(lacking := of_test.difference(table.index)):
        raise BadInput(f"it lacks test record {lacking[0]} ({len(lacking)} such records)")
    return test


def _check_together(runs: Mapping[str, KeptRun]) -> None:
    """Raise BadInput unless all runs had the same data, and the seeds of an arm the same rows."""
    first = next(iter(runs))
    arms: dict[str, str] = {}
    for key, run in runs.items():
        if run.said["data"] != runs[first].said["data"]:
            raise BadInput(f"runs {first} and {key} were made with different data; train one of them again")
        other = arms.setdefault(key.rpartition("-seed")[0], key)
        if run.said["rows"] != runs[other].said["rows"]:
            raise BadInput(
                f"runs {other} and {key} learned from different rows or synthetic signals; seeds of an arm must share "
                "them, so train one of them again"
            )
