import json

import numpy as np
import pytest
from made_up_predictions import by_hand, limits, made_up
from sklearn import metrics

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.summary import summary
from ecg_forge.metrics.thresholds import decide


@pytest.fixture
def predictions():
    return made_up()


@pytest.fixture
def scores(predictions):
    return summary(predictions, limits(predictions))


def present(predictions, values):
    return values[:, predictions.truth.any(axis=0)]


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_auc_and_average_precision_are_scikit_learns(predictions, scores, average):
    chosen = predictions.truth, predictions.probability
    if average != "micro":  # only labels that some record holds count
        chosen = tuple(present(predictions, values) for values in chosen)
    assert scores[f"{average}_auc"] == pytest.approx(metrics.roc_auc_score(*chosen, average=average))
    assert scores[f"{average}_ap"] == pytest.approx(metrics.average_precision_score(*chosen, average=average))


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_precision_recall_f1_and_f2_are_scikit_learns(predictions, scores, average):
    chosen = predictions.truth, decide(predictions, limits(predictions))
    if average != "micro":
        chosen = tuple(present(predictions, values) for values in chosen)
    for name, beta in (("f1", 1), ("f2", 2)):
        precision, recall, f_beta, _ = metrics.precision_recall_fscore_support(*chosen, beta=beta, average=average)
        assert scores[f"{average}_precision"] == pytest.approx(precision)
        assert scores[f"{average}_recall"] == pytest.approx(recall)
        assert scores[f"{average}_{name}"] == pytest.approx(f_beta)


def test_scores_of_whole_records_are_scikit_learns(predictions, scores):
    chosen = predictions.truth, decide(predictions, limits(predictions))
    assert scores["subset_accuracy"] == pytest.approx(metrics.accuracy_score(*chosen))
    assert scores["hamming_loss"] == pytest.approx(metrics.hamming_loss(*chosen))
    assert scores["samples_f1"] == pytest.approx(metrics.f1_score(*chosen, average="samples", zero_division=0))


def test_specificity_is_the_recall_of_the_negatives(predictions, scores):
    chosen = (present(predictions, values) for values in (predictions.truth, decide(predictions, limits(predictions))))
    negatives = [~values for values in chosen]
    assert scores["macro_specificity"] == pytest.approx(metrics.recall_score(*negatives, average="macro"))


def test_an_absent_label_counts_in_no_macro_and_no_weighted_average(predictions, scores):
    without = Predictions(
        split="test",
        ecg_id=predictions.ecg_id,
        patient_id=predictions.patient_id,
        labels=predictions.labels[:-1],
        truth=predictions.truth[:, :-1],
        probability=predictions.probability[:, :-1],
    )
    shorter = summary(without, limits(without))
    averaged = [name for name in scores if name.startswith(("macro", "weighted"))]
    assert [scores[name] for name in averaged] == pytest.approx([shorter[name] for name in averaged])
    assert scores["micro_precision"] < shorter["micro_precision"]  # its false alarms are pooled
    assert (scores["n_records"], scores["n_labels"]) == (240, 4)


def test_a_perfect_classifier_scores_one_throughout():
    truth = np.array([[1, 0], [0, 1], [1, 1]], dtype=bool)
    perfect = Predictions("test", np.arange(3), np.arange(3), ("A", "B"), truth, truth.astype(np.float32))
    scores = summary(perfect, {"A": 0.5, "B": 0.5})
    assert {name for name, value in scores.items() if value == 0} == {"hamming_loss"}
    assert {value for name, value in scores.items() if name not in ("n_records", "n_labels", "hamming_loss")} == {1.0}


def test_the_summary_is_json(scores):
    assert json.loads(json.dumps(scores, allow_nan=False)) == scores


def test_where_no_record_holds_any_label_there_is_nothing_to_score():
    nobody = Predictions("test", np.arange(2), np.arange(2), ("A", "B"), np.zeros((2, 2)), np.full((2, 2), 0.5))
    with pytest.raises(BadInput, match="no test record holds any of the 2 labels"):
        summary(nobody, {"A": 0.5, "B": 0.5})


def test_one_label_alone_is_scored_like_any_other():
    alone = by_hand([[1], [1], [0], [0]], [[0.9], [0.2], [0.6], [0.1]], "test")
    scores = summary(alone, {"A": 0.5})
    assert scores["macro_f1"] == scores["micro_f1"] == scores["weighted_f1"] == 0.5


def test_a_label_that_every_record_holds_has_no_auc_but_a_recall():
    scores = summary(by_hand([[1, 1], [1, 0]], [[0.9, 0.9], [0.1, 0.1]], "test"), {"A": 0.5, "B": 0.5})
    assert scores["macro_auc"] == scores["weighted_auc"] == 1.0
    assert scores["macro_recall"] == 0.75
