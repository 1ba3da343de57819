import json

import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.memorisation import memorisation, near_copies, nearest_distance


def recordings(n, seed):
    return np.random.default_rng(seed).normal(size=(n, 8, 50)).astype(np.float32)


@pytest.mark.parametrize("block", [1, 3, 100])
def test_the_nearest_is_that_of_a_plain_search_whatever_the_block(block):
    queries, reference = recordings(7, 0), recordings(11, 1)
    plain = np.sqrt(((queries[:, None].astype(float) - reference[None]) ** 2).mean(axis=(2, 3)))
    distance, index = nearest_distance(queries, reference, block)
    np.testing.assert_array_equal(index, plain.argmin(axis=1))
    np.testing.assert_allclose(distance, plain.min(axis=1), rtol=1e-12)


def test_a_copy_has_distance_zero_and_names_its_original():
    reference = recordings(9, 0)
    distance, index = nearest_distance(reference[[4, 2]], reference, block=4)
    assert distance.tolist() == [0.0, 0.0]
    assert index.tolist() == [4, 2]


def test_the_distance_is_a_root_mean_square_in_mv():
    reference = recordings(3, 0)
    distance, _ = nearest_distance(reference[:1] + np.float32(0.25), reference)
    assert distance[0] == pytest.approx(0.25, abs=1e-6)


@pytest.mark.parametrize(
    ("queries", "reference", "block"),
    [
        (recordings(2, 0), recordings(2, 0)[:, :7], 4),
        (recordings(2, 0), recordings(0, 0), 4),
        (recordings(2, 0), recordings(2, 0), 0),
        (recordings(2, 0) * np.nan, recordings(2, 0), 4),
    ],
)
def test_arrays_that_do_not_fit_are_refused(queries, reference, block):
    with pytest.raises(BadInput):
        nearest_distance(queries, reference, block)


def test_no_queries_have_no_distances():
    distance, index = nearest_distance(recordings(0, 0), recordings(2, 0))
    assert len(distance) == len(index) == 0


def test_unseen_records_set_the_scale():
    heldout = np.linspace(0.1, 0.3, 101)
    summary = memorisation(heldout / 2, heldout)
    assert summary["median_ratio"] == pytest.approx(0.5)
    assert summary["heldout_median_mv"] == pytest.approx(0.2)
    assert summary["share_below_median"] == 1.0
    assert summary["share_below_5_percent"] == pytest.approx(np.mean(heldout / 2 < 0.11))
    assert json.loads(json.dumps(summary)) == summary


def test_records_as_far_away_as_unseen_ones_are_not_memorised():
    distances = np.linspace(0.1, 0.3, 1001)
    summary = memorisation(distances, distances)
    assert summary["median_ratio"] == 1
    assert summary["share_below_median"] == pytest.approx(0.5, abs=0.001)
    assert summary["share_below_5_percent"] == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize(
    ("synthetic", "heldout"), [(np.ones(0), np.ones(3)), (np.ones(3), np.ones(0)), (np.ones(3), np.zeros(3))]
)
def test_nothing_to_compare_with_is_refused(synthetic, heldout):
    with pytest.raises(BadInput):
        memorisation(synthetic, heldout)


def test_near_copies_are_nearer_than_the_limit():
    assert near_copies(np.array([0.0, 0.02, 0.05]), limit=0.02).tolist() == [True, False, False]


@pytest.mark.parametrize("limit", [-0.1, float("nan"), float("inf")])
def test_a_limit_is_a_distance(limit):
    with pytest.raises(BadInput, match="limit"):
        near_copies(np.zeros(2), limit)
