"""Combine kept runs of the benchmark into one more, which the leaderboard lists beside them."""

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.metadata import DataConfig
from ecg_forge.metrics.late_fusion import LateFusion, fit_late_fusion
from ecg_forge.metrics.late_fusion_config import LateFusionConfig
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.pipelines.benchmark.description import of_validation
from ecg_forge.pipelines.benchmark.runs import Description, Entry, Loaders, finished_runs, read_entries
from ecg_forge.pipelines.truth import Truth

logger = logging.getLogger(__name__)

NAME = "late_fusion"
"""Of the run in the leaderboard."""


def fuse_late(
    metadata: pd.DataFrame,
    data: DataConfig,
    config: LateFusionConfig,
    provenance: dict[str, Any],
    descriptions: Loaders,
    probabilities: Loaders,
) -> tuple[dict[str, pd.DataFrame], dict[str, Description]]:
    """Learn on fold 9 how to weigh the members of each task, and combine what they say about fold 10.

    Args:
        metadata: ``ptbxl_database.csv``, whose labels and folds are the truth.
        data: which records and labels count.
        config: members, tasks, and how weights are fitted.
        provenance: of this run of the program.
        descriptions, probabilities: by kept run, ``<task>/<name>-seed<k>``, a function that loads it.

    Returns:
        Per task, under ``<task>/late_fusion-seed<k>``, the combined probabilities in half precision, and their
        description. Those of validation records are cross-fitted: they come from weights that have not seen the
        patient, so that fusion looks no better on validation than it is.

    Raises:
        BadInput: a member has no finished run, or one that does not fit the metadata.
    """
    truth = Truth.of(metadata, data)
    runs = finished_runs(descriptions, probabilities)
    fused: dict[str, pd.DataFrame] = {}
    described: dict[str, Description] = {}
    for task in config.tasks:
        began = time.perf_counter()
        members = _members(task, runs, probabilities, truth, config)
        fusion, crossed = fit_late_fusion({name: entry.val for name, entry in members.items()}, config)
        test = fusion.fused({name: entry.test for name, entry in members.items()})
        table = pd.concat([_table(crossed), _table(test)])
        validation = Predictions.of("val", table, truth.task(task), truth.records)
        name = f"{task}/{NAME}-seed{config.seed}"
        fused[name] = table
        described[name] = {
            **_describe(task, [entry.members[0] for entry in members.values()], fusion, config),
            "seconds": round(_total(members, "seconds") + time.perf_counter() - began, 1),
            "provenance": {part: provenance[part] for part in ("code", "machine", "started")},
            **of_validation(validation),
        }
        logger.info("late fusion: %s, macro AUC %.4f on validation, cross-fitted", name, described[name]["val_auc"])
    return fused, described


def _members(
    task: str, runs: Mapping[str, Description], probabilities: Loaders, truth: Truth, config: LateFusionConfig
) -> dict[str, Entry]:
    """Read the members' runs of a task, in the order of the parameters."""
    keys = [f"{task}/{member}" for member in config.members]
    if missing := [key for key in keys if key not in runs]:
        raise BadInput(
            f"late_fusion needs the run {missing[0]}, which is not there; train it with `kedro run "
            f"--pipelines=benchmark`, or take it out of late_fusion.members. There are {', '.join(runs)}"
        )
    entries = read_entries(task, {key: runs[key] for key in keys}, probabilities, truth)
    by_key = {entry.key: entry for entry in entries}  # holds the mean of several seeds, too
    return {member: by_key[f"{task}/{member}"] for member in config.members}


def _describe(task: str, members: list[Description], fusion: LateFusion, config: LateFusionConfig) -> Description:
    """Say what was combined and how; what training took is what it took the members."""
    parameters = [member["parameters"] for member in members]  # trees have none
    settings = {name: value for name, value in asdict(config).items() if name not in ("tasks", "penalties")}
    return {
        **{"name": NAME, "model": NAME, "task": task, "seed": config.seed, "labels": list(fusion.labels)},
        "configuration": {"model": NAME, "task": task, **settings, "penalties": list(config.penalties)},
        "data": members[0]["data"],
        "weights": {
            label: {"intercept": _short(intercept), **dict(zip(fusion.members, map(_short, weight), strict=True))}
            for label, intercept, weight in zip(fusion.labels, fusion.intercept, fusion.weight, strict=True)
        },
        "parameters": None if None in parameters else sum(parameters) + fusion.intercept.size + fusion.weight.size,
        "peak_memory_gb": max(member["peak_memory_gb"] for member in members),
        **dict.fromkeys(("records_per_s", "epochs_trained", "best_epoch")),
    }


def _total(members: Mapping[str, Entry], part: str) -> float:
    return sum(entry.members[0][part] for entry in members.values())


def _short(value: float) -> float:
    return round(float(value), 6)


def _table(predictions: Predictions) -> pd.DataFrame:
    """Return what the benchmark keeps of a run: split, and half-precision probabilities, indexed by ecg_id."""
    index = pd.Index(predictions.ecg_id, name="ecg_id")
    table = pd.DataFrame(predictions.probability.astype(np.float16), index=index, columns=list(predictions.labels))
    table.insert(0, "split", predictions.split)
    return table
