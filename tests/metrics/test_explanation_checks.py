import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.explanation_checks import (
    area_under,
    completeness_gap,
    rank_correlation,
    removal_masks,
    removal_order,
)


def test_pieces_are_ranked_by_their_mean_highest_first() -> None:
    attribution = np.array([[1.0, 3.0, -5.0, -5.0, 9.0], [0.0, 0.0, 4.0, 4.0, 0.5]])
    order = removal_order(attribution, piece=2, seed=0)
    assert order.tolist() == [[2, 2, 5, 5, 0], [4, 4, 1, 1, 3]]


def test_equals_are_ranked_by_the_seed_and_not_by_their_place() -> None:
    flat = np.zeros((3, 100))
    first, again, other = (removal_order(flat, piece=1, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert abs(rank_correlation(first, np.arange(300).reshape(3, 100))) < 0.2
    assert sorted(first.ravel()) == list(range(300))


def test_every_step_takes_an_equal_share_from_nothing_to_everything() -> None:
    gone = removal_masks(removal_order(np.random.default_rng(0).normal(size=(2, 10)), piece=1, seed=0), steps=4)
    assert gone.sum(axis=(1, 2)).tolist() == [0, 5, 10, 15, 20]
    assert (gone[1:] >= gone[:-1]).all()


def test_no_step_is_refused() -> None:
    with pytest.raises(BadInput, match="at least one step, got 0"):
        removal_masks(np.arange(4).reshape(2, 2), steps=0)


def test_the_area_under_a_line_is_its_mean() -> None:
    assert area_under(np.array([1.0, 0.5, 0.0])) == pytest.approx(0.5)
    assert area_under(np.array([1.0, 1.0, 0.0])) == pytest.approx(0.75)
    assert area_under(np.ones(5)) == pytest.approx(1.0)


def test_ranks_see_order_and_not_size() -> None:
    values = np.random.default_rng(0).normal(size=(3, 50))
    assert rank_correlation(values, np.exp(values)) == pytest.approx(1)
    assert rank_correlation(values, -(values**3)) == pytest.approx(-1)


def test_a_map_that_is_the_same_everywhere_has_no_ranks() -> None:
    assert np.isnan(rank_correlation(np.ones((2, 4)), np.arange(8.0).reshape(2, 4)))


def test_maps_of_two_shapes_are_refused() -> None:
    with pytest.raises(BadInput, match=r"one shape, got \(2, 4\) and \(2, 3\)"):
        rank_correlation(np.ones((2, 4)), np.ones((2, 3)))


def test_the_gap_is_what_is_missing_of_the_rise() -> None:
    attributions = np.ones((2, 3, 4))
    assert completeness_gap(attributions, np.array([12.0, -16.0])).tolist() == pytest.approx([0.0, 28 / 16])
