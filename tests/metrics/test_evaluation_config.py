import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.config import EvaluationConfig
from ecg_forge.metrics.thresholds import POLICIES


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_can_be_chosen(policy):
    assert EvaluationConfig(threshold_policy=policy).threshold_policy == policy


def test_f1_is_the_policy_unless_another_is_asked_for():
    assert EvaluationConfig().threshold_policy == "max_f1"


def test_an_unknown_policy_is_refused_with_the_known_ones():
    with pytest.raises(BadInput, match="evaluation.threshold_policy is 'f1'.*youden"):
        EvaluationConfig(threshold_policy="f1")


def test_resamples_must_be_positive():
    with pytest.raises(BadInput, match="evaluation.resamples is 0"):
        EvaluationConfig(resamples=0)
