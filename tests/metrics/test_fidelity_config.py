import re

import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.fidelity_config import FidelityConfig, SamplingConfig


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"records": 5}, "fidelity.comparison.records is 5"),
        ({"records": 100.5}, "fidelity.comparison.records is 100.5"),
        ({"queries": 0}, "fidelity.comparison.queries is 0"),
        ({"folds": 1}, "fidelity.comparison.folds is 1"),
        ({"records": 20, "neighbours": 20}, "more than fidelity.comparison.neighbours, 20"),
        ({"fewest_of_statement": 1}, "fidelity.comparison.fewest_of_statement is 1"),
    ],
)
def test_a_wrong_parameter_is_named(changes, message):
    with pytest.raises(BadInput, match=message):
        FidelityConfig(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": [20]}, "fidelity.sampling.steps is [20]; give two or more"),
        ({"steps": [200, 20]}, "two or more rising whole numbers"),
        ({"steps": [0, 20]}, "two or more rising whole numbers"),
        ({"scales": [1.5]}, "fidelity.sampling.scales is [1.5]; give two or more rising numbers"),
        ({"scales": [-1, 1]}, "rising numbers from 0 on"),
        ({"records": 1}, "fidelity.sampling.records is 1"),
        ({"fewest_of_statement": 0}, "fidelity.sampling.fewest_of_statement is 0"),
    ],
)
def test_a_wrong_setting_of_sampling_is_named(changes, message):
    with pytest.raises(BadInput, match=re.escape(message)):
        SamplingConfig(**{"steps": [10, 20], "scales": [1, 2], **changes})
