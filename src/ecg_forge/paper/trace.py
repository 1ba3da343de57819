"""Which ink of a page belongs to which lead.

In each pixel column the trace shows as runs of inked pixels. The way of a lead through the runs is the cheapest one:
it costs to leap, to be away from the lead's zero line, and to find no ink. Where two leads share a run, their ways tell
whose run it is: a steep lead crosses a flat one, and not the other way round.
"""

from dataclasses import dataclass

import numpy as np

_LEAP_PER_MM, _AWAY_PER_MM = 1.0, 0.01  # the latter for each column
_LOSE, _LOST = 4.0, 0.15  # to leave or take up the ink, and each column without it: better than one 15 mm away
_STEEP_MM = 1.0  # a run higher than this was drawn by a lead that moves


@dataclass(frozen=True)
class Runs:
    """Inked stretches of each pixel column, from ``top`` to ``bottom``, ``(column, run)`` in mm; NaN where none."""

    top: np.ndarray
    bottom: np.ndarray


@dataclass(frozen=True)
class Way:
    """What was seen of one lead's stroke in each pixel column.

    Attributes:
        top, bottom: its edges in mm, ``(column,)``; NaN where an edge is hidden or there is no ink.
        own: bool ``(column,)``, whether ink was found that no other lead claims.
    """

    top: np.ndarray
    bottom: np.ndarray
    own: np.ndarray


def find_runs(ink: np.ndarray, px_per_mm: float) -> Runs:
    """Find the runs of ink in each column, their borders where the ink passes one half between two pixels.

    Args:
        ink: float ``(row, column)``, 0 to 1.
        px_per_mm: resolution.
    """
    padded = np.pad(ink.T, ((0, 0), (1, 1)))
    turns = np.diff((padded >= 0.5).astype(np.int8), axis=1)
    edges = []
    for sign in (1, -1):
        column, row = np.nonzero(turns == sign)
        before, after = padded[column, row], padded[column, row + 1]
        edges.append((column, row - 0.5 + (0.5 - before) / (after - before)))
    column, top = edges[0]
    count = np.bincount(column, minlength=len(padded))
    number = np.arange(len(column)) - np.repeat(np.cumsum(count) - count, count)
    table = np.full((2, len(padded), max(1, count.max())), np.nan)
    table[0, column, number], table[1, column, number] = top / px_per_mm, edges[1][1] / px_per_mm
    return Runs(*table)


def follow(runs: Runs, starts: np.ndarray, width: int, baselines: np.ndarray) -> np.ndarray:
    """Find the cheapest way of several leads of one width through the runs, by dynamic programming.

    Args:
        runs: of the whole page.
        starts: first column of each lead, ``(lead,)``.
        width: columns of each lead.
        baselines: where 0 mV stands, in mm, ``(lead,)``.

    Returns:
        The number of each lead's run, int ``(lead, column)``; -1 where none.
    """
    columns = starts[:, None] + np.arange(width)
    top, bottom = runs.top[columns], runs.bottom[columns]  # (lead, column, run)
    zero = baselines[:, None, None]
    away = _AWAY_PER_MM * np.maximum(0, np.maximum(top - zero, zero - bottom))
    away = np.where(np.isfinite(away), away, np.inf)
    lost = away.shape[2]  # one more state after the runs: no ink
    came_from = np.zeros((len(starts), width, lost + 1), dtype=np.int16)
    cost = np.concatenate([away[:, 0], np.full((len(starts), 1), _LOST)], axis=1)
    for column in range(1, width):
        gap = np.maximum(
            top[:, column, None, :] - bottom[:, column - 1, :, None],
            top[:, column - 1, :, None] - bottom[:, column, None, :],
        )
        step = np.full((len(starts), lost + 1, lost + 1), _LOSE)
        step[:, :lost, :lost] = np.where(np.isfinite(gap), _LEAP_PER_MM * np.maximum(gap, 0), np.inf)
        step[:, lost, lost] = 0
        total = cost[:, :, None] + step
        came_from[:, column] = total.argmin(axis=1)
        cost = total.min(axis=1) + np.concatenate([away[:, column], np.full((len(starts), 1), _LOST)], axis=1)
    return _trace_back(came_from, cost.argmin(axis=1), lost)


def _trace_back(came_from: np.ndarray, last: np.ndarray, lost: int) -> np.ndarray:
    leads, width = np.arange(came_from.shape[0]), came_from.shape[1]
    way = np.empty((len(leads), width), dtype=np.int64)
    for column in range(width - 1, -1, -1):
        way[:, column] = last
        last = came_from[leads, column, last]
    return np.where(way == lost, -1, way)


def share_out(runs: Runs, ways: list[np.ndarray], starts: list[int], baselines: list[float]) -> list[Way]:
    """Decide which edges of its runs each lead drew, where leads share a run.

    A run that one steep lead shares with flat ones is the steep lead's. Of several steep leads the uppermost drew the
    upper edge and the lowest the lower one. Of flat leads that cross, neither edge is used.

    Args:
        runs: of the page.
        ways: of each lead, from `follow`.
        starts: first column of each lead.
        baselines: of each lead, in mm.
    """
    keys = [_key(runs, way, start) for way, start in zip(ways, starts, strict=True)]
    claims = np.bincount(np.concatenate(keys), minlength=runs.top.size + 1)
    claims[0] = 0  # no ink, which any number of leads may find
    seen = [_edges_of(runs, key) for key in keys]
    steep = [_steep(*edges, claims[key] == 1) for edges, key in zip(seen, keys, strict=True)]
    uppermost, lowest = np.full(len(claims), np.inf), np.full(len(claims), -np.inf)
    for key, moves, zero in zip(keys, steep, baselines, strict=True):
        np.minimum.at(uppermost, key[moves], zero)
        np.maximum.at(lowest, key[moves], zero)
    found = []
    for key, (top, bottom), moves, zero in zip(keys, seen, steep, baselines, strict=True):
        own = claims[key] == 1
        drew_top, drew_bottom = own | (moves & (uppermost[key] == zero)), own | (moves & (lowest[key] == zero))
        found.append(Way(np.where(drew_top, top, np.nan), np.where(drew_bottom, bottom, np.nan), own))
    return found


def _key(runs: Runs, way: np.ndarray, start: int) -> np.ndarray:
    """Number the runs of the page from 1, and return those of a lead; 0 where it has none."""
    column = start + np.arange(len(way))
    return np.where(way < 0, 0, column * runs.top.shape[1] + way + 1)


def _edges_of(runs: Runs, key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.append(np.nan, runs.top)[key], np.append(np.nan, runs.bottom)[key]


def _steep(top: np.ndarray, bottom: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return where the nearest run that is the lead's alone, to the left or to the right, is high."""
    height = np.where(own, bottom - top, 0)
    columns = np.arange(len(own))
    before = np.maximum.accumulate(np.where(own, columns, 0))
    after = np.minimum.accumulate(np.where(own, columns, len(own) - 1)[::-1])[::-1]
    return np.maximum(height[before], height[after]) > _STEEP_MM
