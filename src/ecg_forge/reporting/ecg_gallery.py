"""Synthetic ECGs beside real ones of the same statement, on one sheet of ECG paper, for readers to judge by eye."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS, lead_positions
from ecg_forge.ecg.plotting import (
    INK,
    MM_PER_INCH,
    MM_PER_MILLIVOLT,
    MM_PER_SECOND,
    PAPER,
    QUIET_INK,
    STRONG,
    THIN,
)
from ecg_forge.reporting.fidelity_figures import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN_LEADS = ("II", "V1", "V5")
ABREAST = 2  # pairs side by side
SECONDS = 5.0
LEAD_MM = 20.0  # room for the S of V1 above the R of V5
TITLE_MM = 10.0
MARGIN_MM = 10.0
_SCALE = 0.5  # of the sheet, so that it fits a page of the documentation


@dataclass(frozen=True)
class Pair:
    """Two ECGs of one statement.

    Attributes:
        title: what both show.
        synthetic_mv: mV ``(12, sample)`` in ``LEADS`` order.
        real_mv: the same.
    """

    title: str
    synthetic_mv: np.ndarray
    real_mv: np.ndarray

    def __post_init__(self) -> None:
        for signal in (self.synthetic_mv, self.real_mv):
            if signal.ndim != 2 or signal.shape[0] != len(LEADS):
                raise BadInput(f"ECGs of the gallery must be ({len(LEADS)}, sample), got {signal.shape}")


def draw_gallery(pairs: Sequence[Pair], fs: int) -> "Figure":
    """Draw pairs of ECGs, synthetic on the left, real on the right: leads II, V1 and V5 of the first five seconds.

    Twenty-four pairs make an SVG of less than 1 MB (``plotting.figure_svg``).

    Args:
        pairs: what to draw, row by row.
        fs: sampling rate in Hz.

    Raises:
        BadInput: there is nothing to draw.
    """
    from matplotlib.figure import Figure

    if not pairs:
        raise BadInput("the gallery holds no pair to draw")
    cell = MARGIN_MM + SECONDS * MM_PER_SECOND, TITLE_MM + len(SHOWN_LEADS) * LEAD_MM
    rows = -(-len(pairs) // ABREAST)
    width, height = 2 * ABREAST * cell[0] + MARGIN_MM, rows * cell[1] + MARGIN_MM
    figure = Figure(figsize=(_SCALE * width / MM_PER_INCH, _SCALE * height / MM_PER_INCH), facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    for step, colour, pen in ((1, THIN, 0.15), (5, STRONG, 0.3)):
        _draw_grid(axes, (width, height), step, colour, pen)
    for place, pair in enumerate(pairs):
        top = height - MARGIN_MM / 2 - (place // ABREAST) * cell[1]
        left = MARGIN_MM + (place % ABREAST) * 2 * cell[0]
        _draw_ecg(axes, pair.synthetic_mv, fs, (left, top), f"{pair.title}, synthetic", COLOURS["synthetic"])
        _draw_ecg(axes, pair.real_mv, fs, (left + cell[0], top), f"{pair.title}, real", COLOURS["real"])
    scale = f"{MM_PER_SECOND:g} mm/s · {MM_PER_MILLIVOLT:g} mm/mV · leads {', '.join(SHOWN_LEADS)}"
    axes.text(width - MARGIN_MM, 2, scale, color=QUIET_INK, fontsize=6, ha="right", va="bottom")
    return figure


def _draw_grid(axes: "Axes", size: tuple[float, float], step: int, colour: str, width: float) -> None:
    """Draw all lines of one kind as one path, or they would be most of the SVG."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    upright = [((x, 0.0), (x, size[1])) for x in np.arange(0, size[0] + 0.1, step)]
    level = [((0.0, y), (size[0], y)) for y in np.arange(0, size[1] + 0.1, step)]
    points = np.array(upright + level).reshape(-1, 2)
    path = Path(points, [Path.MOVETO, Path.LINETO] * (len(points) // 2))
    axes.add_patch(PathPatch(path, fill=False, edgecolor=colour, linewidth=width))


def _draw_ecg(
    axes: "Axes", signal_mv: np.ndarray, fs: int, corner: tuple[float, float], title: str, colour: str
) -> None:
    left, top = corner
    axes.text(left, top - TITLE_MM / 2, title, color=colour, fontsize=6.5, fontweight="bold", va="center")
    for place, (name, trace) in enumerate(zip(SHOWN_LEADS, signal_mv[lead_positions(SHOWN_LEADS, LEADS)], strict=True)):
        shown = trace[: round(SECONDS * fs)]
        baseline = top - TITLE_MM - (place + 0.5) * LEAD_MM
        # About its median, since an offset would push the trace into its neighbour; tall waves are cut there.
        height = np.clip(MM_PER_MILLIVOLT * (shown - np.nanmedian(shown)), -LEAD_MM, LEAD_MM)
        seconds = np.arange(len(shown)) / fs
        # A picture, not a path: the samples of real records are PTB-XL's to give away.
        axes.plot(left + seconds * MM_PER_SECOND, baseline + height, color=INK, linewidth=0.45, rasterized=True)
        axes.text(left - 1, baseline, name, color=QUIET_INK, fontsize=5, ha="right", va="center")
