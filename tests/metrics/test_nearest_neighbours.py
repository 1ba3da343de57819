import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.memorisation import nearest_distance
from ecg_forge.metrics.nearest_neighbours import nearest_distances


def recordings(n, seed):
    return np.random.default_rng(seed).normal(size=(n, 8, 50)).astype(np.float32)


@pytest.mark.parametrize("block", [1, 3, 100])
@pytest.mark.parametrize("count", [1, 2, 11])
def test_they_are_those_of_a_plain_search_whatever_the_block(count, block):
    queries, reference = recordings(7, 0), recordings(11, 1)
    plain = np.sqrt(((queries[:, None].astype(float) - reference[None]) ** 2).mean(axis=(2, 3)))
    found = nearest_distances(queries, reference, count, block)
    np.testing.assert_allclose(found, np.sort(plain, axis=1)[:, :count], rtol=1e-12)


def test_the_first_is_the_nearest_distance():
    queries, reference = recordings(5, 0), recordings(9, 1)
    np.testing.assert_array_equal(
        nearest_distances(queries, reference, 2)[:, 0], nearest_distance(queries, reference)[0]
    )


def test_a_copy_is_at_distance_zero_and_the_next_record_is_not():
    reference = recordings(9, 0)
    found = nearest_distances(reference[[4]], reference, 2, block=4)
    assert found[0, 0] == 0 < found[0, 1]


def test_no_queries_have_no_distances():
    assert nearest_distances(recordings(0, 0), recordings(2, 0), 2).shape == (0, 2)


@pytest.mark.parametrize(
    ("queries", "reference", "count", "block", "message"),
    [
        (recordings(2, 0), recordings(2, 0)[:, :7], 1, 4, "must agree"),
        (recordings(2, 0), recordings(2, 0), 3, 4, "asked for 3 of 2"),
        (recordings(2, 0), recordings(2, 0), 0, 4, "asked for 0"),
        (recordings(2, 0), recordings(2, 0), 1, 0, "0 at a time"),
        (recordings(2, 0) * np.nan, recordings(2, 0), 1, 4, "not finite"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(queries, reference, count, block, message):
    with pytest.raises(BadInput, match=message):
        nearest_distances(queries, reference, count, block)
