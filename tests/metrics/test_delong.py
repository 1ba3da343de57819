import dataclasses

import numpy as np
import pytest
from made_up_predictions import made_up
from scipy.stats import norm

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.classification import auc
from ecg_forge.metrics.delong import delong, delong_table


def scores(n, positives, seed, gain=0.0, digits=None):
    """Two correlated scores of n records, the second better by ``gain``; rounded, they tie."""
    generator = np.random.default_rng(seed)
    truth = np.arange(n) < positives
    common = generator.normal(size=n) + truth
    pair = [common + generator.normal(size=n) * 0.7 + extra * truth for extra in (0.0, gain)]
    return truth, *(part if digits is None else part.round(digits) for part in pair)


def plainly(truth, reference, arm):
    """DeLong's variance from the whole table of positives against negatives, one half for a tie."""
    tables = []
    for score in (reference, arm):
        above = score[truth][:, None] - score[~truth][None]
        tables.append((above > 0) + 0.5 * (above == 0))
    columns = [np.array([table.mean(axis=axis) for table in tables]) for axis in (1, 0)]
    covariance = sum(np.cov(column) / column.shape[1] for column in columns)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    return tables[0].mean(), tables[1].mean(), np.sqrt(variance)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("digits", [None, 1, 0])
def test_the_quick_way_equals_the_whole_table_with_and_without_ties(seed, digits):
    truth, reference, arm = scores(80, 15, seed, gain=0.4, digits=digits)
    found, (first, second, error) = delong(truth, reference, arm), plainly(truth, reference, arm)
    assert (found.reference_auc, found.arm_auc) == (pytest.approx(first), pytest.approx(second))
    assert found.standard_error == pytest.approx(error)
    assert found.difference == pytest.approx(second - first)
    assert found.p == pytest.approx(2 * norm.sf(abs(second - first) / error))
    assert found.high - found.low == pytest.approx(2 * 1.959964 * error)


@pytest.mark.parametrize("gain", [0.0, 0.35, 0.6])
def test_p_is_near_that_of_swapping_the_arms_record_by_record(gain):
    truth, reference, arm = scores(300, 80, seed=1, gain=gain)
    # Ranks make the two scores exchangeable record by record (Venkatraman & Begg 1996).
    ranks = np.stack([score.argsort().argsort() for score in (reference, arm)]).astype(float)
    generator = np.random.default_rng(0)
    swap = generator.random((2000, 300)) < 0.5
    first = np.where(swap, ranks[1], ranks[0])
    second = np.where(swap, ranks[0], ranks[1])
    both = np.repeat(truth[:, None], 2000, axis=1)
    drawn = np.abs(auc(both, second.T) - auc(both, first.T))
    found = delong(truth, reference, arm)
    assert found.p == pytest.approx((1 + (drawn >= abs(found.difference)).sum()) / 2001, abs=0.03)


def test_without_a_difference_one_in_twenty_is_called_one():
    p = [delong(*scores(200, 40, seed)).p for seed in range(1000)]
    assert 0.035 <= np.mean(np.array(p) < 0.05) <= 0.065


def test_the_sign_follows_the_arm():
    truth, reference, arm = scores(200, 40, seed=0, gain=2.0)
    there, back = delong(truth, reference, arm), delong(truth, arm, reference)
    assert there.difference > 0 > back.difference and there.p == back.p < 0.01
    assert (there.low, there.high) == (-back.high, -back.low)


def test_arms_that_rank_alike_do_not_differ_and_a_difference_without_spread_is_not_known():
    truth, reference, _ = scores(50, 10, seed=0)
    same = delong(truth, reference, reference * 3)
    assert (same.difference, same.standard_error, same.p) == (0, 0, 1)
    certain = delong(truth, np.zeros(50), truth.astype(float))
    assert (certain.difference, certain.standard_error) == (0.5, 0)
    assert np.isnan(certain.p)


def test_a_table_has_a_row_for_each_label_empty_where_there_is_too_little():
    reference = made_up()
    arm = dataclasses.replace(reference, probability=reference.probability**2 * 0.5 + 0.5 * made_up(seed=1).probability)
    table = delong_table(reference, arm)
    assert list(table.index) == list(reference.labels)
    np.testing.assert_allclose(table["arm_auc"][:4], auc(arm.truth, arm.probability)[:4])
    assert table["p"].notna().tolist() == [True] * 4 + [False]  # nobody has the last
    expected = delong(reference.truth[:, 2], reference.probability[:, 2], arm.probability[:, 2])
    assert table.loc["L2"].to_dict() == dataclasses.asdict(expected)


@pytest.mark.parametrize(
    ("truth", "reference", "arm", "message"),
    [
        (np.array([0, 1, 1, 0]), np.zeros(4), np.zeros(3), "must all be"),
        (np.array([0, 1, 1, 0]), np.zeros(4), np.array([0, 1, np.nan, 0]), "NaN"),
        (np.array([0, 0, 1, 0]), np.zeros(4), np.zeros(4), "got 1 with"),
        (np.array([1, 1, 1, 0]), np.zeros(4), np.zeros(4), "got 3 with"),
    ],
)
def test_scores_that_cannot_be_compared_are_refused(truth, reference, arm, message):
    with pytest.raises(BadInput, match=message):
        delong(truth, reference, arm)


def test_arms_of_other_records_are_refused():
    with pytest.raises(BadInput, match="differ in truth"):
        delong_table(made_up(), made_up(seed=1))
