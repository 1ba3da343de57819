"""Another rate, the same signal."""

import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import limb_lead_residual, twelve_leads
from ecg_forge.ecg.records import Signals, to_microvolts
from ecg_forge.ecg.resampling import at_rate, resample


def sine(frequency: float, fs: int) -> np.ndarray:
    """Ten seconds of a 1 mV sine, float32."""
    return np.sin(2 * np.pi * frequency * np.arange(10 * fs) / fs).astype(np.float32)


@pytest.mark.parametrize(("fs", "wanted_fs"), [(100, 500), (500, 100), (100, 360), (500, 257)])
@pytest.mark.parametrize("frequency", [1, 10, 44])
def test_a_sine_is_the_same_sine_at_another_rate(frequency: float, fs: int, wanted_fs: int) -> None:
    made = resample(sine(frequency, fs), fs, wanted_fs)
    inner = slice(wanted_fs, -wanted_fs)  # the first and last second lack half of their neighbours
    np.testing.assert_allclose(made[inner], sine(frequency, wanted_fs)[inner], atol=3e-5)


def test_what_the_lower_rate_cannot_hold_is_taken_out() -> None:
    assert np.abs(resample(sine(80, 500), 500, 100)[100:-100]).max() < 1e-5


@pytest.mark.parametrize(("wanted_fs", "length"), [(500, 5000), (250, 2500), (360, 3600), (257, 2570), (50, 500)])
def test_ten_seconds_stay_ten_seconds(wanted_fs: int, length: int) -> None:
    assert resample(np.zeros((2, 8, 1000), np.float32), 100, wanted_fs).shape == (2, 8, length)


def test_leads_that_belong_together_stay_together() -> None:
    eight = np.random.default_rng(0).normal(size=(3, 8, 1000)).astype(np.float32)
    made = resample(twelve_leads(eight), 100, 500)
    assert made.dtype == np.float32
    assert limb_lead_residual(made).max() < 1e-6 * np.abs(made).max()


def test_an_offset_and_a_drift_do_not_ring_at_the_ends() -> None:
    drift = np.linspace(3, 4, 1000)
    np.testing.assert_allclose(resample(drift, 100, 500)[::5], drift, atol=1e-4)


def test_the_same_rate_changes_nothing() -> None:
    signal = sine(5, 100)
    assert resample(signal, 100, 100) is signal


@pytest.mark.parametrize(
    ("signal", "fs", "wanted_fs", "message"),
    [(sine(1, 100), 100, 0, "above 0 Hz, got 100 and 0"), (np.zeros(9, np.int16), 100, 500, "got int16")],
)
def test_what_cannot_be_resampled_is_refused(signal: np.ndarray, fs: int, wanted_fs: int, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        resample(signal, fs, wanted_fs)


def test_recordings_keep_their_ids_and_obey_the_limb_leads_at_another_rate() -> None:
    eight = sine(5, 100) * np.random.default_rng(3).uniform(-1, 1, (3, 8, 1)).astype(np.float32)
    signals = Signals(to_microvolts(twelve_leads(eight)), np.array([7, 5, 9]))
    made = at_rate(signals, 500)
    assert (made.fs, made.length, made.ecg_id.tolist()) == (500, 5000, [7, 5, 9])
    assert limb_lead_residual(made.millivolts([5, 7, 9])).max() <= 0.002  # each lead is rounded to a microvolt
    first, again = signals.millivolts([5]), made.millivolts([5])[..., ::5]
    np.testing.assert_allclose(again[..., 100:900], first[..., 100:900], atol=0.003)
    assert at_rate(signals, 100) is signals
