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
from ecg_forge.metrics.classification import auc, macro
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import fit_thresholds
from ecg_forge.pipelines.benchmark.config import BenchmarkConfig
from ecg_forge.training.config import ClassifierConfig

logger = logging.getLogger(__name__)

Loaders = Mapping[str, Callable[[], dict[str, Any]]]
Run = tuple[dict[str, pd.DataFrame], dict[str, dict[str, Any]], dict[str, dict[str, Any]]]
"""Probabilities, weights and description of one run, each under the run's id."""

DATA = ("version", "sampling_rate_hz")
"""What two runs on the same data have in common."""
SCORING = ("aggregate", "stride_s")
"""Settings of `ClassifierConfig` that no training step depends on; only the choice of the best epoch does."""
TRAINED = ("parameters", "seconds", "records_per_s", "peak_memory_gb", "epochs_trained", "best_epoch")
"""What a description says of the training itself."""


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
    truth = {task: labelled(labels, task) for task in config.tasks}
    counts = {task: int((records.loc[truth[task].index, "split"] == "train").sum()) for task in config.tasks}
    runs = config.configurations(counts)
    before = {
        name: finished[name]() for name in runs if name in finished and _is_same_data(finished[name](), data_card)
    }
    waiting = {name: run for name, run in runs.items() if before.get(name, {}).get("configuration") != asdict(run)}
    logger.info("benchmark: %d runs, %d of them finished before", len(runs), len(runs) - len(waiting))
    if not waiting:
        yield {}, {}, {}  # Kedro wants one value at least
    for name, run in waiting.items():
        held = records.loc[truth[run.task].index]
        former = before.get(name)
        if former and name in finished_weights and _is_same_training(former["configuration"], run):
            logger.info("benchmark: %s, scored again", name)
            weights, trained = _with_scoring(finished_weights[name](), run), _scored_again(former)
        else:
            logger.info("benchmark: %s", name)
            weights, trained = _train(held, truth[run.task], signals, normaliser, run, checkpoints, name)
            trained["provenance"] = {part: provenance[part] for part in ("code", "machine", "started")}
        probabilities = _score(weights, held, signals)
        described = _describe(name, run, held, truth[run.task], data_card)
        validation = Predictions.of("val", probabilities, truth[run.task], held)
        on_validation = {
            "val_auc": round(macro(auc(validation.truth, validation.probability)), 6),
            "thresholds": fit_thresholds(validation),
        }
        yield {name: probabilities}, {name: weights}, {name: {**described, **trained, **on_validation}}


def _describe(
    name: str, run: ClassifierConfig, held: pd.DataFrame, truth: pd.DataFrame, data_card: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "name": name.rpartition("/")[2].rpartition("-seed")[0],
        **{"model": run.model, "task": run.task, "seed": run.seed, "labels": list(truth.columns)},
        "configuration": asdict(run),
        "data": {
            **{part: data_card[part] for part in DATA},
            "records_by_split": {split: int((held["split"] == split).sum()) for split in SPLITS},
        },
    }


def labelled(labels: pd.DataFrame, task: str) -> pd.DataFrame:
    """Return the label table of a task without the records that have none of its labels."""
    table = task_labels(labels, task)
    return table[table.any(axis=1)]


def _is_same_data(description: Mapping[str, Any], data_card: Mapping[str, Any]) -> bool:
    return all(description["data"][part] == data_card[part] for part in DATA)


def _is_same_training(former: Mapping[str, Any], run: ClassifierConfig) -> bool:
    kept = {**former, **{name: value for name, value in asdict(run).items() if name in SCORING}}
    return kept == asdict(run)


def _with_scoring(weights: dict[str, Any], run: ClassifierConfig) -> dict[str, Any]:
    return {**weights, "config": {**weights["config"], "training": asdict(run)}}


def _scored_again(former: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a former description says of the training, and under which setting its epoch was chosen."""
    trained = {name: former[name] for name in (*TRAINED, "provenance")}
    first = former.get("epoch_chosen_with") or {name: former["configuration"][name] for name in SCORING}
    return {**trained, "epoch_chosen_with": first}


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
