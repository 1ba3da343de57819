"""Do probabilities mean what they say? One temperature from validation, and the expected calibration error."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.predictions import Predictions, require_validation

BINS = 15
"""Equally wide bins of probability (Guo et al. 2017, arXiv:1706.04599)."""
_CLOSEST = 1e-6  # to 0 and 1, where logits are infinite; a third of the benchmark's probabilities lie below 1e-4
_LOG_RANGE = (-3.0, 3.0)  # of the temperature: 0.05 to 20


def fit_temperature(predictions: Predictions) -> float:
    """Return the temperature T that minimises cross-entropy over all record-label pairs of validation.

    Probabilities become sigmoid(logit(p) / T) (Guo et al. 2017, §4.2, for independent labels); T above 1 makes them
    less extreme. Cross-entropy is convex in 1 / T, so there is one minimum; T stays between 0.05 and 20, which labels
    that are ranked without an error would leave.

    Raises:
        LeakError: the predictions are not of the validation split.
    """
    from scipy.optimize import minimize_scalar

    require_validation(predictions, "the temperature is")
    # The logit's sign turned so that higher is more right: cross-entropy is log(1 + exp(−logit)).
    rightness = np.where(predictions.truth.astype(bool), 1, -1) * _logits(predictions.probability)

    def cross_entropy(log_temperature: float) -> float:
        return float(np.logaddexp(0, -rightness / np.exp(log_temperature)).mean())

    return float(np.exp(minimize_scalar(cross_entropy, bounds=_LOG_RANGE, method="bounded").x))


def apply_temperature(probability: np.ndarray, temperature: float) -> np.ndarray:
    """Return sigmoid(logit(p) / T) of probabilities of any shape, as float64; their order does not change.

    Those nearer than 1e-6 to 0 or 1 are first moved that far away, and become equal.

    Raises:
        BadInput: the temperature is not positive.
    """
    if not temperature > 0:
        raise BadInput(f"a temperature must be above 0, got {temperature}")
    return expit(_logits(probability) / temperature)


def reliability(truth: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    """Compare what was said with what was so, bin by bin, over all record-label pairs.

    Args:
        truth: bool ``(record, label)``.
        probability: ``(record, label)``, in [0, 1]. A bin holds its lower bound, the last one both.

    Returns:
        one row per bin that holds a pair: low, high (of the bin), n, mean_probability, share_true.
    """
    number = np.minimum((probability.ravel() * BINS).astype(int), BINS - 1)
    n = np.bincount(number, minlength=BINS)
    held = n > 0
    said = np.bincount(number, probability.ravel().astype(np.float64), BINS)[held] / n[held]
    was = np.bincount(number, truth.ravel().astype(np.float64), BINS)[held] / n[held]
    place = np.flatnonzero(held)
    bounds = {"low": place / BINS, "high": (place + 1) / BINS}
    return pd.DataFrame({**bounds, "n": n[held], "mean_probability": said, "share_true": was})


def expected_calibration_error(truth: np.ndarray, probability: np.ndarray) -> float:
    """Return Σ n_b / n · |share true − mean probability| over the bins of all record-label pairs."""
    bins = reliability(truth, probability)
    return float(((bins["share_true"] - bins["mean_probability"]).abs() * bins["n"]).sum() / bins["n"].sum())


def label_calibration_error(truth: np.ndarray, probability: np.ndarray) -> float:
    """Return the mean over labels of each label's own expected calibration error (Kull et al. 2019, classwise ECE)."""
    return float(
        np.mean([expected_calibration_error(truth[:, [k]], probability[:, [k]]) for k in range(truth.shape[1])])
    )


def calibration(validation: Predictions, test: Predictions) -> dict[str, Any]:
    """Fit the temperature on validation and say what it does on ``test``.

    Returns:
        JSON-able: temperature, and under ``before`` and ``after`` it: ece (over all pairs), label_ece (mean over
        labels), and reliability, a list of the rows of ``reliability``.

    Raises:
        LeakError: ``validation`` is not of the validation split.
    """
    temperature = fit_temperature(validation)
    stages = {"before": test.probability.astype(np.float64), "after": apply_temperature(test.probability, temperature)}
    return {
        "temperature": temperature,
        **{
            stage: {
                "ece": expected_calibration_error(test.truth, probability),
                "label_ece": label_calibration_error(test.truth, probability),
                "reliability": reliability(test.truth, probability).to_dict("records"),
            }
            for stage, probability in stages.items()
        },
    }


def _logits(probability: np.ndarray) -> np.ndarray:
    return logit(probability.astype(np.float64).clip(_CLOSEST, 1 - _CLOSEST))
