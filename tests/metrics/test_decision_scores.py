import numpy as np
import pytest
from made_up_predictions import by_hand, limits, made_up
from sklearn.metrics import accuracy_score, hamming_loss

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.bootstrap import patient_weights
from ecg_forge.metrics.decision_scores import decision_scores


def test_scores_are_those_of_scikit_learn():
    test = made_up("test")
    decided = test.probability >= 0.4
    scores = decision_scores(test, limits(test), np.ones((1, len(test)), dtype=int))
    assert scores["subset_accuracy"] == pytest.approx(accuracy_score(test.truth, decided))
    assert scores["hamming_loss"] == pytest.approx(hamming_loss(test.truth, decided))


def test_intervals_are_those_of_the_resamples():
    test = made_up("test")
    weights = patient_weights(test.patient_id, 200, 0)
    scores = decision_scores(test, limits(test), weights)
    right = ((test.probability >= 0.4) == test.truth).all(axis=1)
    drawn = [np.average(right, weights=each) for each in weights]
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert (scores["subset_accuracy_low"], scores["subset_accuracy_high"]) == pytest.approx((low, high))
    assert scores["hamming_loss_low"] < scores["hamming_loss"] < scores["hamming_loss_high"]


def test_a_label_without_a_threshold_is_refused():
    with pytest.raises(BadInput, match="no threshold for label B"):
        decision_scores(by_hand([[1, 0]], [[0.9, 0.1]]), {"A": 0.5}, np.ones((1, 1), dtype=int))
