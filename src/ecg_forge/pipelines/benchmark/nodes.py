"""Train every classifier of the benchmark on every task, one run after the other."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.labels import labelled_records
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.splits import check_patients_disjoint
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.pipelines.baseline.nodes import score_records, tabulate_training_records, train_classifier
from ecg_forge.pipelines.benchmark.config import BenchmarkConfig
from ecg_forge.pipelines.benchmark.description import (
    SCORING,
    describe,
    differ_in,
    is_same_data,
    of_validation,
    scored_again,
)
from ecg_forge.training.config import ClassifierConfig

logger = logging.getLogger(__name__)

Loaders = Mapping[str, Callable[[], dict[str, Any]]]
Run = tuple[dict[str, pd.DataFrame], dict[str, dict[str, Any]], dict[str, dict[str, Any]]]
"""Probabilities, weights and description of one run, each under the run's id."""


def train_benchmark(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    signals: Signals,
    normaliser: dict[str, Any],
    data_card: dict[str, Any],
    provenance: dict[str, Any],
    config: BenchmarkConfig,
    finished: Loaders,
    finished_weights: Loaders,
    checkpoints: Any,
) -> Iterator[Run]:
    """Train and score what is not there yet; each run is saved before the next begins.

    A run counts as finished when its description says that it had the same configuration and PTB-XL version. Where
    only `SCORING` settings changed and the weights are kept, it is scored again without being trained again. Records
    without any label of the task are left out, as in the published benchmark.
    """
    check_patients_disjoint(records)
    truth = {task: labelled_records(labels, task) for task in config.tasks}
    counts = {task: int((records.loc[truth[task].index, "split"] == "train").sum()) for task in config.tasks}
    runs = config.configurations(counts)
    said = {name: finished[name]() for name in runs if name in finished}
    former = {name: description for name, description in said.items() if is_same_data(description, data_card)}
    waiting = {name: run for name, run in runs.items() if name not in former or differ_in(former[name], run)}
    logger.info("benchmark: %d runs, %d of them finished before", len(runs), len(runs) - len(waiting))
    if not waiting:
        yield {}, {}, {}  # Kedro wants one value at least
    for name, run in waiting.items():
        held = records.loc[truth[run.task].index]
        if name in former and name in finished_weights and differ_in(former[name], run) <= {*SCORING}:
            logger.info("benchmark: %s, scored again", name)
            weights, trained = _with_scoring(finished_weights[name](), run), scored_again(former[name])
        else:
            logger.info("benchmark: %s", name)
            weights, trained = _train(held, labels, signals, normaliser, run, checkpoints.part(name))
            trained["provenance"] = {part: provenance[part] for part in ("code", "machine", "started")}
        # Half precision is what is kept, so every figure follows from it.
        scored = score_records(weights, held, signals)
        probabilities = scored.astype(dict.fromkeys(truth[run.task].columns, np.float16))
        description = {
            **describe(name, asdict(run), held, truth[run.task], data_card),
            **trained,
            **of_validation(Predictions.of("val", probabilities, truth[run.task], held)),
        }
        yield {name: probabilities}, {name: weights}, {name: description}


def _with_scoring(weights: dict[str, Any], run: ClassifierConfig) -> dict[str, Any]:
    return {**weights, "config": {**weights["config"], "training": asdict(run)}}


def _train(
    held: pd.DataFrame,
    labels: pd.DataFrame,
    signals: Signals,
    normaliser: dict[str, Any],
    run: ClassifierConfig,
    checkpoints: Any,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the weights of one run, and what is to be said about its training."""
    from ecg_forge.training.fit import peak_memory_gb

    table = tabulate_training_records(held, labels)
    weights, history = train_classifier(table, held, labels, normaliser, run, checkpoints, signals)
    return weights, {
        "parameters": sum(tensor.numel() for part, tensor in weights["tensors"].items() if _is_trained(part)),
        "seconds": round(float(history["seconds"].sum()), 1),
        "records_per_s": round(float(history["records_per_s"].median()), 1),
        "peak_memory_gb": round(peak_memory_gb(), 2),
        "epochs_trained": len(history),
        "best_epoch": weights["config"]["best_epoch"],
    }


def _is_trained(tensor: str) -> bool:
    return tensor.rpartition(".")[2] not in ("running_mean", "running_var", "num_batches_tracked")
