"""What a run of the study says of itself, and in what it differs from the run that is wanted."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import TASKS
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.splits import count_by_split
from ecg_forge.pipelines.study.config import Cell, StudyConfig
from ecg_forge.training.config import ClassifierConfig

Description = dict[str, Any]

LEARNED = ("records", "first", "rows", "data")
"""What a description says of the records."""
TRAINED = ("seconds", "best_epoch", "val_auc", "val_ap", "thresholds", "provenance")
"""What a description says of the training and its validation."""


def describe_task(name: str, place: Cell, arm: str, seed: int, config: StudyConfig) -> Description:
    """Say what a run is to do.

    Args:
        name: its id.
        place: the cell among whose runs it is kept.
        arm: its arm.
        seed: of the training.
        config: of the study.
    """
    run = config.classifier(arm, seed)
    return {
        **{"name": name, "arm": arm, "seed": seed, "model": run.model, "task": run.task},
        "labels": list(TASKS[run.task]),
        "cell": asdict(place),
        "configuration": asdict(run),
    }


def describe_records(
    first: pd.DataFrame,
    table: pd.DataFrame,
    synthetic: Signals,
    held: pd.DataFrame,
    data_card: Mapping[str, Any],
) -> Description:
    """Say what a run learns from; equal for runs that would give the same probabilities.

    Args:
        first: training table of what is learned first, which may be empty.
        table: training table of what is learned then.
        synthetic: signals of the synthetic records.
        held: the records that have a label of the task.
        data_card: of the whole data set.
    """
    counts = [{str(source): int(n) for source, n in each["source"].value_counts().items()} for each in (first, table)]
    return {
        "records": counts[1],
        "first": counts[0],
        "rows": _digest(pd.concat([first, table]), synthetic),
        "data": {
            **{part: data_card[part] for part in ("version", "sampling_rate_hz")},
            "records_by_split": count_by_split(held),
        },
    }


def differ_in(former: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Name the parts, or settings, in which a former run differs from a wanted one.

    The number of ``workers`` does not count, for nothing depends on it, and neither does what the wanted one does not
    say. A setting that a former run knew nothing of had its default.
    """
    odd = [part for part in wanted if part != "configuration" and former.get(part) != wanted[part]]
    try:
        settings = [_settings(each["configuration"]) for each in (former, wanted)]
    except (KeyError, TypeError, BadInput):
        return [*odd, "configuration"]
    return [*odd, *(name for name in settings[1] if settings[0][name] != settings[1][name])]


def _settings(configuration: Mapping[str, Any]) -> dict[str, Any]:
    return asdict(replace(ClassifierConfig(**configuration), workers=0))


def _digest(rows: pd.DataFrame, synthetic: Signals) -> str:
    """Digest the rows, and the signals of those that are synthetic: another generator may fill the same plan."""
    digest = hashlib.sha256(pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes())
    made = np.sort(rows.loc[rows["source"] == "synthetic", "ecg_id"].unique())
    if len(made):
        digest.update(np.ascontiguousarray(synthetic.samples[synthetic.rows(made)]).tobytes())
    return digest.hexdigest()[:16]
