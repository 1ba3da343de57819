import time

import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.intervals import BLOCK, FEATURES, find_beats, r_peaks, rhythm_features


def wave(seconds, centre, width, height):
    return height * np.exp(-0.5 * ((seconds - centre) / width) ** 2)


def recording(beats, fs=100, noise=0.0, t_wave=0.3, seed=0):
    """Twelve leads of P, QRS and T at the given times in seconds, in mV; each lead has its own size and sign."""
    seconds = np.arange(10 * fs) / fs
    shape = np.zeros_like(seconds)
    for beat in beats:
        shape += wave(seconds, beat, 0.012, 1.0) + wave(seconds, beat + 0.28, 0.05, t_wave)
        shape += wave(seconds, beat - 0.16, 0.025, 0.1)
    lead_size = np.linspace(-0.8, 1.5, 12)[:, None]
    generator = np.random.default_rng(seed)
    return (lead_size * shape + noise * generator.normal(size=(12, len(seconds)))).astype(np.float32)


REGULAR = np.arange(0.5, 10, 0.8)
IRREGULAR = np.array([0.4, 1.3, 1.75, 2.9, 3.5, 4.9, 5.4, 6.6, 7.1, 8.4, 9.2])


@pytest.mark.parametrize("fs", [100, 500])
@pytest.mark.parametrize("beats", [REGULAR, IRREGULAR], ids=["regular", "irregular"])
def test_every_beat_is_found_at_its_peak(beats, fs):
    peaks = r_peaks(recording(beats, fs), fs)
    np.testing.assert_allclose(peaks / fs, beats, atol=1 / fs)
    assert peaks.dtype == np.int64


def test_beats_of_many_recordings_are_those_of_each_alone():
    recordings = np.stack([recording(REGULAR, seed=n) for n in range(BLOCK)] + [recording(IRREGULAR)])
    found = find_beats(recordings, 100)
    assert len(found) == BLOCK + 1
    for beats, alone in zip(found[-2:], recordings[-2:], strict=True):
        np.testing.assert_array_equal(beats, r_peaks(alone, 100))


def test_beats_of_one_recording_without_a_record_axis_are_refused():
    with pytest.raises(BadInput, match=r"recordings are \(record, lead, sample\), got \(12, 1000\)"):
        find_beats(recording(REGULAR), 100)


@pytest.mark.parametrize("fs", [100, 500])
def test_noise_wander_and_mains_do_not_hide_the_beats(fs):
    seconds = np.arange(10 * fs) / fs
    disturbed = recording(REGULAR, fs, noise=0.05) + 0.5 * np.sin(2 * np.pi * 0.3 * seconds)
    disturbed += 0.1 * np.sin(2 * np.pi * 50 * seconds + 0.7)
    np.testing.assert_allclose(r_peaks(disturbed, fs) / fs, REGULAR, atol=0.03)


def test_a_tall_t_wave_is_not_a_beat():
    assert len(r_peaks(recording(REGULAR, t_wave=0.9), 100)) == len(REGULAR)


def test_a_beat_missing_in_most_leads_is_found_in_the_others():
    signal = recording(REGULAR)
    signal[:9] = 0
    assert len(r_peaks(signal, 100)) == len(REGULAR)


def test_a_nearly_flat_recording_has_no_beats():
    dithered = np.random.default_rng(0).integers(-1, 2, size=(12, 1000)) / 1000
    assert len(r_peaks(dithered, 100)) == 0
    assert r_peaks(np.zeros((12, 1000)), 100).tolist() == []


def test_features_of_a_regular_rhythm():
    features = rhythm_features(recording(REGULAR)[None], 100).iloc[0]
    assert features["heart_rate_bpm"] == pytest.approx(75, abs=0.5)
    assert features["rr_variation"] < 0.02
    assert features["n_beats"] == len(REGULAR)


def test_an_irregular_rhythm_varies():
    rr = np.diff(IRREGULAR)
    features = rhythm_features(recording(IRREGULAR)[None], 100).iloc[0]
    assert features["rr_variation"] == pytest.approx(rr.std() / rr.mean(), abs=0.02)


def test_size_is_measured_about_the_mean_in_mv():
    signal = np.zeros((1, 12, 1000), dtype=np.float32)
    signal[0, 3] = np.where(np.arange(1000) % 2, 0.5, -1.5)
    signal[0, 7] = 9.0  # an offset has no size
    features = rhythm_features(signal, 100).iloc[0]
    assert features["amplitude_mv"] == 2
    assert features["rms_mv"] == pytest.approx(np.sqrt(1 / 12))


def test_a_single_spike_does_not_make_the_amplitude():
    signal = recording(REGULAR)[None]
    spiked = signal.copy()
    spiked[0, 5, 500] = 30.0
    ours, theirs = (rhythm_features(given, 100)["amplitude_mv"].item() for given in (spiked, signal))
    assert ours == pytest.approx(theirs, rel=0.05)


def test_fewer_than_two_beats_have_no_rate():
    features = rhythm_features(np.stack([recording([0.5])[:, :150], np.zeros((12, 150))]), 100)
    assert features["n_beats"].tolist() == [1, 0]
    assert features[["heart_rate_bpm", "rr_variation"]].isna().all(axis=None)


def test_a_record_with_nan_has_no_features_and_spares_the_others():
    signals = np.stack([recording(REGULAR)] * 40)  # more than one block
    signals[3, 2, 7] = np.nan
    features = rhythm_features(signals, 100)
    assert features.loc[3].drop("n_beats").isna().all() and features.loc[3, "n_beats"] == 0
    others = features.drop(index=3)
    assert (others == others.iloc[0]).all(axis=None)


def test_no_records_give_an_empty_table():
    features = rhythm_features(np.zeros((0, 12, 1000)), 100)
    assert list(features.columns) == list(FEATURES) and len(features) == 0


def test_the_input_is_not_changed():
    signals = np.stack([recording(REGULAR)] * 2)
    before = signals.copy()
    rhythm_features(signals, 100)
    r_peaks(signals[0], 100)
    np.testing.assert_array_equal(signals, before)


@pytest.mark.parametrize(
    ("signal", "fs", "message"),
    [
        (np.zeros((1, 12, 1000)), 100, "one recording"),
        (np.zeros((12, 1000)), 50, "100 Hz"),
        (np.zeros((12, 99)), 100, "one second"),
        (np.full((12, 1000), np.nan), 100, "not finite"),
    ],
)
def test_wrong_signals_are_named(signal, fs, message):
    with pytest.raises(BadInput, match=message):
        r_peaks(signal, fs)


def test_features_need_a_record_axis():
    with pytest.raises(BadInput, match="record, lead, sample"):
        rhythm_features(np.zeros((12, 1000)), 100)


def test_heart_rates_of_real_records_agree_with_neurokit(real_millivolts):
    neurokit2 = pytest.importorskip("neurokit2")
    signals = real_millivolts(60)
    ours = rhythm_features(signals, 100)["heart_rate_bpm"]
    agree = 0
    for rate, signal in zip(ours, signals, strict=True):
        theirs = []
        for lead in (1, 6, 7, 10):  # II, V1, V2, V5
            _, found = neurokit2.ecg_peaks(neurokit2.ecg_clean(signal[lead], sampling_rate=100), sampling_rate=100)
            rr = np.diff(found["ECG_R_Peaks"]) / 100
            theirs.append(60 / np.median(rr) if len(rr) else np.nan)
        agree += abs(rate - np.nanmedian(theirs)) <= 5
    assert agree >= 0.95 * len(signals)


def test_a_record_takes_less_than_two_milliseconds():
    signals = np.stack([recording(REGULAR)] * 200)
    start = time.process_time()
    rhythm_features(signals, 100)
    assert (time.process_time() - start) / len(signals) < 0.002  # 0.45 ms measured; room for a slow machine
