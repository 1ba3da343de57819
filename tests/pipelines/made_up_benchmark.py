"""Made-up runs of a benchmark on the metadata of a simulated PTB-XL: no recording, no training."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.metadata import DataConfig
from ecg_forge.ecg.simulated_cohort import plan_cohort
from ecg_forge.ecg.simulated_noise import RecordingNoise
from ecg_forge.ecg.simulated_tables import metadata_table
from ecg_forge.pipelines.truth import Truth

Loaders = dict[str, Callable[[], Any]]


@cache
def metadata() -> pd.DataFrame:
    """PhysioNet's table of 600 simulated recordings."""
    plans = plan_cohort(seed=5, n_records=600)
    return metadata_table(plans, [RecordingNoise(0.0, 0.0, 0.0)] * len(plans), seed=5)


@cache
def truth() -> Truth:
    return Truth.of(metadata(), DataConfig())


def probabilities(task: str, seed: int, skill: float) -> pd.DataFrame:
    """Scores of the validation and test records, the better the higher the skill (in standard deviations)."""
    labels = truth().task(task)
    split = truth().records.loc[labels.index, "split"]
    labels, split = labels[split != "train"], split[split != "train"]
    logits = skill * labels.to_numpy(float) + np.random.default_rng(seed).normal(-2, 1, labels.shape)
    table = pd.DataFrame(1 / (1 + np.exp(-logits)), index=labels.index, columns=labels.columns).astype(np.float16)
    table.insert(0, "split", split)
    return table


def description(task: str, name: str, seed: int, **changes: Any) -> dict[str, Any]:
    """What the training says about one run."""
    labels = truth().task(task)
    split = truth().records.loc[labels.index, "split"]
    configuration = {
        **{"model": name, "task": task, "epochs": 50, "steps_per_epoch": len(labels) // 32, "batch_size": 32},
        **{"learning_rate": 0.01, "ema_decay": 0.999, "crop_s": 2.5, "seed": seed, "workers": seed},
        "loss": {"focal_gamma": 0.0, "class_weights": "none"},
    }
    return {
        **{"name": name, "model": name, "task": task, "seed": seed, "labels": list(labels.columns)},
        "configuration": {**configuration, **changes},
        "data": {
            "version": "unknown",
            "sampling_rate_hz": 100,
            "records_by_split": {each: int((split == each).sum()) for each in ("train", "val", "test")},
        },
        "provenance": {"code": "0.1.0", "machine": "Linux, one GPU", "started": "2026-01-02T03:04:05+00:00"},
        **{"parameters": 517_000, "seconds": 600.0, "records_per_s": 1500.5, "peak_memory_gb": 1.9},
        **{"epochs_trained": 50, "best_epoch": 44, "val_auc": 0.9, "thresholds": dict.fromkeys(labels.columns, 0.5)},
    }


def runs(*wanted: tuple[str, str, int, float]) -> tuple[Loaders, Loaders]:
    """Descriptions and probabilities of runs given as (task, name, seed, skill), as the catalog loads them."""
    described, scored = {}, {}
    for task, name, seed, skill in wanted:
        key = f"{task}/{name}-seed{seed}"
        described[key] = lambda task=task, name=name, seed=seed: description(task, name, seed)
        scored[key] = lambda task=task, seed=seed, skill=skill: probabilities(task, seed, skill)
    return described, scored
