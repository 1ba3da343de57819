import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.agreement import agreement, common_labels


def labels(**columns):
    return pd.DataFrame(columns, index=pd.RangeIndex(1, 5, name="ecg_id")).astype(bool)


def test_a_label_that_is_found_where_it_was_asked_for_scores_one():
    asked = labels(MI=[1, 1, 0, 0], AFIB=[1, 0, 1, 0])
    given = pd.DataFrame({"AFIB": [0.9, 0.8, 0.1, 0.2], "MI": [0.9, 0.8, 0.2, 0.1]}, index=asked.index)
    scores = agreement(asked, given, ["MI", "AFIB"])
    assert scores.loc["MI"].to_dict() == {"n": 2, "auc": 1.0, "ap": 1.0}
    assert scores.loc["AFIB", "auc"] == pytest.approx(0.5)


def test_a_label_that_all_or_none_hold_has_no_score():
    asked = labels(SR=[1, 1, 1, 1], WPW=[0, 0, 0, 0])
    scores = agreement(asked, asked.astype(float), ["SR", "WPW"])
    assert scores[["auc", "ap"]].isna().all(axis=None)
    assert scores["n"].tolist() == [4, 0]


def test_tables_of_different_records_are_refused():
    asked = labels(MI=[1, 1, 0, 0])
    with pytest.raises(BadInput, match="same order"):
        agreement(asked, asked.astype(float).iloc[::-1], ["MI"])


def test_a_missing_label_is_named():
    asked = labels(MI=[1, 1, 0, 0])
    with pytest.raises(BadInput, match="probabilities have no column MI"):
        agreement(asked, pd.DataFrame({"AFIB": np.zeros(4)}, index=asked.index), ["MI"])


def test_common_labels_are_those_that_every_table_holds_often_enough_and_not_everywhere():
    one = labels(MI=[1, 1, 0, 0], SR=[1, 1, 1, 1], WPW=[1, 0, 0, 0], PVC=[1, 1, 1, 0])
    other = labels(MI=[0, 1, 1, 0], SR=[1, 1, 0, 0], WPW=[1, 1, 0, 0])
    assert common_labels([one, other], fewest=2) == ["MI"]
    assert common_labels([one, other], fewest=1) == ["MI", "WPW"]
