"""Features of many records at once are those of each record by itself, as scipy and PyWavelets measure them."""

from itertools import pairwise

import numpy as np
import pytest
import pywt
from scipy import signal, stats

from ecg_forge.ecg.beats import MOST_BEATS, beat_rows, beat_table
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.intervals import find_beats
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.signal_features import (
    SPECTRAL_EDGES_HZ,
    lead_spectra,
    lead_statistics,
    lead_wavelets,
    signal_features,
)

FS = 100
NO_BEATS = np.full((3, MOST_BEATS), np.nan, np.float32)


def noise(records: int = 3, samples: int = 1000) -> np.ndarray:
    steps = np.random.default_rng(0).normal(0.01, 0.2, (records, len(LEADS), samples))
    return (steps + 0.1 * steps.cumsum(axis=-1)).astype(np.float32)


def pulses(records: int = 3) -> np.ndarray:
    """A sharp beat each second in every lead, the higher the later the lead."""
    x = 0.01 * np.random.default_rng(1).normal(size=(records, len(LEADS), 1000))
    for centre in range(50, 1000, 100):
        x[:, :, centre - 2 : centre + 3] += np.array([0.3, 0.8, 1.0, 0.8, 0.3]) * np.arange(1, 13)[:, None] / 6
    return x.astype(np.float32)


def peaks_of(x: np.ndarray) -> np.ndarray:
    ids = np.arange(len(x))
    return beat_rows(beat_table(ids, find_beats(x, FS)), ids)


def test_statistics_are_those_of_scipy() -> None:
    x = noise()
    found = lead_statistics(x)
    lead = x[2, 5].astype(np.float64)
    expected = {"mean": lead.mean(), "sd": lead.std(), "median": np.median(lead), "min": lead.min(), "max": lead.max()}
    expected |= {"range": np.ptp(lead), "skewness": stats.skew(lead), "kurtosis": stats.kurtosis(lead)}
    expected |= {"energy": np.mean(lead**2), "line_length": np.abs(np.diff(lead)).mean()}
    assert {name: values.shape for name, values in found.items()} == dict.fromkeys(expected, (3, 12))
    assert {name: values[2, 5] for name, values in found.items()} == pytest.approx(expected, rel=1e-4)


def test_spectra_are_those_of_scipy() -> None:
    x = noise()
    found = {name: values[1, 7] for name, values in lead_spectra(x, FS).items()}
    frequency, power = signal.periodogram(x[1, 7], FS, window="hann")
    share = power / power.sum()
    for low, high in pairwise(SPECTRAL_EDGES_HZ):
        inside = (frequency >= low) & (frequency < high)
        assert found[f"power_{low:g}_{high:g}"] == pytest.approx(share[inside].sum(), rel=1e-4)
    assert found["centroid_hz"] == pytest.approx((share * frequency).sum(), rel=1e-4)
    assert share[frequency < found["edge_hz"]].sum() < 0.95 <= share[frequency <= found["edge_hz"]].sum() + 1e-6
    assert found["spectral_entropy"] == pytest.approx(stats.entropy(share) / np.log(len(share)), rel=1e-4)


def test_wavelet_bands_are_those_of_pywavelets() -> None:
    x = noise()
    found = lead_wavelets(x)
    for band, coefficients in zip(
        ("a5", "d5", "d4", "d3", "d2", "d1"), pywt.wavedec(x[0, 3], "db6", level=5), strict=True
    ):
        energy = coefficients.astype(float) ** 2
        signs = np.sign(coefficients)
        assert found[f"{band}_rms"][0, 3] == pytest.approx(np.sqrt(energy.mean()), rel=1e-4)
        assert found[f"{band}_entropy"][0, 3] == pytest.approx(stats.entropy(energy) / np.log(len(energy)), rel=1e-4)
        assert found[f"{band}_crossings"][0, 3] == pytest.approx((signs[1:] != signs[:-1]).mean())


def test_a_tone_has_its_frequency_and_no_spread() -> None:
    tone = np.tile(np.sin(2 * np.pi * 8 * np.arange(1000) / FS), (1, 12, 1)).astype(np.float32)
    found = {name: values[0, 0] for name, values in lead_spectra(tone, FS).items()}
    assert found["centroid_hz"] == pytest.approx(8, abs=0.01)
    assert found["power_7_10"] == pytest.approx(1, abs=1e-3)
    assert found["spectral_entropy"] < 0.2


def test_a_record_has_the_same_features_alone_and_among_others_and_every_time() -> None:
    x = pulses()
    together, again = signal_features(x, FS, peaks_of(x)), signal_features(x, FS, peaks_of(x))
    alone = signal_features(x[1:2], FS, peaks_of(x[1:2]))
    assert together.equals(again)
    np.testing.assert_allclose(together.iloc[1], alone.iloc[0], rtol=1e-5, atol=1e-6)


def test_features_are_named_after_their_lead() -> None:
    table = signal_features(pulses(), FS, peaks_of(pulses()))
    assert table.columns.is_unique
    assert (table.dtypes == np.float32).all()
    assert not table.isna().any().any()
    with_lead = [name for name in table if name.split("_")[0] in LEADS]
    assert len(with_lead) % len(LEADS) == 0
    assert table["V6_qrs_max"].iloc[0] > 3 * table["aVR_qrs_max"].iloc[0] / 2


def test_a_flat_record_has_numbers_except_of_its_beats_which_it_lacks() -> None:
    table = signal_features(np.zeros((3, 12, 1000), np.float32), FS, NO_BEATS)
    of_beats = table.columns.str.contains("beat|qrs|_t_|t_axis|p_max|_st|lyon|cornell")
    assert table.loc[:, of_beats].isna().all().all()
    assert np.isfinite(table.loc[:, ~of_beats]).all().all()


@pytest.mark.parametrize(
    ("x", "fs", "message"),
    [
        (np.zeros((3, 8, 1000), np.float32), 100, r"must be \(record, 12, sample\)"),
        (np.zeros((3, 12, 1000), np.float32), 50, "at least 100 Hz"),
        (np.full((3, 12, 1000), np.nan, np.float32), 100, "not finite"),
        (np.zeros((3, 12, 300), np.float32), 100, "too short for 5 levels"),
    ],
)
def test_what_cannot_be_described_is_refused(x: np.ndarray, fs: int, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        signal_features(x, fs, NO_BEATS)
