"""The label plan learns of the validation split only."""

import numpy as np
import pytest
from made_up_predictions import by_hand, made_up

from ecg_forge.ecg.errors import LeakError
from ecg_forge.metrics.plan_targets import validation_average_precision


def test_each_label_has_its_average_precision_by_name() -> None:
    validation = by_hand([[1, 0], [0, 1], [1, 0]], [[0.9, 0.5], [0.2, 0.4], [0.1, 0.3]])
    scores = validation_average_precision(validation)
    assert scores.to_dict() == pytest.approx({"A": (1 + 2 / 3) / 2, "B": 1 / 2})


def test_a_label_that_no_validation_record_holds_has_no_score() -> None:
    scores = validation_average_precision(made_up("val"))
    assert np.isnan(scores["L4"])
    assert scores.drop("L4").between(0, 1).all()


@pytest.mark.parametrize("split", ["test", "train"])
def test_another_split_is_a_leak(split: str) -> None:
    with pytest.raises(LeakError, match=f"chosen on the val split only, not on {split}"):
        validation_average_precision(made_up(split))
