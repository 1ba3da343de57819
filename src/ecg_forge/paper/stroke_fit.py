"""The curve that a pen followed, from the edges of its stroke.

The middle between the edges is no good where it matters most: at a narrow peak the stroke's lower edge lies on the
flanks, and half the height is lost. So the samples are sought whose drawn stroke has the edges that were seen. The
upper edge in a column is the highest the pen reaches from the curve around it; from which point of the curve changes
little, so that a few linear least squares, each with the points of the one before, find the samples (Gauss-Newton).
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solveh_banded

_ROUNDS = 10
_STEPS = 6  # of the pen's radius at which the curve is looked at
_SMOOTHNESS = 1e-3  # weight of the curve's second difference: it decides only where no edge was seen
_OUTLIER_MM = 0.25


@dataclass(frozen=True)
class FittedCurve:
    """A curve and how well its stroke has the edges that were seen.

    Attributes:
        y: ``(sample,)`` in mm.
        misfit: ``(column,)``, the larger distance between an edge that was seen and the fitted stroke's, in mm; NaN
            where none was seen.
    """

    y: np.ndarray
    misfit: np.ndarray


def fit_stroke(top: np.ndarray, bottom: np.ndarray, columns: np.ndarray, step: float, radius: float) -> FittedCurve:
    """Find the samples of a curve, straight between them, from the edges of its stroke.

    Args:
        top, bottom: edges ``(column,)`` in mm, y running down; NaN where hidden.
        columns: the middles of the columns in mm from the first sample, ``(column,)``.
        step: from one sample to the next, in mm.
        radius: of the pen, in mm.
    """
    count = int(np.floor(columns[-1] / step + 1e-6)) + 1
    away = np.linspace(-radius, radius, 2 * _STEPS + 1)
    rise = np.sqrt(np.maximum(radius**2 - away**2, 0))
    place = np.clip((columns[:, None] + away) / step, 0, count - 1)
    before = np.minimum(place.astype(int), max(count - 2, 0))
    share = place - before
    y = _first_guess(top, bottom, columns, step, count)
    weights = [np.isfinite(edge).astype(float) for edge in (top, bottom)]
    seen = [np.nan_to_num(edge) for edge in (top, bottom)]
    for _ in range(_ROUNDS):
        normal, right = _smoothness(count)
        misfits = []
        for edge, weight, sign in zip(seen, weights, (-1, 1), strict=True):
            curve = (1 - share) * y[before] + share * y[np.minimum(before + 1, count - 1)]
            drawn = curve + sign * rise
            best = (sign * drawn).argmax(axis=1)[:, None]
            error = np.where(weight > 0, edge - np.take_along_axis(drawn, best, 1)[:, 0], 0)
            misfits.append(np.where(weight > 0, np.abs(error), np.nan))
            trust = weight / np.maximum(1, np.abs(error) / _OUTLIER_MM)
            at, part = (np.take_along_axis(table, best, 1)[:, 0] for table in (before, share))
            _add_equations(normal, right, at, part, edge - sign * rise[best[:, 0]], trust)
        y = solveh_banded(normal, right, lower=True)
    return FittedCurve(y, np.fmax(*misfits))


def _first_guess(top: np.ndarray, bottom: np.ndarray, columns: np.ndarray, step: float, count: int) -> np.ndarray:
    middle = (top + bottom) / 2
    known = np.isfinite(middle)
    if not known.any():
        return np.zeros(count)
    return np.interp(np.arange(count) * step, columns[known], middle[known])


def _smoothness(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the normal equations, lower bands ``(3, sample)``, that ask for a small second difference."""
    normal = np.zeros((3, count))
    difference = (1.0, -2.0, 1.0)
    for one in range(3):
        for band in range(3 - one):
            normal[band, one : count - 2 + one] += _SMOOTHNESS * difference[one] * difference[one + band]
    normal[0] += 1e-9
    return normal, np.zeros(count)


def _add_equations(
    normal: np.ndarray, right: np.ndarray, at: np.ndarray, part: np.ndarray, value: np.ndarray, trust: np.ndarray
) -> None:
    """Add to the normal equations, in place: (1 - part) y[at] + part y[at + 1] = value, each with its weight."""
    count = len(right)
    one, other = 1 - part, part
    following = np.minimum(at + 1, count - 1)
    normal[0] += np.bincount(at, trust * one * one, count) + np.bincount(following, trust * other * other, count)
    normal[1] += np.bincount(at, trust * one * other, count)
    right += np.bincount(at, trust * one * value, count) + np.bincount(following, trust * other * value, count)
