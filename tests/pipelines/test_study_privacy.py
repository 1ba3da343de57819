"""Synthetic records that give away who was in the training set stop the study; others do not."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.leads import twelve_leads
from ecg_forge.ecg.records import Signals, to_microvolts
from ecg_forge.metrics.membership import PrivacyLimits
from ecg_forge.pipelines.augmentation.nodes import measure_distances
from ecg_forge.pipelines.study.privacy import PrivacySample, allow_study, measure_privacy, scaled_recordings

TRAIN, HELDOUT, SYNTHETIC = 500, 300, 300
FIRST = 1_000_001
SAMPLE = PrivacySample(records=300, resamples=50)


def heart(n: int, seed: int) -> np.ndarray:
    """Eight leads in mV whose size differs from record to record."""
    generator = np.random.default_rng(seed)
    return np.exp(0.3 * generator.normal(size=(n, 1, 1))) * generator.normal(scale=0.3, size=(n, 8, 40))


def signals(eight_leads: np.ndarray, first: int) -> Signals:
    return Signals(to_microvolts(twelve_leads(eight_leads)), np.arange(first, first + len(eight_leads)))


def records() -> pd.DataFrame:
    """Two records a patient, who trains, validates or tests; the signals hold none of the test records."""
    split = ["train"] * TRAIN + ["val"] * HELDOUT + ["test"] * 2
    ids = pd.RangeIndex(1, len(split) + 1, name="ecg_id")
    return pd.DataFrame({"split": split, "patient_id": np.arange(len(split)) // 2}, index=ids)


REAL = heart(TRAIN + HELDOUT, seed=0)
UNLIKE = heart(SYNTHETIC, seed=1)


def measured(made: np.ndarray, real: np.ndarray = REAL, people: pd.DataFrame | None = None) -> dict:
    people = records() if people is None else people
    pools = signals(real, 1), signals(made, FIRST)
    return measure_privacy(people, *pools, *measure_distances(people, *pools), SAMPLE, PrivacyLimits())


def half_copied(louder: float = 1.0) -> np.ndarray:
    made = UNLIKE.copy()
    made[::2] = louder * REAL[: SYNTHETIC // 2] + 0.02 * heart(SYNTHETIC // 2, seed=2)
    return made


def test_records_that_no_training_record_taught_keep_all_limits() -> None:
    found = measured(UNLIKE)
    assert found["blocked"] == []
    assert found["membership_auc_low"] < 0.5 < found["membership_auc_high"]
    assert found["nearer_to_train"] == pytest.approx(0.5, abs=0.08)
    assert (found["n_members"], found["n_heldout"], found["n_synthetic"]) == (300, 300, 300)
    assert found["limits"]["membership_auc"] == 0.55
    assert json.loads(json.dumps(found)) == found


def test_copies_exceed_the_limits_and_are_named() -> None:
    found = measured(half_copied())
    exceeded = {sentence.split()[0] for sentence in found["blocked"]}
    assert {"membership_auc", "members_below_1_percent", "low_ratio_share", "share_below_5_percent"} <= exceeded


def test_louder_copies_are_seen_by_the_measures_of_membership() -> None:
    found = measured(half_copied(louder=3.0))
    assert found["members_below_1_percent"] > 0.1
    assert found["share_below_5_percent"] < 0.06  # the one in mV does not see them


@pytest.mark.parametrize("side", [0, TRAIN], ids=["training", "held-out"])
def test_a_nearly_flat_recording_does_not_decide_which_side_is_nearer(side: int) -> None:
    real = REAL.copy()
    real[side] *= 0.01
    assert measured(UNLIKE, real)["nearer_to_train"] == pytest.approx(0.5, abs=0.08)


def test_few_records_look_for_their_nearest_among_all() -> None:
    people = records()
    pools = signals(REAL, 1), signals(REAL[:SYNTHETIC] + 0.02 * UNLIKE, FIRST)
    distances = measure_distances(people, *pools)
    few = replace(SAMPLE, records=40)
    found = measure_privacy(people, *pools, *distances, few, PrivacyLimits())
    assert (found["n_members"], found["n_heldout"], found["n_synthetic"]) == (40, 40, 40)
    assert found["low_ratio_share"] == 1  # nearly every copied record is not among the 40
    assert found == measure_privacy(people, *pools, *distances, few, PrivacyLimits())
    assert found != measure_privacy(people, *pools, *distances, replace(few, seed=1), PrivacyLimits())


def test_a_patient_on_two_sides_is_a_leak() -> None:
    people = records()
    people.loc[TRAIN + 1, "patient_id"] = people.loc[1, "patient_id"]
    with pytest.raises(LeakError, match="stands in train and val"):
        measured(UNLIKE, people=people)


def test_only_a_study_within_the_limits_gets_its_verdicts() -> None:
    verdicts = pd.DataFrame({"accepted": [True], "reason": [""]}, index=pd.Index([FIRST], name="ecg_id"))
    assert allow_study({"blocked": []}, verdicts) is verdicts
    reasons = ["membership_auc is 0.8, above its limit", "nearer_to_train is 0.9, above its limit"]
    with pytest.raises(LeakError, match="no arm may learn from them: membership_auc is 0.8.*; nearer_to_train is 0.9"):
        allow_study({"blocked": reasons}, verdicts)


def test_scaled_recordings_have_a_root_mean_square_of_one_whatever_their_size() -> None:
    made = signals(np.concatenate([REAL[:3], 2 * REAL[:1], np.zeros((1, 8, 40))]), 1)
    scaled = scaled_recordings(made, np.array([4, 1, 2, 5]))
    np.testing.assert_allclose(np.sqrt((scaled**2).mean(axis=(1, 2)))[:3], 1, rtol=1e-5)
    np.testing.assert_allclose(scaled[0], scaled[1], atol=0.01)  # but for rounding to microvolt
    assert scaled.dtype == np.float32
    assert not scaled[3].any()


@pytest.mark.parametrize(("name", "value"), [("records", 1), ("resamples", 0), ("seed", -1), ("records", 2.5)])
def test_a_wrong_setting_is_named(name: str, value: float) -> None:
    with pytest.raises(BadInput, match=f"privacy.sample.{name} is {value}"):
        PrivacySample(**{name: value})


def test_the_parameters_are_the_defaults() -> None:
    root = Path(__file__).resolve().parents[2]
    given = yaml.safe_load((root / "conf/base/parameters/privacy.yml").read_text())["privacy"]
    assert PrivacySample(**given["sample"]) == PrivacySample()
    assert PrivacyLimits(**given["limits"]) == PrivacyLimits()
