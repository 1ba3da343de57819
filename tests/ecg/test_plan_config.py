"""The settings of the label plan: one dataclass per mode, and every mistake is named."""

from typing import Any

import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.plan_config import (
    PLANS,
    AutoTargets,
    OneHotPlan,
    PlanSettings,
    RealSetsPlan,
    TrainingDistributionPlan,
)

TARGETS = [{"statement": "WPW", "count": 3}]
RULE = {
    "count": 300,
    "max_average_precision": 0.3,
    "max_training_records": 100,
    "min_training_records": 10,
    "limit": 4,
}


def test_settings_without_a_mode_are_real_sets() -> None:
    assert PlanSettings(targets=TARGETS, seed=4).plan == RealSetsPlan(TARGETS, 4)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"mode": "real_sets", "targets": TARGETS}, RealSetsPlan(TARGETS)),
        ({"mode": "one_hot", "statements": ["WPW"], "num_samples": 5}, OneHotPlan(["WPW"], 5)),
        ({"mode": "auto", **RULE, "seed": 2}, AutoTargets(300, 0.3, 100, 10, 4, seed=2)),
    ],
    ids=list(PLANS),
)
def test_each_mode_has_its_dataclass(settings: dict[str, Any], expected: object) -> None:
    assert PlanSettings(**settings).plan == expected


def test_an_environment_chooses_another_mode_over_the_settings_of_the_base() -> None:
    base = {"targets": TARGETS, "seed": 4}
    chosen = PlanSettings(**base, mode="one_hot", statements=["WPW"], num_samples=2)
    assert chosen.plan == OneHotPlan(["WPW"], 2, seed=4)


def test_the_size_of_a_training_distribution_is_checked() -> None:
    with pytest.raises(BadInput, match="fidelity.plan.n is 1.5; give a whole number above 0"):
        TrainingDistributionPlan(1.5)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([], "targets is empty"),
        ([{"statement": "WPW", "count": 0}], "must be a whole number above 0"),
        ([{"statement": "WPW", "count": -3}], "must be a whole number above 0"),
        ([{"statement": "WPW", "count": True}], "must be a whole number above 0"),
        ([{"statement": "HUH", "count": 3}], "unknown SCP statement HUH"),
        ([{"statement": "WPW"}], "a statement and a count"),
        (["WPW"], "a statement and a count"),
        ([{"statement": "WPW", "count": 1}, {"statement": "WPW", "count": 2}], "a statement twice"),
    ],
)
def test_a_wrong_target_is_named(targets: list[Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        PlanSettings(targets=targets)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mode": "onehot"}, "mode is 'onehot'; give one of real_sets, one_hot, auto"),
        ({"mode": "one_hot", "targets": TARGETS}, "in mode one_hot lacks statements, num_samples"),
        ({"mode": "one_hot", "statements": "WPW", "num_samples": 5}, "statements is 'WPW'; give a list"),
        ({"mode": "one_hot", "statements": [], "num_samples": 5}, "give a list of at least one statement"),
        ({"mode": "one_hot", "statements": ["HUH"], "num_samples": 5}, "unknown SCP statement HUH"),
        ({"mode": "one_hot", "statements": ["WPW", "WPW"], "num_samples": 5}, "names a statement twice"),
        ({"mode": "one_hot", "statements": ["WPW"], "num_samples": 0}, "num_samples is 0; give a whole number above 0"),
        ({"mode": "auto", **RULE, "limit": 0}, "limit is 0; give a whole number above 0"),
        ({"mode": "auto", **RULE, "max_average_precision": 30}, "max_average_precision is 30; give a number from 0"),
        ({"mode": "auto", **RULE, "min_training_records": 101}, "min_training_records is 101; give at most"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        PlanSettings(**settings)
