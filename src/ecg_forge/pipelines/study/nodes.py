"""Train every arm of the study in every cell with every seed, one run after the other."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.labels import labelled_records
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.splits import check_patients_disjoint
from ecg_forge.metrics.classification import auc, average_precision, macro
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import fit_thresholds
from ecg_forge.pipelines.baseline.nodes import score_records, train_classifier
from ecg_forge.pipelines.study.config import Cell, StudyConfig
from ecg_forge.pipelines.study.description import Description, describe_records, describe_task, differ_in
from ecg_forge.pipelines.study.tables import draw_study_plan, study_cells, training_table
from ecg_forge.training.config import ClassifierConfig

logger = logging.getLogger(__name__)

Loaders = Mapping[str, Callable[[], dict[str, Any]]]
Run = tuple[dict[str, pd.DataFrame], dict[str, dict[str, Any]]]
"""Probabilities and description of one run, each under the run's id."""
Stage = tuple[pd.DataFrame, ClassifierConfig]
"""A training table, and how it is learned."""


def plan_study(records: pd.DataFrame, labels: pd.DataFrame, config: StudyConfig) -> pd.DataFrame:
    """Plan every synthetic record that an arm of the study may use."""
    plan = draw_study_plan(records, labels, config)
    logger.info("study: %d synthetic records planned for %d targets", len(plan), plan["target"].nunique())
    return plan


def train_study(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    signals: Signals,
    normaliser: dict[str, Any],
    data_card: dict[str, Any],
    provenance: dict[str, Any],
    baseline_table: pd.DataFrame,
    plan: pd.DataFrame,
    verdicts: pd.DataFrame,
    synthetic_signals: Signals,
    config: StudyConfig,
    finished: Loaders,
    checkpoints: Any,
) -> Iterator[Run]:
    """Train and score what is not there yet; each run is saved before the next begins.

    A run counts as finished when its description says that it had the same configuration, rows, synthetic signals and
    PTB-XL version. Of its probabilities only those of the test records are kept: thresholds are chosen on validation
    here, for the highest F1, since they serve to compare F1. Records without any label of the task are left out.
    """
    check_patients_disjoint(records)
    truth = labelled_records(labels, config.task)
    held = records[records.index.isin(truth.index)]
    runs = config.runs(study_cells(records, labels, config))
    pool = plan.join(verdicts[["accepted"]])
    for said, stages in _unfinished(runs, held, baseline_table, pool, synthetic_signals, data_card, config, finished):
        own = checkpoints.part(f"{said['name']}/{said['rows']}")
        weights, trained = _train(stages, held, labels, normaliser, own, signals, synthetic_signals)
        # Half precision is what is kept, so every figure follows from it.
        scored = score_records(weights, held, signals).astype(dict.fromkeys(truth.columns, np.float16))
        trained |= _on_validation(Predictions.of("val", scored, truth, held))
        origin = {"provenance": {part: provenance[part] for part in ("code", "machine", "started")}}
        yield {said["name"]: scored[scored["split"] == "test"]}, {said["name"]: {**said, **trained, **origin}}
    yield {}, {}  # Kedro wants one value at least


def _unfinished(
    runs: Mapping[str, tuple[Cell, str, int]],
    held: pd.DataFrame,
    baseline_table: pd.DataFrame,
    pool: pd.DataFrame,
    synthetic_signals: Signals,
    data_card: Mapping[str, Any],
    config: StudyConfig,
    finished: Loaders,
) -> Iterator[tuple[Description, list[Stage]]]:
    """Give, run by run, what is to be said of it and what it learns from, one table after the other."""
    for number, (name, (place, arm, seed)) in enumerate(runs.items(), start=1):
        first, table = training_table(place, config.recipe(arm), baseline_table, held, pool, config.plan_seed)
        settings = config.stages(arm, seed)
        stages = list(zip((first, table)[-len(settings) :], settings, strict=True))
        if any(learned.empty for learned, _ in stages):
            logger.warning("study: %s has no record to learn from: none passed the checks", name)
            continue
        said = {
            **describe_task(name, place, arm, seed, config),
            **describe_records(first, table, synthetic_signals, held, data_card),
        }
        if name not in finished or differ_in(finished[name](), said):
            logger.info("study: %s, run %d of %d", name, number, len(runs))
            yield said, stages


def _train(
    stages: Sequence[Stage],
    records: pd.DataFrame,
    labels: pd.DataFrame,
    normaliser: dict[str, Any],
    checkpoints: Any,
    *pools: Signals,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Train on one table after the other, each from the weights before; return them and what the training took.

    The best epoch is one of the last table's, counted from the run's beginning.
    """
    weights: dict[str, Any] = {"tensors": None}
    seconds, before, best = 0.0, 0, 0
    for number, (table, run) in enumerate(stages, start=1):
        own = checkpoints.part(str(number))  # or the first of two would clear what the second left when it was killed
        weights, history = train_classifier(
            table, records, labels, normaliser, run, own, *pools, start=weights["tensors"]
        )
        seconds += float(history["seconds"].sum())
        best, before = before + int(weights["config"]["best_epoch"]), before + run.epochs
    return weights, {"seconds": round(seconds, 1), "best_epoch": best}


def _on_validation(validation: Predictions) -> dict[str, Any]:
    """Return what is kept of the validation records: macro scores and the thresholds of highest F1."""
    scores = {"val_auc": auc, "val_ap": average_precision}
    macros = {name: round(macro(score(validation.truth, validation.probability)), 6) for name, score in scores.items()}
    return {**macros, "thresholds": fit_thresholds(validation)}
