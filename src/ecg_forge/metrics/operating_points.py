"""What each label's decisions are worth under every threshold policy."""

import numpy as np
import pandas as pd

from ecg_forge.metrics.classification import confusion
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import POLICIES, decide, fit_thresholds


def operating_points(validation: Predictions, test: Predictions) -> pd.DataFrame:
    """Return one row per policy and label: its threshold, from validation, and the decisions on ``test``.

    Args:
        validation: what the thresholds are fitted on.
        test: what is decided; the same labels in the same order.

    Returns:
        columns policy, label, threshold, tp, fp, fn, tn, precision, recall, specificity, f1.

    Raises:
        LeakError: ``validation`` is not of the validation split.
    """
    tables = []
    for policy in POLICIES:
        thresholds = fit_thresholds(validation, policy)
        counts = confusion(test.truth, decide(test, thresholds))
        tables.append(
            pd.DataFrame(
                {
                    "policy": policy,
                    "label": list(test.labels),
                    "threshold": np.array([thresholds[label] for label in test.labels]),
                    **{name: getattr(counts, name) for name in ("tp", "fp", "fn", "tn")},
                    **{name: getattr(counts, name) for name in ("precision", "recall", "specificity", "f1")},
                }
            )
        )
    return pd.concat(tables, ignore_index=True)
