"""From the class mask of a picture of a sheet to the twelve leads in millivolt.

The steps: find the page by its grid, bring the ink upright, check the calibration pulses, follow each lead, and fit the
curve to its stroke. Where a layout shows a lead for a part of the recording, only that part is recovered.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ecg_forge.ecg.leads import LEADS
from ecg_forge.paper.grid import locate_page
from ecg_forge.paper.layout import MM_PER_MILLIVOLT, MM_PER_SECOND, PULSE_START_MM, PULSE_WIDTH_MM, Page, Panel
from ecg_forge.paper.placement import move_image
from ecg_forge.paper.sheet import TRACE
from ecg_forge.paper.stroke_fit import fit_stroke
from ecg_forge.paper.trace import Runs, Way, find_runs, follow, share_out
from ecg_forge.paper.unreadable import Unreadable

_PX_PER_MM = 8.0  # of the upright page
_PULSE_TOLERANCE = 0.1
_GOOD_FIT_MM = 0.25
_FEWEST_SEEN = 0.2  # of a lead's columns
_FEWEST_READ = 0.5  # of the leads
_SHORTEST_GAP_MM, _LONGEST_GAP_MM = 1.0, 5.0  # between columns with ink, to bridge by a straight line; up to 0.2 s
_FARTHEST_MM = 2  # that a page may have been misplaced by


@dataclass(frozen=True)
class DigitisedECG:
    """What was read from a sheet.

    Attributes:
        signal_mv: float32 ``(12, sample)`` in `LEADS` order; NaN where the sheet does not show the lead, or its ink is
            missing for longer than can be bridged by a straight line.
        confidence: ``(12,)``, share of a lead's pixel columns in which ink was found that only this lead claims and
            that the fitted curve explains.
        fs: sampling rate in Hz.
        homography: ``(3, 3)``, from millimetres of the page to pixels of the picture.
    """

    signal_mv: np.ndarray
    confidence: np.ndarray
    fs: float
    homography: np.ndarray


def digitise(mask: np.ndarray, page: Page, fs: float, trace: np.ndarray | None = None) -> DigitisedECG:
    """Read the leads of a sheet.

    Args:
        mask: uint8 ``(row, column)`` of classes; see `ecg_forge.paper.sheet`.
        page: where the layout puts what.
        fs: sampling rate wanted, in Hz.
        trace: float32 ``(row, column)``, the probability that a pixel is trace, where the mask is not known but found.

    Raises:
        Unreadable: a step failed; the message begins with which.
    """
    ink = (mask == TRACE).astype(np.float32) if trace is None else trace
    matrix = locate_page(mask, page)
    upright = upright_ink(ink, page, matrix)
    shift = _displacement(upright, page)
    if shift.any():
        matrix = matrix @ np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1]])
        upright = upright_ink(ink, page, matrix)
    runs = find_runs(upright, _PX_PER_MM)
    check_pulses(runs, page)
    ways = _follow_panels(runs, page)
    radius = _pen_radius(ways)
    read = [_read_panel(panel, way, radius, fs) for panel, way in zip(page.panels, ways, strict=True)]
    lost = [panel.lead for panel, (millivolts, _) in zip(page.panels, read, strict=True) if np.isnan(millivolts).all()]
    if len(lost) > (1 - _FEWEST_READ) * len(read):
        raise Unreadable("trace", f"most leads are hardly to be seen where the layout has them: {', '.join(lost)}")
    samples = round(max(panel.stop_s for panel in page.panels) * fs)
    signal, confidence = _by_lead(page, read, samples, fs)
    return DigitisedECG(signal, confidence, fs, matrix)


def upright_ink(ink: np.ndarray, page: Page, matrix: np.ndarray) -> np.ndarray:
    """Return the share of ink in each pixel of the upright page, float32 ``(row, column)``."""
    import torch

    to_upright = np.diag([_PX_PER_MM, _PX_PER_MM, 1]) @ np.linalg.inv(matrix)
    size = (round(page.height * _PX_PER_MM), round(page.width * _PX_PER_MM))
    return move_image(torch.from_numpy(ink)[None], to_upright, size)[0].numpy()


def _displacement(upright: np.ndarray, page: Page) -> np.ndarray:
    """Return by how many whole millimetres (x, y) the calibration pulses stand away from where they should.

    Where the outermost lines of the grid were not found, the page was taken for a smaller one.
    """
    pulse = np.concatenate(
        [
            np.linspace(start, stop, 40, endpoint=False)
            for start, stop in pairwise(
                [(-2, 0), (0, 0), (0, -MM_PER_MILLIVOLT), (PULSE_WIDTH_MM, -MM_PER_MILLIVOLT), (PULSE_WIDTH_MM, 0)]
            )
        ]
    )
    places = np.concatenate([pulse + np.array([PULSE_START_MM, zero]) for zero in page.baselines])
    reach = np.arange(-_FARTHEST_MM, _FARTHEST_MM + 1)
    shifts = np.stack(np.meshgrid(reach, reach), axis=-1).reshape(-1, 2)
    shifts = shifts[np.abs(shifts).sum(axis=1).argsort(kind="stable")]  # of equals, the nearest
    column, row = np.moveaxis(((places + shifts[:, None]) * _PX_PER_MM).astype(int), -1, 0)
    inked = upright[row.clip(0, len(upright) - 1), column.clip(0, upright.shape[1] - 1)].mean(axis=1)
    return shifts[inked.argmax()]


def check_pulses(runs: Runs, page: Page) -> None:
    """Measure the calibration pulses, which stand for 1 mV.

    Raises:
        Unreadable: there is none, or their height is not that of 10 mm/mV.
    """
    middle = (runs.top + runs.bottom) / 2
    heights = []
    for zero in page.baselines:
        flat, high = (
            _nearest(middle[_columns(left, right)], wanted)
            for left, right, wanted in (
                (PULSE_START_MM - 1.5, PULSE_START_MM - 0.5, zero),
                (PULSE_START_MM + 1, PULSE_START_MM + PULSE_WIDTH_MM - 1, zero - MM_PER_MILLIVOLT),
            )
        )
        heights.append(flat - high)
    if np.isnan(heights).all():
        raise Unreadable("calibration", "no calibration pulse was found left of the traces")
    height = float(np.nanmedian(heights))
    if abs(height / MM_PER_MILLIVOLT - 1) > _PULSE_TOLERANCE:
        raise Unreadable("calibration", f"the pulses are {height:.1f} mm high; only sheets with 10 mm/mV can be read")


def _columns(left_mm: float, right_mm: float) -> slice:
    return slice(round(left_mm * _PX_PER_MM), round(right_mm * _PX_PER_MM))


def _nearest(middle: np.ndarray, wanted: float) -> float:
    """Return the median over columns ``(column, run)`` of the run nearest to a height, NaN where columns are empty."""
    inked = middle[np.isfinite(middle).any(axis=1)]
    if not len(inked):
        return np.nan
    nearest = np.nanargmin(np.abs(inked - wanted), axis=1)
    return float(np.median(inked[np.arange(len(inked)), nearest]))


def _follow_panels(runs: Runs, page: Page) -> list[Way]:
    """Follow every panel's lead; those of one width together."""
    spans = [_columns(panel.x, panel.x + panel.width) for panel in page.panels]
    widths = np.array([span.stop - span.start for span in spans])
    starts, zeros = np.array([span.start for span in spans]), np.array([panel.y for panel in page.panels])
    ways: dict[int, np.ndarray] = {}
    for width in np.unique(widths):
        alike = np.flatnonzero(widths == width)
        ways |= dict(zip(alike, follow(runs, starts[alike], int(width), zeros[alike]), strict=True))
    return share_out(runs, [ways[number] for number in range(len(spans))], starts.tolist(), zeros.tolist())


def _pen_radius(ways: list[Way]) -> float:
    """Return half the height of runs where the curve is flat, in mm."""
    heights = np.concatenate([(way.bottom - way.top)[way.own] for way in ways])
    if not len(heights):
        raise Unreadable("trace", "no trace was found where the layout has its leads")
    return float(heights[heights <= np.median(heights)].mean() / 2)


def _read_panel(panel: Panel, way: Way, radius: float, fs: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a panel's samples in mV, NaN where they cannot be told, and for each column whether it was read well."""
    start, step = _columns(panel.x, panel.x).start, MM_PER_SECOND / fs
    columns = (start + np.arange(len(way.top)) + 0.5) / _PX_PER_MM - panel.x
    seen = np.isfinite(way.top) | np.isfinite(way.bottom)
    if np.isfinite(way.top).mean() < _FEWEST_SEEN:
        return np.full(int(columns[-1] / step + 1e-6) + 1, np.nan), np.zeros(len(columns), dtype=bool)
    fitted = fit_stroke(way.top, way.bottom, columns, step, radius)
    places = np.arange(len(fitted.y)) * step
    gaps = _gaps(columns[seen], places)
    firm = gaps <= max(_SHORTEST_GAP_MM, 2 * step)
    y = np.interp(places, places[firm], fitted.y[firm])
    millivolts = np.where(gaps <= _LONGEST_GAP_MM, (panel.y - y) / MM_PER_MILLIVOLT, np.nan)
    return millivolts, way.own & (fitted.misfit < _GOOD_FIT_MM)


def _gaps(seen: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return how long the gap is between what was seen before and after each place; at the ends, how far one has to go.

    Args:
        seen: ``(n,)``, rising.
        places: ``(place,)``.
    """
    after = np.searchsorted(seen, places)
    before, following = np.append(-np.inf, seen)[after], np.append(seen, np.inf)[after]
    inside = np.isfinite(before) & np.isfinite(following)
    return np.where(inside, following - before, np.minimum(places - before, following - places))


def _by_lead(
    page: Page, read: list[tuple[np.ndarray, np.ndarray]], samples: int, fs: float
) -> tuple[np.ndarray, np.ndarray]:
    """Put the panels in the order of `LEADS`; where two show the same, their mean counts."""
    total, panels = np.zeros((len(LEADS), samples)), np.zeros((len(LEADS), samples))
    good: dict[str, list[np.ndarray]] = {lead: [] for lead in LEADS}
    for panel, (millivolts, well) in zip(page.panels, read, strict=True):
        row, first = LEADS.index(panel.lead), round(panel.start_s * fs)
        stop = min(round(panel.stop_s * fs), first + len(millivolts))
        total[row, first:stop] += np.nan_to_num(millivolts[: stop - first])
        panels[row, first:stop] += np.isfinite(millivolts[: stop - first])
        good[panel.lead].append(well)
    signal = np.where(panels > 0, total / np.maximum(panels, 1), np.nan).astype(np.float32)
    return signal, np.array([np.concatenate(good[lead]).mean() for lead in LEADS])


def shown_samples(page: Page, fs: float) -> np.ndarray:
    """Return which samples of which lead a sheet shows, bool ``(12, sample)`` in `LEADS` order."""
    shown = np.zeros((len(LEADS), round(max(panel.stop_s for panel in page.panels) * fs)), dtype=bool)
    for panel in page.panels:
        shown[LEADS.index(panel.lead), round(panel.start_s * fs) : round(panel.stop_s * fs)] = True
    return shown
