"""Strokes of a round pen along curves that run from left to right, with exact edges and smooth borders.

Within one column of pixels such a stroke is a single interval, since the curve passes through the column in one piece
and the pen is convex. So a stroke is drawn from two edges per column instead of distances to every pixel around it.
Lengths are in pixels, y runs down, and pixel k covers k to k + 1.
"""

from dataclasses import dataclass

import numpy as np

PARTS = 4
"""Parts of a pixel column in which the edges are found; their coverage is averaged."""


@dataclass(frozen=True)
class Stroke:
    """The pixels a stroke touches.

    Attributes:
        rows, columns: int64 ``(pixel,)``; no pixel twice.
        coverage: float32 ``(pixel,)``, the share of the pixel under ink.
    """

    rows: np.ndarray
    columns: np.ndarray
    coverage: np.ndarray

    def inside(self, height: int, width: int) -> "Stroke":
        """Leave out what lies outside an image."""
        kept = (self.rows >= 0) & (self.rows < height) & (self.columns >= 0) & (self.columns < width)
        return Stroke(self.rows[kept], self.columns[kept], self.coverage[kept])


def stroke_edges(x: np.ndarray, y: np.ndarray, columns: range, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Find the upper and the lower edge of a stroke along a polyline.

    Args:
        x: ``(vertex,)``, rising.
        y: ``(vertex,)``; NaN leaves a gap.
        columns: the pixel columns wanted.
        radius: of the pen.

    Returns:
        Two arrays ``(column, part)``, NaN where the stroke is not.
    """
    reach = int(np.ceil(radius * PARTS))
    first, cells = columns.start * PARTS - reach, len(columns) * PARTS + 2 * reach
    highest, lowest = _cell_extremes(x * PARTS - first, y, cells)
    top = np.full(len(columns) * PARTS, np.nan)
    bottom = top.copy()
    for step in range(-reach, reach + 1):
        if abs(step) > radius * PARTS:
            continue
        rise = np.sqrt(radius**2 - (step / PARTS) ** 2)
        seen = slice(reach + step, reach + step + len(top))
        np.fmin(top, highest[seen] - rise, out=top)
        np.fmax(bottom, lowest[seen] + rise, out=bottom)
    return top.reshape(-1, PARTS), bottom.reshape(-1, PARTS)


def _cell_extremes(x: np.ndarray, y: np.ndarray, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest y of a polyline around the middle of each cell k to k + 1.

    A peak that stands between two middles counts in its cell, or every narrow wave would lose height.
    """
    highest = np.interp(np.arange(cells) + 0.5, x, y, left=np.nan, right=np.nan)
    lowest = highest.copy()
    cell = np.floor(x).astype(int)
    here = (cell >= 0) & (cell < cells) & np.isfinite(y)
    before, after = np.append(np.nan, y[:-1]), np.append(y[1:], np.nan)
    end = np.isnan(before) | np.isnan(after)
    up = here & (end | (y <= np.fmin(before, after)))
    down = here & (end | (y >= np.fmax(before, after)))
    np.fmin.at(highest, cell[up], y[up])
    np.fmax.at(lowest, cell[down], y[down])
    return highest, lowest


def ink_stroke(x: np.ndarray, y: np.ndarray, columns: range, radius: float) -> Stroke:
    """Draw a stroke along a polyline; see `stroke_edges` for the arguments."""
    top, bottom = stroke_edges(x, y, columns, radius)
    there = np.flatnonzero(np.isfinite(top).any(axis=1))
    top, bottom = top[there], bottom[there]
    first = np.floor(np.nanmin(top, axis=1)).astype(np.int64)
    count = np.ceil(np.nanmax(bottom, axis=1)).astype(np.int64) - first
    column = np.repeat(np.arange(len(there)), count)
    rows = np.arange(len(column)) - np.repeat(np.cumsum(count) - count, count) + first[column]
    coverage = np.zeros(len(column), dtype=np.float32)
    for part in range(PARTS):
        inked = np.minimum(bottom[column, part], rows + 1) - np.maximum(top[column, part], rows)
        coverage += np.nan_to_num(inked.clip(0, 1)).astype(np.float32) / PARTS
    return Stroke(rows, there[column] + columns.start, coverage)
