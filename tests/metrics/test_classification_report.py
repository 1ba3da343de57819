import numpy as np
import pandas as pd
import pytest
from made_up_predictions import limits, made_up
from sklearn import metrics

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.classification_report import classification_report
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import decide

AVERAGES = ["micro avg", "macro avg", "weighted avg", "samples avg"]


@pytest.fixture
def predictions():
    return made_up()


def test_the_report_is_scikit_learns_with_named_labels(predictions):
    table = classification_report(predictions, limits(predictions))
    expected = metrics.classification_report(
        predictions.truth, decide(predictions, limits(predictions)), output_dict=True, zero_division=0
    )
    assert list(table.index) == [*predictions.labels, *AVERAGES]
    assert list(table.columns) == ["precision", "recall", "f1-score", "support"]
    for name, row in zip(table.index, expected.values(), strict=True):
        assert table.loc[name].to_dict() == pytest.approx(row)


def test_the_report_parses_back_from_csv(predictions, tmp_path):
    table = classification_report(predictions, limits(predictions))
    table.to_csv(tmp_path / "report.csv", index=True)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "report.csv", index_col="label"), table)


def test_a_label_that_no_record_holds_stays_in_the_report(predictions):
    row = classification_report(predictions, limits(predictions)).loc["L4"]
    assert (row["recall"], row["f1-score"], row["support"]) == (0, 0, 0)


def test_a_report_of_one_label_is_refused():
    alone = Predictions("test", np.arange(2), np.arange(2), ("A",), np.eye(2)[:, :1], np.full((2, 1), 0.5))
    with pytest.raises(BadInput, match="A alone"):
        classification_report(alone, {"A": 0.5})
