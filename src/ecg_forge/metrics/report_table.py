"""The table of one arm: every label and the macro averages, with bootstrap intervals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.bootstrap import interval_around
from ecg_forge.metrics.classification import (
    auc,
    average_precision,
    confusion,
    mean_over_labels,
    resampled_auc_ap,
    resampled_f1,
)
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import decide

RARE_BELOW = 100
"""A label with fewer training records than this is rare."""

METRICS = ("auc", "ap", "f1")
"""The metrics that carry intervals, in the order of the tables."""


@dataclass(frozen=True)
class Scores:
    """One arm's figures: each metric's value and its resamples.

    Attributes:
        decided: bool ``(record, label)``, the decisions at the thresholds.
        present: bool ``(label,)``, the labels with at least one positive.
        value: metric name to ``(label,)``; NaN for a label without a positive.
        samples: metric name to ``(resample, label)``; NaN where the resample holds no positive.
    """

    decided: np.ndarray
    present: np.ndarray
    value: dict[str, np.ndarray]
    samples: dict[str, np.ndarray]

    @classmethod
    def of(cls, predictions: Predictions, thresholds: Mapping[str, float], weights: np.ndarray) -> "Scores":
        """Score the predictions once and in every resample; weights are ``(resample, record)``."""
        truth, probability = predictions.truth, predictions.probability
        decided = decide(predictions, thresholds)
        present = np.asarray(truth.any(axis=0))
        aucs, aps = resampled_auc_ap(truth, probability, weights)
        return cls(
            decided=decided,
            present=present,
            value={
                "auc": auc(truth, probability),
                "ap": average_precision(truth, probability),
                "f1": np.where(present, confusion(truth, decided).f1, np.nan),
            },
            samples={"auc": aucs, "ap": aps, "f1": resampled_f1(truth, decided, weights)},
        )


def label_groups(labels: tuple[str, ...], training_counts: pd.Series | None) -> dict[str, np.ndarray]:
    """Return the rows of the tables, by name: bool ``(label,)`` masks of the labels each row averages.

    First every label alone, then ``macro`` over all and, when the training counts name one, ``macro_rare`` over the
    labels with fewer than ``RARE_BELOW`` training records.

    Raises:
        BadInput: a label has no training count.
    """
    groups = {label: np.arange(len(labels)) == k for k, label in enumerate(labels)}
    groups["macro"] = np.ones(len(labels), dtype=bool)
    if training_counts is not None:
        rare = _counts_of(labels, training_counts) < RARE_BELOW
        if rare.any():
            groups["macro_rare"] = rare
    return groups


def label_table(
    predictions: Predictions,
    thresholds: Mapping[str, float],
    weights: np.ndarray,
    training_counts: pd.Series | None = None,
) -> pd.DataFrame:
    """Return one row per label, then ``macro`` and ``macro_rare``, with 95 % intervals (``interval_around``).

    A label without a positive stays in the table with NaN scores and is left out of the macro rows; ``n_labels`` says
    how many labels a row averages. Precision and F1 of a present label that is never decided are 0. Macro F1 is the
    mean of the labels' F1. In a resample the macro runs over the labels that resample holds.

    Args:
        predictions: of the split to report.
        thresholds: per label, fitted on validation.
        weights: ``(resample, record)`` from ``patient_weights``.
        training_counts: index label, positives in training; without it ``n_train`` is missing and there is no
            ``macro_rare``.

    Returns:
        index ``label``; columns n_labels, n_train, n_test (missing in macro rows), auc, auc_low, auc_high, ap, ap_low,
        ap_high, threshold (missing in macro rows), f1, f1_low, f1_high, precision, recall, specificity.

    Raises:
        BadInput: a label has no threshold or no training count, or the weights do not fit.
    """
    scores = Scores.of(predictions, thresholds, weights)
    groups = label_groups(predictions.labels, training_counts)
    members = np.stack(list(groups.values()))
    columns: dict[str, object] = {"n_labels": (members & scores.present).sum(axis=1)}
    columns |= _count_columns(predictions, training_counts, len(groups))
    for metric in METRICS:
        columns |= _metric_columns(metric, scores, members)
        if metric == "ap":
            limits = [thresholds[label] for label in predictions.labels]
            columns["threshold"] = np.r_[limits, np.full(len(groups) - len(limits), np.nan)]
    counts = confusion(predictions.truth, scores.decided)
    rates = {"precision": counts.precision, "recall": counts.recall, "specificity": counts.specificity}
    for name, rate in rates.items():
        columns[name] = group_means(np.where(scores.present, rate, np.nan), members)
    return pd.DataFrame(columns, index=pd.Index(groups, name="label"))


def group_means(values: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Average ``(..., label)`` over each row's ``members`` ``(row, label)`` that are not NaN, giving ``(..., row)``."""
    return np.stack([mean_over_labels(values[..., mask]) for mask in members], axis=-1)


def _metric_columns(metric: str, scores: Scores, members: np.ndarray) -> dict[str, object]:
    value = group_means(scores.value[metric], members)
    low, high = interval_around(value, group_means(scores.samples[metric], members))
    return {metric: value, f"{metric}_low": low, f"{metric}_high": high}


def _count_columns(predictions: Predictions, training_counts: pd.Series | None, rows: int) -> dict[str, object]:
    labels = predictions.labels
    none = [pd.NA] * len(labels)
    in_training = none if training_counts is None else list(_counts_of(labels, training_counts))
    in_split = list(predictions.truth.sum(axis=0, dtype=np.int64))
    macro_rows = [pd.NA] * (rows - len(labels))
    return {
        "n_train": pd.array(in_training + macro_rows, dtype="Int64"),
        "n_test": pd.array(in_split + macro_rows, dtype="Int64"),
    }


def _counts_of(labels: tuple[str, ...], training_counts: pd.Series) -> np.ndarray:
    missing = [label for label in labels if label not in training_counts.index]
    if missing:
        raise BadInput(f"no training count for label {missing[0]} ({len(missing)} missing in all)")
    return training_counts.loc[list(labels)].to_numpy(dtype=np.int64)
