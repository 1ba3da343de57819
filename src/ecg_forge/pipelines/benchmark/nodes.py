"""Train every classifier of the benchmark on every task, one run after the other."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.demographics import fit_age_scale
from ecg_forge.ecg.labels import task_labels
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.splits import SPLITS, check_patients_disjoint, records_of
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import fit_thresholds
from ecg_forge.pipelines.benchmark.config import BenchmarkConfig
from ecg_forge.training.config import ClassifierConfig

logger = logging.getLogger(__name__)

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
    finished: Mapping[str, Callable[[], dict[str, Any]]],
    checkpoints: Any,
) -> Iterator[Run]:
    """Train and score what is not there yet; each run is saved before the next begins.

    A run counts as finished when its description says that it had the same configuration and PTB-XL version. Records
    without any label of the task are left out, as in the published benchmark.
    """
    check_patients_disjoint(records)
    truth = {task: labelled(labels, task) for task in config.tasks}
    counts = {task: int((records.loc[truth[task].index, "split"] == "train").sum()) for task in config.tasks}
    runs = config.configurations(counts)
    waiting = {name: run for name, run in runs.items() if not _is_finished(finished.get(name), run, data_card)}
    logger.info("benchmark: %d runs, %d of them finished before", len(runs), len(runs) - len(waiting))
    if not waiting:
        yield {}, {}, {}  # Kedro wants one value at least
    for name, run in waiting.items():
        logger.info("benchmark: %s", name)
        held = records.loc[truth[run.task].index]
        weights, trained = _train(held, truth[run.task], signals, normaliser, run, checkpoints, name)
        probabilities = _score(weights, held, signals)
        description = {
            "name": name.rpartition("/")[2].rpartition("-seed")[0],
            **{"model": run.model, "task": run.task, "seed": run.seed, "labels": list(truth[run.task].columns)},
            "configuration": asdict(run),
            "data": {
                "version": data_card["version"],
                "sampling_rate_hz": data_card["sampling_rate_hz"],
                "records_by_split": {split: int((held["split"] == split).sum()) for split in SPLITS},
            },
            "provenance": {part: provenance[part] for part in ("code", "machine", "started")},
            **trained,
            "thresholds": fit_thresholds(Predictions.of("val", probabilities, truth[run.task], held)),
        }
        yield {name: probabilities}, {name: weights}, {name: description}


def labelled(labels: pd.DataFrame, task: str) -> pd.DataFrame:
    """Return the label table of a task without the records that have none of its labels."""
    table = task_labels(labels, task)
    return table[table.any(axis=1)]


def _is_finished(
    description: Callable[[], dict[str, Any]] | None, run: ClassifierConfig, data_card: Mapping[str, Any]
) -> bool:
    if description is None:
        return False
    found = description()
    return (
        found["configuration"] == asdict(run)
        and found["data"]["version"] == data_card["version"]
        and found["data"]["sampling_rate_hz"] == data_card["sampling_rate_hz"]
    )


def _train(
    held: pd.DataFrame,
    truth: pd.DataFrame,
    signals: Signals,
    normaliser: dict[str, Any],
    run: ClassifierConfig,
    checkpoints: Any,
    name: str,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the weights of one run, and what is to be said about its training."""
    from ecg_forge.training.classifier import Examples, Scales, fit_classifier
    from ecg_forge.training.data import SignalPools
    from ecg_forge.training.fit import peak_memory_gb

    examples = {
        split: Examples(SignalPools([signals], part.index.to_numpy()), part, truth.loc[part.index])
        for split in ("train", "val")
        for part in [records_of(held, split)]
    }
    scales = Scales(normaliser, fit_age_scale(records_of(held, "train")["age"]))
    weights, history = fit_classifier(examples["train"], examples["val"], scales, run, checkpoints, name)
    return weights, {
        "parameters": sum(tensor.numel() for part, tensor in weights["tensors"].items() if _is_trained(part)),
        "seconds": round(float(history["seconds"].sum()), 1),
        "records_per_s": round(float(history["records_per_s"].median()), 1),
        "peak_memory_gb": round(peak_memory_gb(), 2),
        "epochs_trained": len(history),
        "best_epoch": weights["config"]["best_epoch"],
        "val_auc": round(weights["config"]["val_auc"], 6),
    }


def _is_trained(tensor: str) -> bool:
    return tensor.rpartition(".")[2] not in ("running_mean", "running_var", "num_batches_tracked")


def _score(weights: dict[str, Any], held: pd.DataFrame, signals: Signals) -> pd.DataFrame:
    """Score validation and test records; half precision is what is kept, so that every figure follows from it."""
    from ecg_forge.training.classifier import score
    from ecg_forge.training.data import SignalPools

    people = pd.concat([records_of(held, "val"), records_of(held, "test")])
    probabilities = score(weights, SignalPools([signals], people.index.to_numpy()), people).astype(np.float16)
    probabilities.insert(0, "split", people["split"].to_numpy())
    return probabilities
