"""Train every arm of the study in every cell with every seed, one run after the other."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.labels import task_labels
from ecg_forge.ecg.records import Signals
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import fit_thresholds
from ecg_forge.pipelines.baseline.nodes import score_records, train_classifier
from ecg_forge.pipelines.study.config import StudyConfig
from ecg_forge.pipelines.study.tables import draw_study_plan, training_table
from ecg_forge.training.config import ClassifierConfig

logger = logging.getLogger(__name__)

Loaders = Mapping[str, Callable[[], dict[str, Any]]]
Run = tuple[dict[str, pd.DataFrame], dict[str, dict[str, Any]]]
"""Probabilities and description of one run, each under the run's id."""


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

    A run counts as finished when its description says that it had the same configuration, rows and PTB-XL version.
    """
    counts = labels.loc[baseline_table["ecg_id"]].sum()
    cells = config.cells({str(name): int(count) for name, count in counts.items()})
    pool = plan.join(verdicts[["accepted"]])
    runs = config.runs(cells)
    done = 0
    for name, (cell, arm, seed) in runs.items():
        first, table = training_table(cell, config.recipe(arm), baseline_table, records, pool, config.seeds[0])
        if table.empty or (config.recipe(arm).first != "nothing" and first.empty):
            logger.warning("study: %s has no record to learn from: none passed the checks", name)
            continue
        run = config.classifier(arm, seed)
        said = _described(name, run, table, first, data_card)
        if name in finished and _same(finished[name](), said):
            done += 1
            continue
        logger.info("study: %s, %d of %d runs finished", name, done, len(runs))
        weights, seconds = _train(
            first, table, records, labels, normaliser, run, checkpoints, (signals, synthetic_signals)
        )
        scored = score_records(weights, records, signals)
        # Half precision is what is kept, so every figure follows from it.
        probabilities = scored.astype({label: np.float16 for label in scored.columns if label != "split"})
        validation = Predictions.of("val", probabilities, task_labels(labels, run.task), records)
        yield (
            {name: probabilities},
            {
                name: {
                    **said,
                    "cell": {"experiment": cell.experiment, "name": cell.name, "share": cell.share},
                    "arm": arm,
                    "seconds": round(seconds, 1),
                    "best_epoch": weights["config"]["best_epoch"],
                    "thresholds": fit_thresholds(validation),
                    "provenance": {part: provenance[part] for part in ("code", "machine", "started")},
                }
            },
        )
        done += 1
    yield {}, {}  # Kedro wants one value at least


def _train(
    first: pd.DataFrame,
    table: pd.DataFrame,
    records: pd.DataFrame,
    labels: pd.DataFrame,
    normaliser: dict[str, Any],
    run: ClassifierConfig,
    checkpoints: Any,
    pools: tuple[Signals, ...],
) -> tuple[dict[str, Any], float]:
    """Return weights and seconds; where something is learned first, either part takes half the epochs."""
    if not len(first):
        weights, history = train_classifier(table, records, labels, normaliser, run, checkpoints, *pools)
        return weights, float(history["seconds"].sum())
    half = replace(run, epochs=run.epochs // 2)
    before, early = train_classifier(first, records, labels, normaliser, half, checkpoints, *pools)
    weights, late = train_classifier(
        table, records, labels, normaliser, half, checkpoints, *pools, start=before["tensors"]
    )
    return weights, float(early["seconds"].sum() + late["seconds"].sum())


def _described(
    name: str, run: ClassifierConfig, table: pd.DataFrame, first: pd.DataFrame, data_card: Mapping[str, Any]
) -> dict[str, Any]:
    """Say what a run learns from, and how; equal for runs that would give the same probabilities."""
    return {
        "name": name,
        "configuration": asdict(run),
        "records": {source: int(count) for source, count in table["source"].value_counts().items()},
        "first": {source: int(count) for source, count in first["source"].value_counts().items()},
        "rows": _digest(pd.concat([first, table])),
        "data": {part: data_card[part] for part in ("version", "sampling_rate_hz")},
    }


def _same(former: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    settings = [{k: v for k, v in each["configuration"].items() if k != "workers"} for each in (former, wanted)]
    return settings[0] == settings[1] and all(former.get(part) == wanted[part] for part in ("rows", "data"))


def _digest(table: pd.DataFrame) -> str:
    return hashlib.sha256(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes()).hexdigest()[:16]
