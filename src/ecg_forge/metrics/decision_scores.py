"""How often all decisions on a record are right, and how often a single one is wrong."""

from collections.abc import Mapping

import numpy as np

from ecg_forge.metrics.bootstrap import interval
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import decide

DECISION_SCORES = ("subset_accuracy", "hamming_loss")


def decision_scores(predictions: Predictions, thresholds: Mapping[str, float], weights: np.ndarray) -> dict[str, float]:
    """Return subset accuracy and Hamming loss of the decisions on one split, with 95 % intervals.

    Args:
        predictions: of the split to report.
        thresholds: per label, fitted on validation.
        weights: ``(resample, record)`` from ``patient_weights``.

    Returns:
        JSON-able: subset_accuracy (share of records with every label right) and hamming_loss (share of wrong decisions
        among all pairs of record and label), each also with ``_low`` and ``_high``.

    Raises:
        BadInput: a label has no threshold.
    """
    right = decide(predictions, thresholds) == predictions.truth.astype(bool)
    per_record = np.stack([right.all(axis=1), (~right).mean(axis=1)], axis=1)  # (record, score)
    drawn = weights @ per_record / weights.sum(axis=1, keepdims=True)
    low, high = interval(drawn)
    scores: dict[str, float] = {}
    for place, name in enumerate(DECISION_SCORES):
        scores[name] = float(per_record[:, place].mean())
        scores |= {f"{name}_low": float(low[place]), f"{name}_high": float(high[place])}
    return scores
