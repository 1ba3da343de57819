"""One's own record in, calibrated probabilities out: what stands behind ``ecg_forge.classify``."""

import math
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.datasets.box import CLASSIFIER, PACKAGED_CLASSIFIER, load_box
from ecg_forge.datasets.own_records import OwnRecord, read_own_record
from ecg_forge.datasets.wfdb_samples import RecordProblem
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import describe_label
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals

SECONDS = 10  # that a classifier hears of a record, as long as those it learned from
_NINETY = 90.0  # from here on patients are one group, as in PTB-XL


def classify(
    record: str | PathLike[str],
    weights: str | PathLike[str] | Mapping[str, Any] | None = None,
    *,
    age: float | None = None,
    sex: str | None = None,
) -> pd.DataFrame:
    """Say how probable each label of a classifier is for one 12-lead WFDB record.

    Rate, lead order and units are brought to what the classifier learned from; of a longer record the first ten seconds
    count. Probabilities are calibrated on validation records like those it learned from, and nowhere else.

    Args:
        record: path of the record, with or without ``.hea``.
        weights: folder with a packed classifier, or what the catalog loads from one; None takes the one in the package.
        age: years; None leaves it open. Age and sex count where the classifier was told them in training.
        sex: ``female`` or ``male``; None leaves it open.

    Returns:
        One row per label, the most probable first: description, probability; indexed by label.

    Raises:
        BadInput: a file is missing or damaged, the record is not one of twelve leads, or nothing can be heard in it.
    """
    box = weights if isinstance(weights, Mapping) else load_classifier_box(None if weights is None else Path(weights))
    return probabilities(box, read_record(record, box["config"]["fs"]), age=age, sex=sex)


def load_classifier_box(folder: Path | None) -> dict[str, Any]:
    """Read a packed classifier from a folder, or from the package; raise BadInput where there is none."""
    if folder is None and not PACKAGED_CLASSIFIER.is_dir():
        raise BadInput(
            "no classifier comes with the package; name a folder with one, which "
            "`kedro run --pipelines=data_engineering,baseline,pack_classifier` writes"
        )
    return load_box(folder or PACKAGED_CLASSIFIER, CLASSIFIER)


def read_record(record: str | PathLike[str], fs: int) -> OwnRecord:
    """Return ten seconds of a record at ``fs`` Hz; raise BadInput naming it if that fails or all leads are flat."""
    path = fspath(record).removesuffix(".hea")
    try:
        read = read_own_record(path, fs=fs, length=SECONDS * fs)
    except RecordProblem as problem:
        raise BadInput(f"{path}: {problem}") from problem
    if (read.samples == read.samples[:, :1]).all():
        raise BadInput(f"{path}: every lead is flat")
    return read


def probabilities(box: Mapping[str, Any], record: OwnRecord, *, age: float | None, sex: str | None) -> pd.DataFrame:
    """Return what `classify` returns, of a record that was read at the classifier's rate."""
    from ecg_forge.metrics.calibration import apply_temperature
    from ecg_forge.training.classifier import score
    from ecg_forge.training.data import SignalPools

    config, ecg_id = box["config"], np.array([1])
    people = pd.DataFrame({"age": [math.nan if age is None else min(age, _NINETY)], "sex": [sex]}, index=ecg_id)
    signals = Signals(record.samples[None], ecg_id, LEADS, config["fs"])
    scored = score(dict(box), SignalPools([signals], ecg_id), people).iloc[0]
    calibrated = apply_temperature(scored.to_numpy(), config["temperature"])
    table = pd.DataFrame(
        {
            "description": [describe_label(label, config["training"]["task"]) for label in scored.index],
            "probability": calibrated,
        },
        index=pd.Index(scored.index, name="label"),
    )
    return table.sort_values("probability", ascending=False, kind="stable")
