import time

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, fbeta_score, roc_auc_score

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.classification import (
    auc,
    average_precision,
    confusion,
    macro,
    mean_over_labels,
    resampled_auc_ap,
    resampled_confusion,
    resampled_f1,
)


def column(*values):
    return np.array(values)[:, None]


def random_problem(seed, records=300, labels=6, levels=None, most=0.6):
    generator = np.random.default_rng(seed)
    truth = generator.random((records, labels)) < np.linspace(0.02, most, labels)
    truth[0] = True
    truth[1] = False
    score = generator.random((records, labels)) + 0.4 * truth
    if levels:
        score = np.floor(score * levels) / levels
    return truth, score.astype(np.float32)


def test_one_misranked_pair_of_four_gives_three_quarters():
    assert auc(column(0, 1, 0, 1), column(0.1, 0.2, 0.3, 0.4)).tolist() == [0.75]


def test_average_precision_by_hand():
    # ranks of the positives: 1 and 3, precisions 1 and 2/3
    assert average_precision(column(0, 1, 0, 1), column(0.1, 0.2, 0.3, 0.4)) == pytest.approx([(1 + 2 / 3) / 2])


def test_a_constant_score_gives_auc_one_half_and_the_prevalence_as_precision():
    truth, score = column(1, 0, 0, 0), column(0.3, 0.3, 0.3, 0.3)
    assert auc(truth, score).tolist() == [0.5]
    assert average_precision(truth, score).tolist() == [0.25]


@pytest.mark.parametrize("levels", [None, 2, 5, 20])
def test_equal_to_scikit_learn_with_and_without_ties(levels):
    truth, score = random_problem(seed=3, levels=levels)
    labels = range(truth.shape[1])
    expected_auc = [roc_auc_score(truth[:, k], score[:, k]) for k in labels]
    expected_ap = [average_precision_score(truth[:, k], score[:, k]) for k in labels]
    np.testing.assert_allclose(auc(truth, score), expected_auc, rtol=0, atol=1e-12)
    np.testing.assert_allclose(average_precision(truth, score), expected_ap, rtol=0, atol=1e-12)


def test_a_label_without_positives_has_no_score():
    assert np.isnan(auc(column(0, 0), column(0.1, 0.2)))
    assert np.isnan(average_precision(column(0, 0), column(0.1, 0.2)))


def test_a_label_without_negatives_has_no_auc_but_a_perfect_precision():
    assert np.isnan(auc(column(1, 1), column(0.1, 0.2)))
    assert average_precision(column(1, 1), column(0.1, 0.2)).tolist() == [1.0]


def test_macro_is_the_mean_over_the_labels_present():
    assert macro(np.array([0.5, np.nan, 1.0])) == 0.75
    assert np.isnan(macro(np.array([np.nan, np.nan])))
    np.testing.assert_array_equal(mean_over_labels(np.array([[1.0, np.nan], [0.0, 1.0]])), [1.0, 0.5])


@pytest.mark.parametrize("levels", [None, 4])
def test_a_resample_scores_like_the_records_it_repeats(levels):
    truth, score = random_problem(seed=5, records=80, levels=levels)
    draws = np.random.default_rng(6).integers(80, size=(200, 80))  # more than one block of resamples
    weights = np.stack([np.bincount(row, minlength=80) for row in draws])
    aucs, aps = resampled_auc_ap(truth, score, weights)
    for b in (0, 57, 199):
        np.testing.assert_allclose(aucs[b], auc(truth[draws[b]], score[draws[b]]), atol=1e-12)
        np.testing.assert_allclose(aps[b], average_precision(truth[draws[b]], score[draws[b]]), atol=1e-12)


def test_a_resample_that_lost_its_only_positive_has_no_score():
    aucs, aps = resampled_auc_ap(column(1, 0, 0), column(0.9, 0.1, 0.2), np.array([[0, 2, 1], [1, 1, 1]]))
    assert np.isnan(aucs[0, 0]) and np.isnan(aps[0, 0])
    assert aucs[1, 0] == aps[1, 0] == 1.0


def test_a_thousand_resamples_of_71_labels_stay_within_five_seconds():
    truth, score = random_problem(seed=0, records=2198, labels=71, most=0.06)  # 2.8 labels per record
    weights = np.random.default_rng(1).poisson(1, size=(1000, 2198))
    start = time.process_time()
    resampled_auc_ap(truth, score, weights)
    assert time.process_time() - start < 5


def test_confusion_counts_every_record_once():
    counts = confusion(column(1, 1, 0, 0, 0), column(True, False, True, False, False))
    assert [counts.tp[0], counts.fp[0], counts.fn[0], counts.tn[0]] == [1, 1, 1, 2]
    assert counts.precision[0] == counts.recall[0] == counts.f1[0] == 0.5
    assert counts.specificity[0] == pytest.approx(2 / 3)


def test_f2_g2_accuracy_and_g_mean_by_hand():
    # 3 found, 1 false alarm, 2 missed, 4 left alone
    counts = confusion(column(1, 1, 1, 0, 1, 1, 0, 0, 0, 0), column(1, 1, 1, 1, 0, 0, 0, 0, 0, 0))
    assert counts.f_beta(2)[0] == pytest.approx(5 * 3 / (5 * 3 + 1 + 4 * 2))
    assert counts.g_beta(2)[0] == pytest.approx(3 / (3 + 1 + 2 * 2))
    assert counts.accuracy[0] == pytest.approx(7 / 10)
    assert counts.g_mean[0] == pytest.approx(np.sqrt(3 / 5 * 4 / 5))


@pytest.mark.parametrize("beta", [0.5, 1, 2])
def test_f_beta_is_scikit_learns(beta):
    truth, score = random_problem(seed=4)
    decided = score > 0.8
    expected = [fbeta_score(truth[:, k], decided[:, k], beta=beta, zero_division=0) for k in range(truth.shape[1])]
    np.testing.assert_allclose(confusion(truth, decided).f_beta(beta), expected, atol=1e-12)


def test_pooled_counts_are_those_of_all_pairs():
    truth, score = random_problem(seed=4)
    pooled = confusion(truth, score > 0.8).pooled()
    assert pooled.tp + pooled.fp + pooled.fn + pooled.tn == truth.size
    assert pooled.f1 == pytest.approx(f1_score(truth, score > 0.8, average="micro"))


def test_a_rate_of_nothing_is_zero():
    nothing = confusion(column(0, 0), column(False, False))
    assert nothing.precision[0] == nothing.recall[0] == nothing.f1[0] == 0
    assert nothing.f_beta(2)[0] == nothing.g_beta(2)[0] == nothing.g_mean[0] == 0
    assert nothing.accuracy[0] == 1
    assert confusion(column(1, 1), column(True, True)).specificity[0] == 0


def test_resampled_f1_is_that_of_the_repeated_records():
    truth, score = random_problem(seed=8, records=60)
    decided = score > 0.7
    draws = np.random.default_rng(9).integers(60, size=(140, 60))
    weights = np.stack([np.bincount(row, minlength=60) for row in draws])
    resampled = resampled_f1(truth, decided, weights)
    for b in (0, 139):
        again, answer = truth[draws[b]], decided[draws[b]]
        expected = [f1_score(again[:, k], answer[:, k], zero_division=0) for k in range(truth.shape[1])]
        np.testing.assert_allclose(resampled[b], np.where(again.any(axis=0), expected, np.nan), atol=1e-12)


def test_resampled_counts_add_up_to_the_records_drawn():
    truth, score = random_problem(seed=2, records=40)
    weights = np.full((3, 40), 2)
    counts = resampled_confusion(truth, score > 0.5, weights)
    assert (counts.tp + counts.fp + counts.fn + counts.tn == 80).all()
    np.testing.assert_array_equal(counts.tp[0], 2 * confusion(truth, score > 0.5).tp)


@pytest.mark.parametrize(
    ("score", "weights", "message"),
    [
        (np.zeros((2, 2)), np.ones((1, 2), dtype=int), "must both be"),
        (np.zeros((2, 1)), np.ones((1, 3), dtype=int), "for 2 records"),
        (np.zeros((2, 1)), np.ones((1, 2)), "integers"),
        (np.zeros((2, 1)), -np.ones((1, 2), dtype=int), "non-negative"),
    ],
)
def test_shapes_and_weights_that_do_not_fit_are_refused(score, weights, message):
    with pytest.raises(BadInput, match=message):
        resampled_auc_ap(column(1, 0), score, weights)
