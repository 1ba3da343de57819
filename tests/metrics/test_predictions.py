import dataclasses

import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.metrics.predictions import Predictions


def two_records(**changes):
    fields = {
        "split": "val",
        "ecg_id": np.array([1, 2]),
        "patient_id": np.array([10, 11]),
        "labels": ("AFIB", "NORM"),
        "truth": np.array([[1, 0], [0, 1]], dtype=bool),
        "probability": np.array([[0.9, 0.1], [0.2, 0.8]], dtype=np.float32),
    }
    return Predictions(**(fields | changes))


def tables():
    index = pd.Index([3, 1, 2], name="ecg_id")
    probabilities = pd.DataFrame(
        {"split": ["test", "val", "val"], "NORM": [0.5, 0.25, 0.75], "AFIB": [0.0, 1.0, 0.5]}, index=index
    )
    labels = pd.DataFrame(
        {"AFIB": [True, False, False], "MI": [True] * 3, "NORM": [False, True, True]}, index=pd.Index([1, 2, 3])
    )
    records = pd.DataFrame(
        {"patient_id": [10, 11, 12], "split": ["val", "val", "test"]}, index=pd.Index([1, 2, 3], name="ecg_id")
    )
    return probabilities, labels, records


def test_tables_are_joined_by_ecg_id_and_label_name():
    predictions = Predictions.of("val", *tables())
    assert predictions.labels == ("NORM", "AFIB")
    assert predictions.ecg_id.tolist() == [1, 2]
    assert predictions.patient_id.tolist() == [10, 11]
    assert predictions.truth.tolist() == [[False, True], [True, False]]
    assert predictions.probability.tolist() == [[0.25, 1.0], [0.75, 0.5]]
    assert predictions.probability.dtype == np.float32
    assert len(predictions) == 2


def test_records_without_a_split_column_are_accepted():
    probabilities, labels, records = tables()
    assert len(Predictions.of("test", probabilities, labels, records[["patient_id"]])) == 1


def test_a_record_scored_in_another_split_than_its_own_is_a_leak():
    probabilities, labels, records = tables()
    records.loc[2, "split"] = "train"
    with pytest.raises(LeakError, match="ecg_id 2 is scored as val but stands in train"):
        Predictions.of("val", probabilities, labels, records)


def test_a_missing_label_is_named():
    probabilities, labels, records = tables()
    with pytest.raises(BadInput, match="AFIB"):
        Predictions.of("val", probabilities, labels.drop(columns="AFIB"), records)


@pytest.mark.parametrize("table", ["labels", "records"])
def test_a_record_missing_from_a_table_is_named(table):
    probabilities, labels, records = tables()
    given = {"labels": labels, "records": records}
    given[table] = given[table].drop(index=2)
    with pytest.raises(BadInput, match=f"ecg_id 2 is not in the {table} table"):
        Predictions.of("val", probabilities, **given)


def test_a_split_without_rows_is_refused():
    with pytest.raises(BadInput, match="0 records"):
        Predictions.of("train", *tables())


def test_probabilities_need_their_split_column():
    probabilities, labels, records = tables()
    with pytest.raises(BadInput, match="'split'"):
        Predictions.of("val", probabilities.drop(columns="split"), labels, records)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "fold10"}, "fold10"),
        ({"ecg_id": np.array([2, 2])}, "ecg_id 2 stands twice"),
        ({"patient_id": np.array([1])}, "patient_id"),
        ({"labels": ("AFIB", "AFIB")}, "named twice"),
        ({"truth": np.zeros((2, 3), dtype=bool)}, "truth of shape"),
        ({"truth": np.array([[2, 0], [0, 1]], dtype=np.uint8)}, "other than 0 and 1"),
        ({"probability": np.zeros((3, 2), dtype=np.float32)}, "probability of shape"),
        ({"probability": np.array([[0.5, 0.5], [np.nan, 0.5]])}, "AFIB for ecg_id 2 is nan"),
        ({"probability": np.array([[0.5, 1.5], [0.5, 0.5]])}, "NORM for ecg_id 1 is 1.5"),
    ],
)
def test_wrong_values_are_named(changes, message):
    with pytest.raises(BadInput, match=message):
        two_records(**changes)


def test_predictions_cannot_be_reassigned():
    with pytest.raises(dataclasses.FrozenInstanceError):
        two_records().split = "test"
