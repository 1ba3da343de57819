import numpy as np
import pytest
from sklearn.metrics import f1_score

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import DEFAULT_THRESHOLD, decide, fit_thresholds


def predictions(truth, probability, split="val"):
    truth, probability = np.array(truth), np.array(probability, dtype=np.float32)
    n, k = truth.shape
    return Predictions(split, np.arange(n), np.arange(n), tuple("ABCDEFGH"[:k]), truth, probability)


def test_the_threshold_is_the_lowest_probability_of_the_best_cut():
    fitted = fit_thresholds(predictions([[1], [1], [0], [0]], [[0.75], [0.5], [0.25], [0.125]]))
    assert fitted == {"A": 0.5}


def test_of_equally_good_thresholds_the_highest_is_taken():
    # cutting after the first record or after the third gives F1 = 2/3 both times
    fitted = fit_thresholds(predictions([[1], [0], [0], [1]], [[0.75], [0.5], [0.375], [0.25]]))
    assert fitted == {"A": 0.75}


def test_no_other_threshold_has_a_higher_f1():
    generator = np.random.default_rng(0)
    truth = generator.random((200, 1)) < 0.2
    score = np.round(generator.random((200, 1)) * 0.7 + 0.3 * truth, 1)  # many ties
    given = predictions(truth, score)
    best = fit_thresholds(given)["A"]
    reached = f1_score(truth[:, 0], decide(given, {"A": best})[:, 0])
    assert reached == max(f1_score(truth[:, 0], given.probability[:, 0] >= t) for t in given.probability[:, 0])


def test_a_label_without_positives_gets_the_default():
    fitted = fit_thresholds(predictions([[0, 1], [0, 0]], [[0.9, 0.9], [0.1, 0.1]]))
    assert fitted["A"] == DEFAULT_THRESHOLD == 0.5


@pytest.mark.parametrize("split", ["train", "test"])
def test_only_validation_may_be_fitted_on(split):
    with pytest.raises(LeakError, match=split):
        fit_thresholds(predictions([[1]], [[0.5]], split=split))


def test_a_probability_equal_to_its_threshold_is_a_decision():
    given = predictions([[1, 0], [0, 1]], [[0.1, 0.2], [0.3, 0.4]], split="test")
    float32_tenth = float(given.probability[0, 0])
    assert decide(given, {"B": 0.3, "A": float32_tenth}).tolist() == [[True, False], [True, True]]


def test_a_label_without_threshold_is_named():
    with pytest.raises(BadInput, match="label B"):
        decide(predictions([[1, 0]], [[0.1, 0.2]]), {"A": 0.5})


def test_a_threshold_that_is_not_finite_is_named():
    with pytest.raises(BadInput, match="threshold of B"):
        decide(predictions([[1, 0]], [[0.1, 0.2]]), {"A": 0.5, "B": float("nan")})
