import numpy as np
import pytest
from made_up_predictions import by_hand, made_up
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import TASKS
from ecg_forge.metrics.single_label import (
    PRECEDENCE,
    single_label_counts,
    single_label_scores,
    single_labels,
)


def test_a_record_has_the_first_of_its_labels_and_is_predicted_the_most_probable():
    given = by_hand([[1, 1, 0], [0, 1, 1], [1, 0, 0]], [[0.9, 0.2, 0.1], [0.1, 0.7, 0.2], [0.1, 0.2, 0.8]])
    true, predicted = single_labels(given, ("C", "A", "B"))
    assert true.tolist() == [1, 0, 1]
    assert predicted.tolist() == [1, 2, 0]


def test_equal_probabilities_give_the_earlier_label():
    given = by_hand([[1, 0, 0]], [[0.5, 0.2, 0.5]])
    assert single_labels(given, ("C", "A", "B"))[1].tolist() == [0]


def test_every_superclass_has_its_place_and_normal_the_last():
    assert sorted(PRECEDENCE) == sorted(TASKS["superclass"])
    assert PRECEDENCE[-1] == "NORM"


def test_counts_and_scores_are_those_of_scikit_learn():
    given = made_up(absent=False)
    given.truth[:, 4] |= ~given.truth.any(axis=1)
    order = ("L3", "L1", "L4", "L0", "L2")
    true, predicted = single_labels(given, order)
    counts = single_label_counts(given, order)
    assert counts.tolist() == confusion_matrix(true, predicted, labels=range(5)).tolist()
    scores = single_label_scores(counts)
    assert scores["accuracy"] == pytest.approx(accuracy_score(true, predicted))
    assert scores["macro_f1"] == pytest.approx(f1_score(true, predicted, average="macro"))


def test_a_label_that_is_neither_true_nor_predicted_does_not_count():
    assert single_label_scores(np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]]))["macro_f1"] == pytest.approx(
        (6 / 7 + 4 / 5) / 2
    )


def test_a_record_without_a_label_or_an_order_of_other_labels_is_refused():
    with pytest.raises(BadInput, match=r"ecg_id 1 holds no label to be reduced to \(1 such records\)"):
        single_labels(by_hand([[1, 0], [0, 0]], [[0.5, 0.5], [0.5, 0.5]]), ("A", "B"))
    with pytest.raises(BadInput, match="the order of reduction names MI, STTC"):
        single_labels(by_hand([[1]], [[0.5]]))
