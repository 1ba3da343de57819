"""Age and sex as numbers for a classifier, scaled with what the training records say."""

from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput

DEMOGRAPHICS = ("age", "age_90_plus", "age_missing", "female", "sex_missing")
"""Columns of `demographics`, in order."""

_NINETY = 90.0  # PTB-XL hides the exact age of older patients; the table of records says 90


def fit_age_scale(ages: pd.Series) -> dict[str, float]:
    """Measure mean and standard deviation (years) of the known ages of the training records.

    Raises:
        BadInput: fewer than two different ages are known.
    """
    mean, sd = float(ages.mean()), float(ages.std(ddof=0))
    if not sd > 0:
        raise BadInput("the training records hold fewer than two different ages; train without metadata")
    return {"mean_years": mean, "sd_years": sd}


def demographics(people: pd.DataFrame, age_scale: dict[str, Any]) -> np.ndarray:
    """Return float32 ``(record, 5)``, columns as in `DEMOGRAPHICS`.

    Age is standardised; an unknown age becomes the training mean (0) and an unknown sex 0.5, each with its flag.

    Args:
        people: columns age (years, 90 for 90 and older, NaN where unknown) and sex (male, female or missing).
        age_scale: of the training records.
    """
    age, sex = people["age"].astype("float64"), people["sex"]
    known = sex.isin(["male", "female"])
    columns = [
        ((age - age_scale["mean_years"]) / age_scale["sd_years"]).fillna(0.0),
        age >= _NINETY,
        age.isna(),
        (sex == "female").where(known, 0.5),
        ~known,
    ]
    return np.column_stack([column.to_numpy(dtype=np.float32) for column in columns])
