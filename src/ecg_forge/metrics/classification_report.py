"""scikit-learn's classification report as a table with named labels."""

from collections.abc import Mapping

import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import decide


def classification_report(predictions: Predictions, thresholds: Mapping[str, float]) -> pd.DataFrame:
    """Return one row per label, then ``micro avg``, ``macro avg``, ``weighted avg`` and ``samples avg``.

    These averages are scikit-learn's, over all labels: one that no record holds counts with 0. The macro averages of
    `label_table` and `summary` leave such labels out.

    Args:
        predictions: of the split to report.
        thresholds: per label, fitted on validation.

    Returns:
        index ``label``; columns precision, recall, f1-score, support. A rate without a denominator is 0.

    Raises:
        BadInput: there is one label only, which scikit-learn takes for two classes, or a label has no threshold.
    """
    from sklearn import metrics

    if len(predictions.labels) < 2:
        raise BadInput(f"a classification report needs two labels or more, got {predictions.labels[0]} alone")
    report = metrics.classification_report(
        predictions.truth.astype(int),
        decide(predictions, thresholds).astype(int),
        target_names=list(predictions.labels),
        output_dict=True,
        zero_division=0,
    )
    return pd.DataFrame(report).T.rename_axis("label").astype({"support": "int64"})
