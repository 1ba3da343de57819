"""How large must a difference be for this test fold, and this many trainings, to show it?"""

import dataclasses

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.comparison import ALPHA
from ecg_forge.metrics.crossed_variance import Spread

POWER = 0.8
_QUANTILES = (np.arange(200) + 0.5) / 200  # of the variance over seeds, which another study would estimate anew


def power_table(comparison: pd.DataFrame, power: float = POWER) -> pd.DataFrame:
    """Return the smallest difference that would be shown with the given power, for each row of a comparison.

    It follows from the spread of the two arms that were compared, whatever their difference: a plan for arms that vary
    as much as these. With three seeds the spread is itself rough. A verdict asks for the corrected level, 0.05 divided
    by the number of tests, if no other label shows a difference (Holm's first step).

    Args:
        comparison: from ``compare_study``.
        power: probability of showing it.

    Returns:
        one row per metric and label: label, metric, reference_value, positive_patients, seeds, standard_error,
        detectable (at 0.05), detectable_corrected, and ``reachable``: the reference and the latter add up to at most 1.
        NaN and False where the comparison has no p: too few patients have the label, or nothing varies.

    Raises:
        BadInput: the power does not lie between 0.05 and 1, or the rows differ in seeds.
    """
    if not ALPHA < power < 1:
        raise BadInput(f"power is {power}; give a probability above {ALPHA} and below 1")
    if comparison["seeds"].nunique() != 1:
        raise BadInput("the rows of the comparison differ in seeds; give those of one comparison")
    spread = _spread(comparison)
    told = comparison["p"].notna()
    levels = {"detectable": np.full(len(comparison), ALPHA), "detectable_corrected": _corrected(comparison)}
    kept = ["label", "metric", "reference_value", "positive_patients", "seeds", "standard_error"]
    found = {
        name: np.where(told, detectable_difference(spread, alpha, power), np.nan) for name, alpha in levels.items()
    }
    table = comparison[kept].assign(**found)
    return table.assign(reachable=table["reference_value"] + table["detectable_corrected"] <= 1)


def detectable_difference(spread: Spread, alpha: np.ndarray, power: float = POWER) -> np.ndarray:
    """Return the true difference at which p is below alpha that often.

    The estimate is normal, with the spread's variance; what it must exceed varies with the variance over seeds, which
    is χ² with one degree of freedom less than there are seeds.

    Args:
        spread: of the differences, taken for the true one.
        alpha: level of each row, ``(row,)``.
        power: how often.

    Returns:
        ``(row,)``, in units of the metric; 0 where nothing varies.
    """
    from scipy.stats import chi2, norm

    freedom = spread.seeds - 1
    luck = chi2.ppf(_QUANTILES, freedom) / freedom
    limits = np.stack([dataclasses.replace(spread, training=spread.training * x).shown_beyond(alpha) for x in luck])
    error = spread.standard_error
    low, high = np.zeros_like(error), limits.max(axis=0) + 10 * error
    for _ in range(60):
        middle = (low + high) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            shown = norm.sf((limits - middle) / error) + norm.cdf((-limits - middle) / error)
        enough = shown.mean(axis=0) >= power
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high


def _corrected(comparison: pd.DataFrame) -> np.ndarray:
    return ALPHA / np.maximum(comparison["tests"].to_numpy(), 1)


def _spread(comparison: pd.DataFrame) -> Spread:
    return Spread(
        training=comparison["training_error"].to_numpy() ** 2,
        patients=comparison["patients_error"].to_numpy() ** 2,
        same_trainings=comparison["same_trainings_error"].to_numpy() ** 2,
        seeds=int(comparison["seeds"].iloc[0]),
        patients_df=comparison["patients_df"].to_numpy(),
    )
