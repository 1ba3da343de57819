"""Checks that a synthetic ECG must pass before a classifier may learn from it, each with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.records import INVALID_SAMPLE, Signals
from ecg_forge.metrics.predictions import Predictions

CHECKED_FEATURES = ("heart_rate_bpm", "amplitude_mv", "rms_mv")


@dataclass(frozen=True)
class CheckConfig:
    """How strict the checks are.

    Attributes:
        range_tail: share of the training records at either end of each feature whose range is not accepted.
        near_copy_quantile: a synthetic record is a near-copy when it is nearer to a training record than this quantile
            of the validation records is.
        recognition_quantile: the baseline must give the target at least this quantile of what it gives the validation
            records that hold it; 0 asks for no more than the lowest of them has.
    """

    range_tail: float = 0.001
    near_copy_quantile: float = 0.01
    recognition_quantile: float = 0.1

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 <= value < 0.5:
                raise BadInput(f"synthesis.checks.{name} is {value}; give a share from 0 to below 0.5")


def not_finite(signals: Signals) -> np.ndarray:
    """Return bool ``(record,)``: some sample has no value."""
    return (signals.samples == INVALID_SAMPLE).any(axis=(1, 2))


def out_of_range(measured: pd.DataFrame, training: pd.DataFrame, tail: float) -> dict[str, np.ndarray]:
    """Compare heart rate and amplitude with the training records' range.

    Args:
        measured: features of the synthetic records.
        training: features of the training records.
        tail: share of training records left out of the range at either end.

    Returns:
        By reason, bool ``(record,)``. A record without a measurable feature is out of range.
    """
    reasons = {}
    for feature in CHECKED_FEATURES:
        low, high = training[feature].quantile([tail, 1 - tail])
        inside = measured[feature].between(low, high).to_numpy()
        reasons[f"{feature} outside {low:.3g} to {high:.3g}"] = ~inside
    return reasons


def recognition_floor(validation: Predictions, label: str, quantile: float) -> float:
    """Return the probability from which a record counts as recognised; 0 if no validation record holds the label.

    Raises:
        LeakError: the predictions are not of the validation split.
    """
    if validation.split != "val":
        raise LeakError(f"the recognition floor is chosen on the validation split, not on {validation.split}")
    column = validation.labels.index(label)
    holders = validation.truth[:, column].astype(bool)
    return float(np.quantile(validation.probability[holders, column], quantile)) if holders.any() else 0.0


def verdicts(ecg_ids: np.ndarray, reasons: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Join the reasons of each record.

    Args:
        ecg_ids: ``(record,)``.
        reasons: by reason, bool ``(record,)`` of the records it holds against.

    Returns:
        Indexed by ecg_id: ``accepted`` (no reason holds) and ``reason`` (all that hold, joined by ``; ``).
    """
    texts = [
        "; ".join(reason for reason, holds in reasons.items() if holds[position]) for position in range(len(ecg_ids))
    ]
    index = pd.Index(ecg_ids, name="ecg_id")
    return pd.DataFrame({"accepted": [not text for text in texts], "reason": texts}, index=index)
