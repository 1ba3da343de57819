import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.bootstrap import interval, interval_around, patient_weights, record_weights


def test_records_of_one_patient_are_drawn_together():
    weights = patient_weights(np.array([7, 7, 3, 7, 5]), resamples=50, seed=0)
    assert weights.shape == (50, 5)
    np.testing.assert_array_equal(weights[:, 0], weights[:, 1])
    np.testing.assert_array_equal(weights[:, 0], weights[:, 3])
    assert (weights[:, [0, 2, 4]].sum(axis=1) == 3).all()  # as many patients as there are
    assert (weights[:, 0] != weights[:, 2]).any()


def test_every_patient_is_drawn_once_on_average():
    weights = patient_weights(np.arange(50), resamples=2000, seed=1)
    assert weights.mean() == 1
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.15)


def test_the_same_seed_draws_the_same_patients():
    ids = np.arange(20)
    np.testing.assert_array_equal(patient_weights(ids, 5, seed=4), patient_weights(ids, 5, seed=4))
    assert (patient_weights(ids, 5, seed=4) != patient_weights(ids, 5, seed=5)).any()


@pytest.mark.parametrize(("ids", "resamples"), [(np.arange(3), 0), (np.arange(0), 5)])
def test_nothing_to_draw_is_refused(ids, resamples):
    with pytest.raises(BadInput, match="must be positive"):
        patient_weights(ids, resamples, seed=0)


def test_saved_draws_become_counts():
    weights = record_weights(np.array([[0, 0, 2], [1, 2, 2]], dtype=np.uint16))
    assert weights.tolist() == [[2, 0, 1], [0, 1, 2]]


@pytest.mark.parametrize("draws", [np.array([[0, 3, 1]]), np.array([[0, -1, 1]]), np.array([0, 1])])
def test_draws_outside_the_records_are_refused(draws):
    with pytest.raises(BadInput):
        record_weights(draws)


def test_the_interval_holds_the_middle_share():
    low, high = interval(np.arange(101.0)[:, None], level=0.9)
    assert (low[0], high[0]) == pytest.approx((5.0, 95.0))


def test_resamples_without_a_value_are_left_out_of_the_interval():
    samples = np.full((103, 2, 2), np.nan)
    samples[:101, 0, 1] = np.arange(101)
    low, high = interval(samples, level=0.9)
    assert low.shape == high.shape == (2, 2)
    assert (low[0, 1], high[0, 1]) == pytest.approx((5.0, 95.0))
    assert np.isnan(low[[0, 1, 1], [0, 0, 1]]).all()


def test_a_plain_series_gives_two_numbers():
    low, high = interval(np.arange(101.0), level=0.5)
    assert (float(low), float(high)) == (25.0, 75.0)


def test_without_any_value_there_is_no_interval():
    low, high = interval(np.full((5, 1), np.nan))
    assert np.isnan(low[0]) and np.isnan(high[0])


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_is_a_share(level):
    with pytest.raises(BadInput, match="between 0 and 1"):
        interval(np.zeros((3, 1)), level)


def test_the_interval_around_a_score_is_the_interval_moved_by_the_mean_offset():
    samples = 0.3 + np.linspace(-0.1, 0.1, 101)[:, None]
    low, high = interval_around(np.array([0.25]), samples, level=0.9)
    np.testing.assert_allclose((low[0], high[0]), (0.16, 0.34))
    low, high = interval_around(np.array([0.02]), samples, level=0.9)
    np.testing.assert_allclose((low[0], high[0]), (0.0, 0.11))


def test_a_score_that_never_occurs_has_no_interval_around_it():
    low, high = interval_around(np.array([np.nan]), np.full((4, 1), np.nan))
    assert np.isnan(low).all() and np.isnan(high).all()
