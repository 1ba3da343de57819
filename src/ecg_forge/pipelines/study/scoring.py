"""Compare the arms of the study on the test fold, from what is kept of their runs."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import label_of_statement
from ecg_forge.ecg.metadata import DataConfig
from ecg_forge.ecg.splits import count_by_split
from ecg_forge.metrics.bootstrap import patient_weights
from ecg_forge.metrics.config import EvaluationConfig
from ecg_forge.metrics.decision_agreement import decision_table
from ecg_forge.metrics.delong import delong_table
from ecg_forge.metrics.power import power_table
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.study_comparison import MARGIN, SeededArm, compare_study
from ecg_forge.pipelines.study.config import Cell, StudyConfig
from ecg_forge.pipelines.study.kept import KeptRun, Loaders, kept_runs
from ecg_forge.pipelines.study.tables import study_cells
from ecg_forge.pipelines.truth import Truth

logger = logging.getLogger(__name__)

DIGITS = 6
"""Significant digits that are kept: other machines add up in another order."""
_DELONG = {"difference": "delong_difference", "low": "delong_low", "high": "delong_high", "p": "delong_p"}
_DECISIONS = {
    "only_reference_right": "only_reference",
    "only_arm_right": "only_arm",
    "mcnemar_p": "mcnemar_p",
    "kappa": "kappa",
}
PLACE = ("experiment", "cell", "arm", "reference")
"""Columns that say what a row is about."""
CROSSCHECKS = (*PLACE, "seed", "label", *_DELONG.values(), *_DECISIONS.values())
"""Columns of the cross-checks."""


@dataclass(frozen=True)
class Pair:
    """Two arms of a cell that are compared.

    Attributes:
        cell: where.
        reference, arm: their names.
        seeds: that both have.
        before, after: the runs of the reference and of the arm, seed by seed.
    """

    cell: Cell
    reference: str
    arm: str
    seeds: tuple[int, ...]
    before: tuple[KeptRun, ...]
    after: tuple[KeptRun, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The runs; equal for pairs of cells that share them."""
        return tuple(run.said["name"] for run in (*self.before, *self.after))

    @property
    def place(self) -> dict[str, str]:
        """What the rows of the pair begin with."""
        return dict(zip(PLACE, (self.cell.experiment, self.cell.name, self.arm, self.reference), strict=True))


def score_study(
    metadata: pd.DataFrame,
    data: DataConfig,
    evaluation: EvaluationConfig,
    config: StudyConfig,
    descriptions: Loaders,
    probabilities: Loaders,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Compare every arm with the baseline and with its control, in every cell, over the seeds that both have.

    Args:
        metadata: ``ptbxl_database.csv``, whose labels and folds are the truth.
        data: which records and labels count.
        evaluation: resamples of the test patients; thresholds are those that the runs chose on validation.
        config: which runs there should be.
        descriptions, probabilities: by run, a function that loads it.

    Returns:
        the comparison, a row per cell, arm, reference, metric and label (experiment, cell, arm, reference, the columns
        of `compare_study`, three of `power_table`, and whether the cell aims at the label); the cross-checks, a row per
        cell, arm, reference, seed and target label; and what both are about, JSON-able. Numbers have six significant
        digits.

    Raises:
        BadInput: no two arms that are compared share two seeds, or a run does not fit parameters or metadata.
        LeakError: a record of a run does not stand in the test split.
    """
    truth = Truth.of(metadata, data)
    cells = study_cells(truth.records, truth.labels, config)
    runs = kept_runs(config, cells, truth, descriptions, probabilities)
    missing = [key for key in config.runs(cells) if key not in runs]
    if missing:
        logger.warning("%d of %d runs are missing: %s", len(missing), len(missing) + len(runs), ", ".join(missing))
    pairs = [pair for cell in cells for pair in _pairs(cell, config, runs)]
    if not pairs:
        raise BadInput(
            f"no arm shares two seeds with what it is compared with; {len(missing)} runs are missing, such as "
            f"{', '.join(missing[:1]) or 'those of a second seed'}; add seeds, or run `kedro run --pipelines=study`"
        )
    comparison = _comparison(pairs, truth.training_counts(config.task), evaluation)
    checks = [table for pair in pairs for table in _crosschecks(pair)]
    crosschecks = pd.concat(checks, ignore_index=True) if checks else pd.DataFrame(columns=list(CROSSCHECKS))
    summary = {**_said_of_study(truth, evaluation, config, cells, runs), "missing": missing}
    return significant(comparison), significant(crosschecks), summary


def significant(table: pd.DataFrame) -> pd.DataFrame:
    """Round the float columns of a table to `DIGITS` significant digits."""
    floats = table.select_dtypes("float").columns
    return table.assign(**{name: [float(f"{x:.{DIGITS}g}") + 0.0 for x in table[name]] for name in floats})


def _pairs(cell: Cell, config: StudyConfig, runs: Mapping[str, KeptRun]) -> Iterator[Pair]:
    """Give the pairs of a cell whose arms share two seeds or more; one seed cannot tell training from luck."""
    there = config.arms_of(cell)
    for reference, arm in config.pairs():
        if reference not in there or arm not in there:
            continue
        ids = [tuple(config.run_id(cell, each, seed) for each in (reference, arm)) for seed in config.seeds]
        shared = {seed: pair for seed, pair in zip(config.seeds, ids, strict=True) if all(key in runs for key in pair)}
        if len(shared) < 2:
            logger.warning(
                "%s: %s shares %d of the seeds with %s and is not compared; two are needed",
                *(cell.key, arm, len(shared), reference),
            )
            continue
        before, after = (tuple(runs[pair[side]] for pair in shared.values()) for side in (0, 1))
        yield Pair(cell, reference, arm, tuple(shared), before, after)


def _comparison(pairs: list[Pair], training_counts: pd.Series, evaluation: EvaluationConfig) -> pd.DataFrame:
    # All runs hold the same test records in the same order, so they share the resamples.
    weights = patient_weights(pairs[0].before[0].test.patient_id, evaluation.resamples, evaluation.seed)
    done: dict[tuple[str, ...], pd.DataFrame] = {}
    tables = []
    for pair in pairs:
        if pair.ids not in done:
            logger.info("comparing %s with %s in %s", pair.arm, pair.reference, pair.cell.key)
            done[pair.ids] = _compared(pair, weights, training_counts)
        found = done[pair.ids]
        tables.append(_placed(pair.place, found.assign(target=found["label"].isin(_target_labels(pair)))))
    return pd.concat(tables, ignore_index=True)


def _compared(pair: Pair, weights: np.ndarray, training_counts: pd.Series) -> pd.DataFrame:
    before, after = (
        SeededArm(pair.seeds, tuple(run.test for run in side), tuple(run.thresholds for run in side))
        for side in (pair.before, pair.after)
    )
    table = compare_study(before, after, weights, training_counts=training_counts)
    return table.join(power_table(table)[["detectable", "detectable_corrected", "reachable"]])


def _crosschecks(pair: Pair) -> Iterator[pd.DataFrame]:
    """Give DeLong's and McNemar's tests and kappa for the target labels, seed by seed; no row where there is none."""
    aimed = _target_labels(pair)
    if not aimed:
        return
    for seed, before, after in zip(pair.seeds, pair.before, pair.after, strict=True):
        reference, arm = (_only(run.test, aimed) for run in (before, after))
        decided = decision_table(reference, arm, before.thresholds, after.thresholds)[list(_DECISIONS)]
        table = delong_table(reference, arm)[list(_DELONG)].join(decided).rename(columns={**_DELONG, **_DECISIONS})
        yield _placed({**pair.place, "seed": seed}, table.reset_index())


def _placed(place: Mapping[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: [value] * len(table) for name, value in place.items()}, index=table.index).join(table)


def _only(predictions: Predictions, labels: list[str]) -> Predictions:
    columns = [predictions.labels.index(label) for label in labels]
    truth, probability = predictions.truth[:, columns], predictions.probability[:, columns]
    return replace(predictions, labels=tuple(labels), truth=truth, probability=probability)


def _target_labels(pair: Pair) -> list[str]:
    """Name the labels under which the targets of the pair's cell count, in the order of the predictions."""
    first = pair.before[0]
    targets = [statement for statement, count in pair.cell.targets.items() if count]
    aimed = {label_of_statement(statement, first.said["task"]) for statement in targets}
    return [label for label in first.test.labels if label in aimed]


def _said_of_study(
    truth: Truth, evaluation: EvaluationConfig, config: StudyConfig, cells: list[Cell], runs: Mapping[str, KeptRun]
) -> dict[str, Any]:
    return {
        "data": {"version": truth.version, "records_by_split": count_by_split(truth.records)},
        "evaluation": {"resamples": evaluation.resamples, "seed": evaluation.seed, "margin": MARGIN},
        "cells": [_said_of_cell(cell, config, runs) for cell in cells],
        "runs": [_said_of_run(run) for run in runs.values()],
    }


def _said_of_cell(cell: Cell, config: StudyConfig, runs: Mapping[str, KeptRun]) -> dict[str, Any]:
    arms = {}
    for arm in config.arms_of(cell):
        found = {seed: runs[key] for seed in config.seeds if (key := config.run_id(cell, arm, seed)) in runs}
        if found:
            said = next(iter(found.values())).said
            arms[arm] = {"seeds": list(found), "records": said["records"], "first": said["first"]}
    return {
        **{"experiment": cell.experiment, "name": cell.name, "share": cell.share},
        **{"targets": dict(cell.targets), "arms": arms},
    }


def _said_of_run(run: KeptRun) -> dict[str, Any]:
    """What a run's description says, but for the labels, which are the task's, and the thresholds, which are many."""
    return {name: value for name, value in run.said.items() if name not in ("labels", "thresholds")}
