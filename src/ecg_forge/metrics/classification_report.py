"""scikit-learn's classification report as a table with named labels."""

from collections.abc import Mapping

import pandas as pd
from sklearn import metrics as sk

from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import decide


def classification_report(predictions: Predictions, thresholds: Mapping[str, float]) -> pd.DataFrame:
    """Return one row per label, then micro, macro, weighted and samples averages over all labels.

    Args:
        predictions: of the split to report.
        thresholds: per label, fitted on validation.

    Returns:
        index ``label``; columns precision, recall, f1-score, support. A rate without a denominator is 0.
    """
    report = sk.classification_report(
        predictions.truth.astype(int),
        decide(predictions, thresholds).astype(int),
        target_names=list(predictions.labels),
        output_dict=True,
        zero_division=0,
    )
    table = pd.DataFrame(report).T.rename_axis("label")
    return table.astype({"support": "int64"})
