"""What a run of the benchmark says of itself, and what follows from it when the benchmark is run again."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from ecg_forge.ecg.splits import SPLITS
from ecg_forge.metrics.classification import auc, macro
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import fit_thresholds
from ecg_forge.training.config import ClassifierConfig, with_defaults

Description = dict[str, Any]

SOURCE = ("version", "sampling_rate_hz")
"""What two runs on the same data have in common."""
SCORING = ("aggregate", "stride_s")
"""Settings of `ClassifierConfig` that no training step depends on; only the choice of the best epoch does."""
READING = ("workers",)
"""Settings of `ClassifierConfig` that nothing depends on but the time a run takes."""
TRAINED = ("parameters", "seconds", "records_per_s", "peak_memory_gb", "epochs_trained", "best_epoch")
"""What a description says of the training itself; null where a model has no such thing, as trees have no epochs."""


def describe(
    name: str, configuration: Mapping[str, Any], held: pd.DataFrame, truth: pd.DataFrame, data_card: Mapping[str, Any]
) -> Description:
    """Say what one run was to do and on which records.

    Args:
        name: its id, ``<task>/<name>-seed<k>``.
        configuration: all its settings, with model, task and seed.
        held: the records that have a label of the task.
        truth: their labels, bool ``(record, label)``.
        data_card: of the whole data set.
    """
    return {
        "name": name.rpartition("/")[2].rpartition("-seed")[0],
        **{part: configuration[part] for part in ("model", "task", "seed")},
        "labels": list(truth.columns),
        "configuration": dict(configuration),
        "data": {
            **{part: data_card[part] for part in SOURCE},
            "records_by_split": {split: int((held["split"] == split).sum()) for split in SPLITS},
        },
    }


def of_validation(validation: Predictions) -> Description:
    """Say how well a run did on the validation records, and which thresholds follow from them."""
    return {
        "val_auc": round(macro(auc(validation.truth, validation.probability)), 6),
        "thresholds": fit_thresholds(validation),
    }


def is_same_data(description: Description, data_card: Mapping[str, Any]) -> bool:
    """Say whether a run was made on this version and sampling rate of PTB-XL."""
    return all(description["data"][part] == data_card[part] for part in SOURCE)


def settings_of(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a run; one that a network, which has epochs, knew nothing of had its default."""
    kept = description["configuration"]
    return with_defaults(kept) if "epochs" in kept else dict(kept)


def differ_in(description: Description, run: ClassifierConfig) -> set[str]:
    """Name the settings in which a former run differs from a wanted one, those of `READING` aside."""
    former, wanted = settings_of(description), with_defaults(asdict(run))
    return {name for name in {*former, *wanted} - {*READING} if former.get(name) != wanted.get(name)}


def scored_again(former: Description) -> Description:
    """Return what a former description says of the training, and under which settings its epoch was chosen."""
    first = former.get("epoch_chosen_with") or {name: former["configuration"][name] for name in SCORING}
    return {**{name: former[name] for name in (*TRAINED, "provenance")}, "epoch_chosen_with": first}
