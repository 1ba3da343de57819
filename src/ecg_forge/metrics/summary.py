"""Every score of a whole split in one table of names and numbers."""

from collections.abc import Mapping

import numpy as np
from sklearn import metrics as sk

from ecg_forge.metrics.classification import auc, average_precision, confusion, macro
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import decide

BETA = 2.0
"""Of Fβ and Gβ, as in the benchmark: a missed diagnosis counts for more than a false alarm."""


def summary(predictions: Predictions, thresholds: Mapping[str, float]) -> dict[str, float]:
    """Score one split as a whole; macro and weighted averages run over the labels with a positive record.

    Micro averages pool all record-label pairs; weighted ones weigh a label by its positive records.

    Args:
        predictions: of the split to report.
        thresholds: per label, fitted on validation.

    Returns:
        JSON-able: n_records, n_labels (with a positive), and macro_, micro_, weighted_ auc, ap, precision, recall, f1;
        macro_ specificity, f2, g2; samples_f1; subset_accuracy, hamming_loss.
    """
    truth, probability = predictions.truth.astype(bool), predictions.probability
    decided = decide(predictions, thresholds)
    present = truth.any(axis=0)
    scores: dict[str, float] = {"n_records": len(truth), "n_labels": int(present.sum())}
    scores |= _ranking_scores(truth, probability)
    counts = confusion(truth, decided)
    for name, rate in (
        ("specificity", counts.specificity),
        ("f2", counts.f_beta(BETA)),
        ("g2", counts.g_beta(BETA)),
    ):
        scores[f"macro_{name}"] = float(rate[present].mean())
    for average in ("macro", "micro", "weighted"):
        chosen = (truth, decided) if average == "micro" else (truth[:, present], decided[:, present])
        rates = sk.precision_recall_fscore_support(*chosen, average=average, zero_division=0)[:3]
        scores |= {
            f"{average}_{name}": float(rate) for name, rate in zip(("precision", "recall", "f1"), rates, strict=True)
        }
    scores["samples_f1"] = float(sk.f1_score(truth, decided, average="samples", zero_division=0))
    scores["subset_accuracy"] = float(sk.accuracy_score(truth, decided))
    scores["hamming_loss"] = float(sk.hamming_loss(truth, decided))
    return scores


def _ranking_scores(truth: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    support = truth.sum(axis=0)
    scores = {}
    for name, per_label, pooled in (
        ("auc", auc(truth, probability), auc(truth.reshape(-1, 1), probability.reshape(-1, 1))),
        (
            "ap",
            average_precision(truth, probability),
            average_precision(truth.reshape(-1, 1), probability.reshape(-1, 1)),
        ),
    ):
        known = ~np.isnan(per_label) & (support > 0)
        scores[f"macro_{name}"] = macro(per_label)
        scores[f"micro_{name}"] = float(pooled[0])
        scores[f"weighted_{name}"] = (
            float(np.average(per_label[known], weights=support[known])) if known.any() else np.nan
        )
    return scores
