import dataclasses

import numpy as np
import pytest
from made_up_predictions import by_hand, limits, made_up
from scipy.stats import binom, chi2
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.contingency_tables import mcnemar

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.decision_agreement import EXACT_BELOW, decision_table, mcnemar_p, subset_table

HALF = {"A": 0.5}


def another_arm(noise, seed=7):
    given = made_up(absent=False)
    shifted = given.probability + noise * np.random.default_rng(seed).normal(size=given.truth.shape)
    return dataclasses.replace(given, probability=np.clip(shifted, 0, 1).astype(np.float32))


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_every_label_equals_statsmodels_and_scikit_learn(noise, seed):
    reference, arm = made_up(absent=False), another_arm(noise, seed)
    table = decision_table(reference, arm, limits(reference), limits(arm))
    for k, label in enumerate(reference.labels):
        truth, found = reference.truth[:, k], table.loc[label]
        first, second = reference.probability[:, k] >= 0.4, arm.probability[:, k] >= 0.4
        right = np.array([[np.sum((first == truth) == a) for a in (True, False)], [0, 0]])
        assert right.sum() == len(truth)
        square = [
            [np.sum(((first == truth) == a) & ((second == truth) == b)) for b in (True, False)] for a in (True, False)
        ]
        discordant = square[0][1] + square[1][0]
        expected = mcnemar(square, exact=bool(discordant < EXACT_BELOW), correction=True)
        assert found["mcnemar_p"] == pytest.approx(expected.pvalue)
        assert (found["only_reference_right"], found["only_arm_right"]) == (square[0][1], square[1][0])
        assert found["accuracy_difference"] == pytest.approx(np.mean(second == truth) - np.mean(first == truth))
        assert found["kappa"] == pytest.approx(cohen_kappa_score(first, second))
        assert found["reference_kappa"] == pytest.approx(cohen_kappa_score(truth, first))
        assert found["arm_kappa"] == pytest.approx(cohen_kappa_score(truth, second))


def test_few_discordant_records_are_counted_exactly():
    assert mcnemar_p(0, 5) == pytest.approx(2 * 0.5**5)
    assert mcnemar_p(3, 3) == 1
    assert mcnemar_p(0, 0) == 1
    assert mcnemar_p(8, 16) == pytest.approx(2 * binom.cdf(8, 24, 0.5))


def test_many_discordant_records_take_the_corrected_chi_square():
    assert mcnemar_p(10, 15) == pytest.approx(chi2.sf((5 - 1) ** 2 / 25, 1))


def test_holm_corrects_over_the_labels():
    reference, arm = made_up(absent=False), another_arm(0.5)
    table = decision_table(reference, arm, limits(reference), limits(arm))
    assert table["mcnemar_p_holm"].min() == pytest.approx(min(1, 5 * table["mcnemar_p"].min()))


def test_a_kappa_without_any_variation_is_not_known():
    silent = by_hand([[0], [0], [0]], [[0.1], [0.2], [0.3]])
    table = decision_table(silent, silent, HALF, HALF)
    assert table.loc["A", ["kappa", "reference_kappa", "arm_kappa"]].isna().all()
    talking = by_hand([[0], [0], [0]], [[0.1], [0.2], [0.9]])
    assert decision_table(silent, talking, HALF, HALF).loc["A", "kappa"] == 0


def test_each_arm_is_decided_at_its_own_threshold():
    reference = by_hand([[1], [0]], [[0.9], [0.1]])
    arm = by_hand([[1], [0]], [[0.3], [0.1]])
    assert decision_table(reference, arm, HALF, HALF).loc["A", "only_reference_right"] == 1
    assert decision_table(reference, arm, HALF, {"A": 0.2}).loc["A", "only_reference_right"] == 0


def test_arms_of_other_records_are_refused():
    with pytest.raises(BadInput, match="differ in truth"):
        decision_table(made_up(), made_up(seed=1), limits(made_up()), limits(made_up()))


def test_every_two_classifiers_are_compared_by_the_records_they_are_wholly_right_on():
    arms = {"a": made_up(absent=False), "b": another_arm(0.1), "c": another_arm(0.5)}
    table = subset_table(arms, {name: limits(arm) for name, arm in arms.items()})
    assert table[["first", "second"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    right = {name: ((arm.probability >= 0.4) == arm.truth).all(axis=1) for name, arm in arms.items()}
    for row in table.itertuples():
        first, second = right[row.first], right[row.second]
        assert row.only_first_right == (first & ~second).sum()
        assert row.only_second_right == (second & ~first).sum()
        assert row.difference == pytest.approx(first.mean() - second.mean())
        assert row.mcnemar_p == mcnemar_p(row.only_first_right, row.only_second_right)
    assert (table["mcnemar_p_holm"] >= table["mcnemar_p"]).all()
    assert table["mcnemar_p_holm"].min() == pytest.approx(min(1, 3 * table["mcnemar_p"].min()))


def test_one_classifier_alone_makes_no_pair_and_other_records_are_refused():
    alone = {"a": made_up()}
    assert subset_table(alone, {"a": limits(alone["a"])}).empty
    two = {**alone, "b": made_up(records=120)}
    with pytest.raises(BadInput, match="differ in"):
        subset_table(two, {name: limits(arm) for name, arm in two.items()})
