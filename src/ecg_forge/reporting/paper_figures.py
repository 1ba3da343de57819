"""Figures of ECGs read from paper: masks in colour, and the recovered signal over the true one."""

from typing import TYPE_CHECKING

import numpy as np

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TRUE, READ, ERROR = "#0072b2", "#d55e00", "#6b7280"
_MASK_COLOURS = np.array([[255, 255, 255], [86, 180, 233], [0, 158, 115], [20, 24, 31]], dtype=np.uint8)
_OVERLAY_COLOURS = np.array([[255, 255, 255], [86, 180, 233], [0, 158, 115], [213, 40, 0]], dtype=np.uint8)


def paint_mask(mask: np.ndarray) -> np.ndarray:
    """Colour a class mask ``(row, column)``: background white, lines blue and green, trace black; uint8 RGB."""
    return _MASK_COLOURS[mask]


def paint_over(image: np.ndarray, mask: np.ndarray, boxes: np.ndarray | None = None) -> np.ndarray:
    """Colour a picture by the classes that were found in it: lines blue and green, trace red; uint8 RGB.

    Args:
        image: uint8 ``(row, column, 3)``.
        mask: ``(row, column)``, positions in `ecg_forge.paper.sheet.CLASSES`.
        boxes: corners ``(panel, 4, 2)`` as (x, y) in pixels of where each lead was looked for.
    """
    from PIL import Image, ImageDraw

    painted = np.where(mask[..., None] == 0, image, 0.3 * image + 0.7 * _OVERLAY_COLOURS[mask]).astype(np.uint8)
    canvas = Image.fromarray(painted)
    pen = ImageDraw.Draw(canvas)
    for box in () if boxes is None else boxes:
        pen.polygon([(float(x), float(y)) for x, y in box], outline=(120, 0, 160), width=2)
    return np.asarray(canvas)


def draw_reading(true_mv: np.ndarray, read_mv: np.ndarray, fs: float, title: str) -> "Figure":
    """Draw each lead as it is and as it was read, and below it ten times the difference.

    Args:
        true_mv, read_mv: ``(12, sample)`` in mV, in `LEADS` order; NaN where a lead was not shown.
        fs: sampling rate in Hz.
        title: written above.

    Raises:
        BadInput: the shapes differ or are not those of twelve leads.
    """
    from matplotlib.figure import Figure

    if true_mv.shape != read_mv.shape or len(true_mv) != len(LEADS):
        raise BadInput(f"two signals of twelve leads are drawn together, got {true_mv.shape} and {read_mv.shape}")
    figure = Figure(figsize=(10, 9), layout="constrained")
    figure.suptitle(title, fontsize=9)
    time = np.arange(true_mv.shape[1]) / fs
    for axes, lead, true, read in zip(figure.subplots(6, 2, sharex=True).T.flat, LEADS, true_mv, read_mv, strict=True):
        axes.plot(time, true, color=TRUE, linewidth=1.6, label="true")
        axes.plot(time, read, color=READ, linewidth=0.7, label="read")
        low = np.nanmin(true) - 0.3
        axes.plot(time, low + 10 * (read - true), color=ERROR, linewidth=0.6, label="10 × difference")
        axes.set_ylabel(f"{lead}, mV", fontsize=7)
        axes.tick_params(labelsize=6)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    figure.axes[0].legend(fontsize=6, frameon=False, ncols=3, loc="upper right")
    for axes in figure.axes[-2:]:
        axes.set_xlabel("s", fontsize=7)
    return figure
