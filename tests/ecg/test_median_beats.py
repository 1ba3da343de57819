"""The median beat, and what is measured on it."""

import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.median_beats import beat_measures, beat_samples, heart_measures, median_beats

FS = 100
PEAKS = np.array([[100.0, 200.0, 300.0, 400.0, np.nan]])
RIGHT, LEFT = LEADS.index("V1"), LEADS.index("V5")


def recording(shapes: list[np.ndarray]) -> np.ndarray:
    """One record whose beats, in every lead, have these shapes about the R peaks."""
    x = np.full((1, len(LEADS), 500), 0.25, np.float32)  # a level that the median beat loses
    for peak, shape in zip((100, 200, 300, 400), shapes, strict=True):
        x[0, :, peak + beat_samples(FS)] += shape[:, None]
    return x


def shape(height: float) -> np.ndarray:
    beat = np.zeros(len(beat_samples(FS)))
    beat[28] = height
    return beat


def test_the_median_beat_forgets_one_odd_beat() -> None:
    beats = median_beats(recording([shape(1.0), shape(1.0), shape(-5.0), shape(1.0)]), FS, PEAKS)
    assert beats.shape == (1, len(LEADS), len(beat_samples(FS)))
    np.testing.assert_allclose(beats[0, 3], shape(1.0), atol=1e-6)


def test_the_median_is_that_of_numpy_beat_by_beat() -> None:
    x = np.random.default_rng(0).normal(size=(2, len(LEADS), 500)).astype(np.float32)
    peaks = np.array([[60, 150, 290, 330, np.nan], [100, 200, 300, np.nan, np.nan]])
    beats = median_beats(x, FS, peaks)
    for row, known in enumerate(([60, 150, 290, 330], [100, 200, 300])):
        cut = np.median([x[row][:, peak + beat_samples(FS)] for peak in known], axis=0)
        level = cut[:, 16:20].mean(axis=1, keepdims=True)  # 120 to 80 ms before the R peak
        np.testing.assert_allclose(beats[row], cut - level, atol=1e-5)


def test_beats_that_the_recording_cuts_off_do_not_count() -> None:
    x = recording([shape(1.0)] * 4)
    cut_off = np.array([[5.0, 100.0, 200.0, 300.0, 490.0]])
    np.testing.assert_allclose(median_beats(x, FS, cut_off)[0, 0], shape(1.0), atol=1e-6)
    assert np.isnan(median_beats(x, FS, np.array([[5.0, 490.0]]))).all()


def test_waves_are_measured_where_they_stand() -> None:
    beats = np.zeros((1, len(LEADS), len(beat_samples(FS))), np.float32)
    beats[0, LEFT, 28], beats[0, LEFT, 30] = 1.5, -0.5  # R, and S 20 ms later
    beats[0, LEFT, 28 + 30] = 0.4  # T, 300 ms after R
    beats[0, LEFT, 40:45] = -0.1  # ST, from 120 ms
    found = beat_measures(beats, FS).iloc[0]
    of_lead = {name: found[f"V5_{name}"] for name in ("qrs_max", "qrs_min", "t_max", "st", "beat+000ms", "beat+120ms")}
    expected = {"qrs_max": 1.5, "qrs_min": -0.5, "t_max": 0.4, "st": -0.1, "beat+000ms": 1.5, "beat+120ms": -0.1}
    assert of_lead == pytest.approx(expected)
    assert (found[[name for name in found.index if not name.startswith("V5")]] == 0).all()


def test_voltages_and_axis_are_those_of_the_books() -> None:
    beats = np.zeros((1, len(LEADS), len(beat_samples(FS))), np.float32)
    beats[0, RIGHT, 30], beats[0, LEFT, 28] = -1.2, 2.5
    beats[0, LEADS.index("I"), 28] = beats[0, LEADS.index("aVF"), 28] = 1.0
    beats[0, LEADS.index("aVL"), 28], beats[0, LEADS.index("V3"), 29] = 0.7, -0.9
    beats[0, LEADS.index("I"), 50] = -0.3
    found = heart_measures(beats, FS).iloc[0]
    assert found["sokolow_lyon_mv"] == pytest.approx(3.7)
    assert found["cornell_mv"] == pytest.approx(1.6)
    assert found["qrs_axis_deg"] == pytest.approx(45)
    assert found["qrs_t_angle_deg"] == pytest.approx(135)


@pytest.mark.parametrize("half_width", [3, 6])
def test_a_wider_qrs_is_longer(half_width: int) -> None:
    beats = np.zeros((1, len(LEADS), len(beat_samples(FS))), np.float32)
    ramp = 1 - np.abs(np.arange(-half_width, half_width + 1)) / half_width
    beats[..., 28 - half_width : 28 + half_width + 1] = ramp
    assert heart_measures(beats, FS)["qrs_ms"].iloc[0] == pytest.approx(20 * half_width, abs=20)


def test_peaks_of_other_records_are_refused() -> None:
    with pytest.raises(BadInput, match="signals .* and peaks"):
        median_beats(recording([shape(1.0)] * 4), FS, np.zeros((2, 3)))
