"""Every score of a whole split in one table of names and numbers."""

from collections.abc import Mapping

import numpy as np

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.classification import Confusion, auc, average_precision, confusion, mean_over_labels
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import decide

BETA = 2.0
"""Of Fβ and Gβ, as in the benchmark: a missed diagnosis counts for more than a false alarm."""

AVERAGES = ("macro", "micro", "weighted")
AVERAGED = ("auc", "ap", "precision", "recall", "specificity", "accuracy", "g_mean", "f1", "f2", "g2")
"""The scores of which there is one per average, in the order of the tables."""


def summary(predictions: Predictions, thresholds: Mapping[str, float]) -> dict[str, float]:
    """Score one split as a whole; macro and weighted averages run over the labels with a positive record.

    Micro averages pool all record-label pairs; weighted ones weigh a label by its positive records. A label that every
    record holds has no AUC and is left out of its averages.

    Args:
        predictions: of the split to report.
        thresholds: per label, fitted on validation.

    Returns:
        JSON-able: n_records, n_labels (with a positive); ``<average>_<score>`` for each of ``AVERAGES`` and
        ``AVERAGED``, where f2 and g2 are Fβ and Gβ with β = 2; samples_f1 (mean of the records' own F1; 0 for a record
        without a label or decision), subset_accuracy (records with every label right), hamming_loss (share of wrong
        decisions).

    Raises:
        BadInput: no record holds any label, or a label has no threshold.
    """
    truth = predictions.truth.astype(bool)
    decided = decide(predictions, thresholds)
    support = truth.sum(axis=0)
    if not support.any():
        raise BadInput(
            f"no {predictions.split} record holds any of the {len(support)} labels; there is nothing to score"
        )
    scores: dict[str, float] = {"n_records": len(truth), "n_labels": int((support > 0).sum())}
    ranked = _ranking_scores(truth, predictions.probability)
    pooled_ranked = _ranking_scores(truth.reshape(-1, 1), predictions.probability.reshape(-1, 1))
    counts = confusion(truth, decided)
    per_label = {**ranked, **_decision_scores(counts)}
    pooled = {**pooled_ranked, **_decision_scores(counts.pooled())}
    for name in AVERAGED:
        values = np.where(support > 0, per_label[name], np.nan)
        scores[f"macro_{name}"] = float(mean_over_labels(values))
        scores[f"micro_{name}"] = float(np.squeeze(pooled[name]))
        scores[f"weighted_{name}"] = _weighted(values, support)
    scores["samples_f1"] = float(confusion(truth.T, decided.T).f1.mean())
    scores["subset_accuracy"] = float((truth == decided).all(axis=1).mean())
    scores["hamming_loss"] = float((truth != decided).mean())
    return scores


def _ranking_scores(truth: np.ndarray, probability: np.ndarray) -> dict[str, np.ndarray]:
    return {"auc": auc(truth, probability), "ap": average_precision(truth, probability)}


def _decision_scores(counts: Confusion) -> dict[str, np.ndarray]:
    return {
        **{name: getattr(counts, name) for name in ("precision", "recall", "specificity", "accuracy", "g_mean", "f1")},
        "f2": counts.f_beta(BETA),
        "g2": counts.g_beta(BETA),
    }


def _weighted(values: np.ndarray, support: np.ndarray) -> float:
    known = ~np.isnan(values)
    return float(np.average(values[known], weights=support[known])) if known.any() else np.nan
