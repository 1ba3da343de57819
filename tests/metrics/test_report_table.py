import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.bootstrap import patient_weights
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.report_table import label_table

COUNTS = ["n_labels", "n_train", "n_test"]
SCORES = ["auc", "auc_low", "auc_high", "ap", "ap_low", "ap_high"]
AT_THRESHOLD = ["f1", "f1_low", "f1_high", "precision", "recall", "specificity"]
THRESHOLDS = {"NORM": 0.5, "AFIB": 0.5, "TRIGU": 0.5}


def three_labels(n=60):
    """NORM is ranked perfectly, AFIB at random, TRIGU is absent."""
    generator = np.random.default_rng(0)
    truth = np.zeros((n, 3), dtype=bool)
    truth[::2, 0] = True
    truth[:, 1] = generator.random(n) < 0.3
    probability = np.stack([np.where(truth[:, 0], 0.75, 0.25), generator.random(n), generator.random(n)], axis=1)
    ids = np.arange(n)
    return Predictions("test", ids, ids // 2, ("NORM", "AFIB", "TRIGU"), truth, probability.astype(np.float32))


@pytest.fixture
def predictions():
    return three_labels()


@pytest.fixture
def weights(predictions):
    return patient_weights(predictions.patient_id, resamples=50, seed=0)


def test_the_table_has_a_row_per_label_and_the_macro_rows(predictions, weights):
    counts = pd.Series({"AFIB": 99, "TRIGU": 5, "NORM": 100})
    table = label_table(predictions, THRESHOLDS, weights, counts)
    assert list(table.columns) == [*COUNTS, *SCORES, "threshold", *AT_THRESHOLD]
    assert table.index.name == "label"
    assert list(table.index) == ["NORM", "AFIB", "TRIGU", "macro", "macro_rare"]
    assert table["n_labels"].tolist() == [1, 1, 0, 2, 1]
    assert table["n_train"].tolist()[:3] == [100, 99, 5]
    assert table["n_test"].tolist()[:3] == predictions.truth.sum(axis=0).tolist()
    assert table.loc[["macro", "macro_rare"], ["n_train", "n_test", "threshold"]].isna().all(axis=None)


def test_a_perfect_label_scores_one_with_an_interval_of_one(predictions, weights):
    norm = label_table(predictions, THRESHOLDS, weights).loc["NORM"]
    names = ["auc", "auc_low", "auc_high", "ap", "ap_low", "f1", "f1_low", "precision", "recall", "specificity"]
    assert (norm[names].astype(float) == 1).all()


def test_an_absent_label_stays_without_scores_and_outside_the_macro(predictions, weights):
    table = label_table(predictions, THRESHOLDS, weights)
    assert table.loc["TRIGU", SCORES + AT_THRESHOLD].isna().all()
    assert table.loc["TRIGU", "n_test"] == 0
    for name in ("auc", "ap", "f1", "precision", "recall", "specificity"):
        assert table.loc["macro", name] == pytest.approx((table.loc["NORM", name] + table.loc["AFIB", name]) / 2)


def test_figures_lie_in_their_intervals_and_those_have_a_width(predictions, weights):
    afib = label_table(predictions, THRESHOLDS, weights).loc["AFIB"]
    for metric in ("auc", "ap", "f1"):
        assert afib[f"{metric}_low"] < afib[metric] < afib[f"{metric}_high"]


def test_the_macro_of_rare_labels_lies_in_its_interval():
    generator = np.random.default_rng(3)
    labels = tuple(f"L{k}" for k in range(30))
    truth = (generator.random((400, 30)) < 0.01).astype(np.uint8)
    truth[0] = 1
    rare = Predictions(
        split="test",
        ecg_id=np.arange(400),
        patient_id=np.arange(400),
        labels=labels,
        truth=truth,
        probability=np.clip(0.1 * truth + 0.3 * generator.random((400, 30)), 0, 1).astype(np.float32),
    )
    macro = label_table(rare, dict.fromkeys(labels, 0.3), patient_weights(rare.patient_id, 200, seed=0)).loc["macro"]
    for metric in ("auc", "ap", "f1"):
        assert macro[f"{metric}_low"] < macro[metric] < macro[f"{metric}_high"]


def test_without_training_counts_there_is_no_rare_row(predictions, weights):
    table = label_table(predictions, THRESHOLDS, weights)
    assert list(table.index)[3:] == ["macro"]
    assert table["n_train"].isna().all()


def test_without_a_rare_label_there_is_no_rare_row(predictions, weights):
    table = label_table(predictions, THRESHOLDS, weights, pd.Series(dict.fromkeys(THRESHOLDS, 100)))
    assert "macro_rare" not in table.index


def test_a_label_without_training_count_is_named(predictions, weights):
    with pytest.raises(BadInput, match="TRIGU"):
        label_table(predictions, THRESHOLDS, weights, pd.Series({"NORM": 1, "AFIB": 1}))


def test_the_table_survives_parquet(predictions, weights, tmp_path):
    table = label_table(predictions, THRESHOLDS, weights)
    table.to_parquet(tmp_path / "metrics.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "metrics.parquet"), table)
