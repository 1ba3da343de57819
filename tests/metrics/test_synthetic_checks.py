import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.records import INVALID_SAMPLE, Signals
from ecg_forge.metrics import synthetic_checks as checks
from ecg_forge.metrics.predictions import Predictions


def test_a_sample_without_value_is_not_finite() -> None:
    samples = np.zeros((2, 12, 5), np.int16)
    samples[1, 3, 2] = INVALID_SAMPLE
    assert checks.not_finite(Signals(samples, np.array([1, 2]))).tolist() == [False, True]


def test_heart_rate_and_amplitude_must_lie_in_the_training_range() -> None:
    training = pd.DataFrame({"heart_rate_bpm": np.arange(50.0, 101), "amplitude_mv": 1.0, "rms_mv": 0.2})
    measured = pd.DataFrame(
        {"heart_rate_bpm": [49.0, 75.0, 101.0, np.nan], "amplitude_mv": [1.0, 1.0, 1.0, 9.0], "rms_mv": 0.2}
    )
    reasons = checks.out_of_range(measured, training, tail=0.0)
    assert reasons["heart_rate_bpm outside 50 to 100"].tolist() == [True, False, True, True]
    assert reasons["amplitude_mv outside 1 to 1"].tolist() == [False, False, False, True]
    narrower = checks.out_of_range(measured, training, tail=0.4)
    assert "heart_rate_bpm outside 70 to 80" in narrower


def predictions(split: str) -> Predictions:
    return Predictions(
        split=split,
        ecg_id=np.arange(4),
        patient_id=np.arange(4),
        labels=("NORM", "WPW", "PVC"),
        truth=np.array([[0, 1, 0], [0, 1, 0], [0, 1, 0], [1, 0, 0]]),
        probability=np.array([[0, 0.2, 0], [0, 0.4, 0], [0, 0.6, 0], [0, 0.9, 0]], np.float32),
    )


def test_recognised_is_what_real_holders_of_the_label_reach_on_validation() -> None:
    assert checks.recognition_floor(predictions("val"), "WPW", 0.0) == pytest.approx(0.2)
    assert checks.recognition_floor(predictions("val"), "WPW", 0.25) == pytest.approx(0.3)
    assert checks.recognition_floor(predictions("val"), "PVC", 0.25) == 0.0
    with pytest.raises(LeakError, match="not on test"):
        checks.recognition_floor(predictions("test"), "WPW", 0.1)


def test_every_reason_is_kept() -> None:
    table = checks.verdicts(
        np.array([7, 8, 9]), {"too fast": np.array([True, False, True]), "a copy": np.array([True, False, False])}
    )
    assert table["accepted"].tolist() == [False, True, False]
    assert table["reason"].tolist() == ["too fast; a copy", "", "too fast"]


@pytest.mark.parametrize("name", ["range_tail", "near_copy_quantile", "recognition_quantile"])
def test_a_share_that_cannot_be_is_named(name: str) -> None:
    with pytest.raises(BadInput, match=f"synthesis.checks.{name} is 0.5"):
        checks.CheckConfig(**{name: 0.5})
