import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.real_or_synthetic import BANDS_HZ, band_powers, told_apart_auc


def sample(seed, n=150, width=10):
    return np.random.default_rng(seed).normal(size=(n, width))


def test_two_samples_of_one_distribution_cannot_be_told_apart():
    assert told_apart_auc(sample(0, 400), sample(1, 400), folds=5, seed=0) == pytest.approx(0.5, abs=0.08)


def test_a_shift_is_told():
    assert told_apart_auc(sample(0), sample(1) + 3, folds=5, seed=0) > 0.99


def test_a_missing_value_gives_a_record_away():
    gaps = sample(1)
    gaps[:, 2] = np.nan
    assert told_apart_auc(sample(0), gaps, folds=5, seed=0) > 0.99


def test_it_does_not_learn_its_test_records():
    # More features than records: a regression would tell its own records apart without fail.
    assert told_apart_auc(sample(0, 30, 200), sample(1, 30, 200), folds=5, seed=0) < 0.75


def test_the_same_seed_gives_the_same_figure():
    assert told_apart_auc(sample(0), sample(1), 5, seed=3) == told_apart_auc(sample(0), sample(1), 5, seed=3)


@pytest.mark.parametrize(("first", "second"), [(sample(0, 1), sample(1)), (sample(0), sample(1, width=9))])
def test_sets_that_cannot_be_compared_are_refused(first, second):
    with pytest.raises(BadInput):
        told_apart_auc(first, second, 5, 0)


def test_a_sine_has_its_power_in_its_band():
    time = np.arange(1000) / 100
    signal = np.broadcast_to(2 * np.sin(2 * np.pi * 8 * time), (2, 12, 1000)).astype(np.float32)
    powers = band_powers(signal, 100)
    assert powers.shape == (2, 12 * len(BANDS_HZ))
    assert powers["V1 5–15 Hz"].tolist() == pytest.approx([np.log10(2)] * 2, abs=1e-3)  # amplitude² / 2
    assert (powers["V1 15–30 Hz"] < -6).all()


def test_a_flat_lead_has_a_finite_power():
    assert np.isfinite(band_powers(np.zeros((1, 12, 1000), np.float32), 100).to_numpy()).all()
