"""What a classifier trained on other records is worth on the test fold, beside those trained on real ones."""

import pandas as pd

from ecg_forge.ecg.labels import labelled_records, members, task_labels
from ecg_forge.ecg.splits import records_of
from ecg_forge.metrics.bootstrap import patient_weights
from ecg_forge.metrics.config import EvaluationConfig
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.report_table import label_table
from ecg_forge.metrics.thresholds import fit_thresholds

TASKS = ("all", "superclass")
"""Scored tasks; a classifier of all statements gives a superclass the highest probability of its statements."""

COLUMNS = ("auc", "auc_low", "auc_high", "ap", "ap_low", "ap_high", "n_labels")


def transfer_scores(
    probabilities: pd.DataFrame, labels: pd.DataFrame, records: pd.DataFrame, config: EvaluationConfig
) -> pd.DataFrame:
    """Score one classifier of all statements on the test fold.

    Args:
        probabilities: index ecg_id, a column ``split`` (val, test), then the 71 statements.
        labels: bool ``(record, 71)``.
        records: index ecg_id with patient_id and split.
        config: resamples.

    Returns:
        index task (`TASKS`); macro AUC and average precision with 95 % intervals over test patients, and the number of
        labels averaged. Records without any label of a task are left out of it, as in the published benchmark.
    """
    rows = {}
    for task in TASKS:
        truth = labelled_records(labels, task)
        given = _as_task(probabilities, task)
        given = given[given.index.isin(truth.index)]
        validation, test = (Predictions.of(split, given, truth, records) for split in ("val", "test"))
        weights = patient_weights(test.patient_id, config.resamples, config.seed)
        counts = task_labels(labels, task).loc[records_of(records, "train").index].sum()
        thresholds = fit_thresholds(validation, config.threshold_policy)
        rows[task] = label_table(test, thresholds, weights, counts).loc["macro", list(COLUMNS)]
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("task")


def _as_task(probabilities: pd.DataFrame, task: str) -> pd.DataFrame:
    if task == "all":
        return probabilities
    highest = {name: probabilities[codes].max(axis=1) for name, codes in members(task).items()}
    return pd.DataFrame({"split": probabilities["split"], **highest})
