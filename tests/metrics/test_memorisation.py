import json

import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics import memorisation as memorisation_module
from ecg_forge.metrics.memorisation import (
    BAND_HZ,
    _filtered,
    closest_correlation,
    correlation_summary,
    memorisation,
    near_copies,
    nearest_distance,
)


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


def beating(n, seed, samples=1000):
    """Recordings of 100 Hz with beats at their own rate, of their own shape in each of three leads."""
    rng = np.random.default_rng(seed)
    time = np.arange(samples) / 100
    signals = rng.normal(0, 0.02, size=(n, 3, samples))
    for row in range(n):
        beats = np.cumsum(rng.normal(rng.uniform(0.6, 1.1), 0.05, size=30)) - 1
        widths, delays, heights = rng.uniform(0.02, 0.08, 4), rng.uniform(-0.1, 0.3, 4), rng.normal(size=(4, 3, 1))
        for beat in beats:
            for width, delay, height in zip(widths, delays, heights, strict=True):
                signals[row] += height * np.exp(-0.5 * ((time - beat - delay) / width) ** 2)
    return signals.astype(np.float32)


def later(signals, seconds):
    shift = round(seconds * 100)
    moved = np.zeros_like(signals)
    moved[..., shift:] = signals[..., : signals.shape[-1] - shift]
    return moved


@pytest.mark.parametrize("seconds", [0.0, 0.37, 1.3, 4.9])
def test_a_copy_is_found_however_shifted_and_scaled(seconds):
    reference = beating(150, 0)
    copies = 0.8 * later(reference[[3, 140]], seconds) + 0.2  # on another baseline too
    correlation, index = closest_correlation(copies, reference, 100)
    assert index.tolist() == [3, 140]
    assert (correlation > 0.9).all()


def test_unseen_records_are_not_copies():
    correlation, _ = closest_correlation(beating(20, 1), beating(150, 0), 100)
    assert correlation.max() < 0.9


def test_the_correlation_is_the_plain_one_over_the_stretch_that_overlaps():
    first, second = (beating(1, seed, 400) for seed in (0, 1))
    filtered = [_filtered(side, 100, 100, BAND_HZ)[0].astype(float) for side in (first, second)]
    plain = []
    for lag in range(-200, 201):
        ahead, behind = filtered if lag >= 0 else filtered[::-1]
        q, r = ahead[:, abs(lag) :], behind[:, : 400 - abs(lag)]
        plain.append((q * r).sum() / np.sqrt((q**2).sum() * (r**2).sum()))
    correlation, _ = closest_correlation(first, second, 100)
    assert correlation[0] == pytest.approx(max(plain), abs=1e-5)


def test_the_correlation_does_not_depend_on_how_many_records_there_are_at_a_time(monkeypatch):
    queries, reference = beating(5, 1, 300), beating(40, 0, 300)
    whole = closest_correlation(queries, reference, 100)
    monkeypatch.setattr(memorisation_module, "_BLOCK", 3)
    in_parts = closest_correlation(queries, reference, 100)
    np.testing.assert_array_equal(whole[1], in_parts[1])
    np.testing.assert_allclose(whole[0], in_parts[0], atol=1e-6)


def test_a_flat_record_correlates_with_nothing():
    correlation, _ = closest_correlation(np.zeros((1, 3, 400), np.float32), beating(3, 0, 400), 100)
    assert correlation.tolist() == [0.0]


@pytest.mark.parametrize(
    ("queries", "reference", "fs", "message"),
    [
        (beating(1, 0, 300)[:, :2], beating(2, 0, 300), 100, "must agree"),
        (beating(1, 0, 300), beating(0, 0, 300), 100, "not be empty"),
        (beating(1, 0, 300) * np.nan, beating(2, 0, 300), 100, "query 0 is not finite"),
        (beating(1, 0, 300), beating(2, 0, 300), 120, "multiple of 50 Hz, got 120"),
    ],
)
def test_recordings_that_cannot_be_correlated_are_refused(queries, reference, fs, message):
    with pytest.raises(BadInput, match=message):
        closest_correlation(queries, reference, fs)


def test_held_out_records_set_the_scale_of_the_correlation_too():
    heldout = np.linspace(0.4, 0.8, 1001)
    alike = correlation_summary(heldout, heldout)
    assert alike["share_above_99_percent"] == pytest.approx(0.01, abs=0.001)
    copied = correlation_summary(np.r_[heldout[:900], np.ones(100)], heldout)
    assert copied["share_above_99_percent"] == pytest.approx(0.1)
    assert (copied["synthetic_highest"], copied["heldout_highest"]) == (1, pytest.approx(0.8))
    assert json.loads(json.dumps(copied)) == copied


def test_no_records_have_no_summary():
    with pytest.raises(BadInput):
        correlation_summary(np.ones(0), np.ones(3))
