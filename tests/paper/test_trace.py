import numpy as np
import pytest

from ecg_forge.paper.pen import ink_stroke
from ecg_forge.paper.stroke_fit import fit_stroke
from ecg_forge.paper.trace import find_runs, follow, share_out

PX_PER_MM = 8


def inked(curves: list[np.ndarray], height_mm: float = 60) -> np.ndarray:
    """Draw curves given in mm every quarter of a millimetre; return the ink ``(row, column)``."""
    width = (len(curves[0]) - 1) * PX_PER_MM // 4
    ink = np.zeros((round(height_mm * PX_PER_MM), width), dtype=np.float32)
    for curve in curves:
        x = np.arange(len(curve)) * PX_PER_MM / 4
        stroke = ink_stroke(x, curve * PX_PER_MM, range(width), radius=0.2 * PX_PER_MM).inside(*ink.shape)
        ink[stroke.rows, stroke.columns] = np.maximum(ink[stroke.rows, stroke.columns], stroke.coverage)
    return ink


def read(ink: np.ndarray, baselines: list[float]) -> list[np.ndarray]:
    runs = find_runs(ink, PX_PER_MM)
    zeros = np.array(baselines)
    ways = follow(runs, np.zeros(len(zeros), dtype=int), ink.shape[1], zeros)
    shared = share_out(runs, list(ways), [0] * len(zeros), baselines)
    columns = (np.arange(ink.shape[1]) + 0.5) / PX_PER_MM
    return [fit_stroke(way.top, way.bottom, columns, 0.25, 0.2).y for way in shared]


def spiked(level: float, at: int, height: float, samples: int = 201) -> np.ndarray:
    """A flat curve with one wave of three samples, as narrow as a QRS complex at 100 Hz."""
    curve = np.full(samples, float(level))
    curve[at - 1 : at + 2] -= np.array([0.4, 1, 0.3]) * height
    return curve


def test_runs_have_their_borders_between_pixels() -> None:
    ink = np.zeros((10, 2))
    ink[3:6, 0] = [0.25, 1, 1]
    runs = find_runs(ink, 1)
    assert (runs.top[0, 0], runs.bottom[0, 0]) == pytest.approx((3.5 + 1 / 3, 6))  # half the ink from 3.5 to 4.5
    assert np.isnan(runs.top[1]).all()


@pytest.mark.parametrize("height", [12.0, -12.0, 1.5])
def test_a_narrow_wave_keeps_its_height(height: float) -> None:
    true = spiked(30, 100, height)
    found = read(inked([true]), [30])[0]
    np.testing.assert_allclose(found, true[: len(found)], atol=0.12 + 0.02 * abs(height))


def test_noise_within_the_pens_width_is_read_to_a_tenth_of_a_millimetre() -> None:
    true = 30 + np.random.default_rng(0).normal(0, 0.3, 401)
    found = read(inked([true]), [30])[0]
    assert np.sqrt(np.mean((found - true[: len(found)]) ** 2)) < 0.1


def test_a_tall_wave_that_crosses_its_neighbour_stays_its_leads() -> None:
    upper, lower = np.full(201, 20.0), spiked(40, 100, 27)
    found = read(inked([upper, lower]), [20, 40])
    np.testing.assert_allclose(found[0], upper[: len(found[0])], atol=0.3)
    np.testing.assert_allclose(found[1], lower[: len(found[1])], atol=0.6)


def test_a_gap_in_the_ink_is_filled_between_its_ends() -> None:
    true = np.linspace(28, 32, 201)
    ink = inked([true])
    ink[:, 180:200] = 0
    found = read(ink, [30])[0]
    np.testing.assert_allclose(found, true[: len(found)], atol=0.15)


def test_a_neighbour_is_not_taken_for_a_lead_that_is_missing_for_a_while() -> None:
    upper, lower = np.full(201, 20.0), np.full(201, 32.0)
    ink = inked([upper, lower])
    ink[: 26 * PX_PER_MM, 150:170] = 0
    np.testing.assert_allclose(read(ink, [20, 32])[0], 20, atol=0.1)
