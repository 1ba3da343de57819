"""What the label plan may know of a classifier: how well it does on validation, and nothing of the test fold."""

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import LeakError
from ecg_forge.metrics.classification import average_precision
from ecg_forge.metrics.predictions import Predictions


def validation_average_precision(validation: Predictions) -> pd.Series:
    """Return the average precision of each label, float64, index ``label``; NaN where no record holds the label.

    Raises:
        LeakError: the predictions are not of the validation split.
    """
    if validation.split != "val":
        raise LeakError(f"targets of the label plan are chosen on the val split only, not on {validation.split}")
    scores = average_precision(validation.truth, validation.probability)
    index = pd.Index(validation.labels, name="label")
    return pd.Series(scores, index=index, name="average_precision", dtype=np.float64)
