import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_predictions import by_hand
from sklearn.metrics import f1_score, roc_curve

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.metrics.classification import confusion
from ecg_forge.metrics.thresholds import DEFAULT_THRESHOLD, POLICIES, decide, fit_thresholds


def fitted(truth, score, policy):
    return fit_thresholds(by_hand(np.array(truth)[:, None], np.array(score)[:, None]), policy)["A"]


def reached(truth, score, threshold):
    """Counts of one label's decisions at a threshold."""
    decided = np.array(score, dtype=np.float32).astype(np.float64) >= threshold
    return confusion(np.array(truth)[:, None], decided[:, None])


def test_the_threshold_is_the_lowest_probability_of_the_best_cut():
    assert fit_thresholds(by_hand([[1], [1], [0], [0]], [[0.75], [0.5], [0.25], [0.125]])) == {"A": 0.5}


def test_of_equally_good_thresholds_the_highest_is_taken():
    # cutting after the first record or after the third gives F1 = 2/3 both times
    assert fitted([1, 0, 0, 1], [0.75, 0.5, 0.375, 0.25], "max_f1") == 0.75
    # cutting after the first record or after the fourth gives J = 1/2 both times
    assert fitted([1, 0, 0, 1], [0.75, 0.5, 0.5, 0.5], "youden") == 0.75


def test_no_other_threshold_has_a_higher_f1():
    generator = np.random.default_rng(0)
    truth = generator.random(200) < 0.2
    score = np.round(generator.random(200) * 0.7 + 0.3 * truth, 1).astype(np.float32)  # many ties
    best = f1_score(truth, score >= fitted(truth, score, "max_f1"))
    assert best == max(f1_score(truth, score >= threshold) for threshold in score)


@pytest.mark.parametrize(
    ("policy", "goodness"),
    [("youden", lambda tpr, fpr: tpr - fpr), ("g_mean", lambda tpr, fpr: np.sqrt(tpr * (1 - fpr)))],
)
def test_no_point_of_the_roc_curve_is_better(policy, goodness):
    generator = np.random.default_rng(1)
    truth = generator.random(300) < 0.3
    score = generator.random(300) + 0.5 * truth
    score = (score / 2).astype(np.float32)
    fpr, tpr, _ = roc_curve(truth, score, drop_intermediate=False)
    counts = reached(truth, score, fitted(truth, score, policy))
    assert goodness(counts.recall[0], 1 - counts.specificity[0]) == pytest.approx(goodness(tpr, fpr).max(), abs=1e-12)


def test_nine_of_ten_positives_are_found_with_the_fewest_false_alarms():
    truth = [1] * 9 + [0] * 10 + [1]
    score = np.linspace(0.95, 0.05, 20)
    counts = reached(truth, score, fitted(truth, score, "tpr_at_least_90"))
    assert (counts.tp[0], counts.fp[0]) == (9, 0)


def test_one_false_alarm_in_twenty_is_allowed_and_two_are_not():
    truth = [1, 0, 1, 0, 1] + [0] * 18  # 20 negatives
    score = np.linspace(0.9, 0.1, 23)
    counts = reached(truth, score, fitted(truth, score, "fpr_at_most_5"))
    assert (counts.tp[0], counts.fp[0]) == (2, 1)


def test_where_every_cut_has_too_many_false_alarms_nothing_is_decided():
    threshold = fitted([1, 0, 0], [0.5, 0.5, 0.5], "fpr_at_most_5")
    assert threshold > 0.5
    assert reached([1, 0, 0], [0.5, 0.5, 0.5], threshold).fp[0] == 0


def test_a_threshold_above_every_score_stays_above_them_as_json():
    given = by_hand([[0], [1]], [[1.0], [0.5]])
    kept = json.loads(json.dumps(fit_thresholds(given, "fpr_at_most_5")))
    assert not decide(given, kept).any()


LABEL = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=40)


@settings(max_examples=60, deadline=None)
@given(LABEL, st.sampled_from(sorted(POLICIES)))
def test_every_policy_agrees_with_a_plain_loop_over_thresholds(rows, policy):
    truth = [held for held, _ in rows]
    score = [level / 8 for _, level in rows]
    threshold = fitted(truth, score, policy)
    if all(truth) or not any(truth):
        assert threshold == DEFAULT_THRESHOLD
        return
    positives, negatives = sum(truth), len(truth) - sum(truth)
    best = None
    for candidate in [np.nextafter(max(score), 2), *sorted(set(score), reverse=True)]:
        tp = sum(held and value >= candidate for held, value in zip(truth, score, strict=True))
        fp = sum(not held and value >= candidate for held, value in zip(truth, score, strict=True))
        goodness = {
            "max_f1": 2 * tp / (tp + fp + positives),
            "youden": tp * negatives - fp * positives,
            "g_mean": tp * (negatives - fp),
            "tpr_at_least_90": -fp if tp >= 0.9 * positives else -np.inf,
            "fpr_at_most_5": tp if fp <= 0.05 * negatives else -np.inf,
        }[policy]
        if best is None or goodness > best[0]:
            best = (goodness, candidate)
    assert threshold == best[1]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_label_without_positives_or_negatives_gets_the_default(policy):
    chosen = fit_thresholds(by_hand([[0, 1, 1], [0, 1, 0]], [[0.9, 0.9, 0.9], [0.1, 0.1, 0.1]]), policy)
    assert chosen["A"] == chosen["B"] == DEFAULT_THRESHOLD == 0.5
    assert chosen["C"] == pytest.approx(0.9)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("split", ["train", "test"])
def test_only_validation_may_be_fitted_on(split, policy):
    with pytest.raises(LeakError, match=split):
        fit_thresholds(by_hand([[1]], [[0.5]], split=split), policy)


def test_an_unknown_policy_is_refused_with_the_known_ones():
    with pytest.raises(BadInput, match="unknown threshold policy 'best'; choose one of max_f1, youden, g_mean"):
        fit_thresholds(by_hand([[1]], [[0.5]]), "best")


def test_a_probability_equal_to_its_threshold_is_a_decision():
    given = by_hand([[1, 0], [0, 1]], [[0.1, 0.2], [0.3, 0.4]], split="test")
    float32_tenth = float(given.probability[0, 0])
    assert decide(given, {"B": 0.3, "A": float32_tenth}).tolist() == [[True, False], [True, True]]


def test_a_label_without_threshold_is_named():
    with pytest.raises(BadInput, match="label B"):
        decide(by_hand([[1, 0]], [[0.1, 0.2]]), {"A": 0.5})


def test_a_threshold_that_is_not_finite_is_named():
    with pytest.raises(BadInput, match="threshold of B"):
        decide(by_hand([[1, 0]], [[0.1, 0.2]]), {"A": 0.5, "B": float("nan")})
