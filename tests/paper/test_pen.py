import numpy as np
import pytest

from ecg_forge.paper.pen import ink_stroke, stroke_edges


def test_a_stroke_covers_as_much_as_its_area() -> None:
    stroke = ink_stroke(np.array([0.0, 100.0]), np.array([5.3, 35.3]), range(0, 100), radius=1.5)
    length_per_column = np.hypot(1, 0.3)
    middle = (stroke.columns > 10) & (stroke.columns < 90)
    assert stroke.coverage[middle].sum() / 79 == pytest.approx(3 * length_per_column, rel=0.01)


def test_a_stroke_touches_exactly_the_pixels_nearer_than_its_radius() -> None:
    x, y = np.array([2.0, 9.0, 13.0, 20.0]), np.array([10.0, 12.0, 30.0, 8.0])
    stroke = ink_stroke(x, y, range(0, 24), radius=1.5)
    drawn = np.zeros((40, 24))
    drawn[stroke.rows, stroke.columns] = stroke.coverage
    fine = np.linspace(0, 1, 2001)
    points = np.concatenate(
        [np.stack([a + fine * (b - a), c + fine * (d - c)], 1) for a, b, c, d in zip(x, x[1:], y, y[1:], strict=False)]
    )
    rows, columns = np.mgrid[0:40, 0:24] + 0.5
    distance = np.min(np.hypot(columns[..., None] - points[:, 0], rows[..., None] - points[:, 1]), axis=-1)
    assert (drawn[distance < 1] > 0.6).all()
    assert (drawn[distance > 2.3] == 0).all()


def test_a_peak_between_columns_keeps_its_height() -> None:
    top, _ = stroke_edges(np.array([0.0, 5.1, 10.0]), np.array([50.0, 0.0, 50.0]), range(0, 10), radius=1)
    assert np.nanmin(top) == pytest.approx(-1, abs=0.05)


def test_no_ink_lies_in_a_gap() -> None:
    y = np.array([5.0, 5.0, np.nan, 5.0, 5.0])
    stroke = ink_stroke(np.array([0.0, 10.0, 15.0, 20.0, 30.0]), y, range(0, 30), radius=1)
    assert not np.isin(stroke.columns, range(12, 18)).any()


def test_a_stroke_that_begins_anywhere_in_a_pixel_has_both_edges() -> None:
    for start in np.linspace(0, 1, 23):
        x = start + np.arange(5.0)
        top, bottom = stroke_edges(x, np.array([3.0, 1.0, 4.0, 1.0, 5.0]), range(-2, 8), radius=0.7)
        np.testing.assert_array_equal(np.isfinite(top), np.isfinite(bottom))
        assert (bottom - top)[np.isfinite(top)].min() >= 0
