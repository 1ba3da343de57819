"""Recordings printed on ECG paper, exact to the millimetre, with everything that is known of each pixel.

Points are (x, y) in pixels with the page's upper left corner at (0, 0), so that pixel k covers k to k + 1. Classes of a
mask: a trace lies over the lines at constant y, those over the lines at constant x, as in the masks of earlier work.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS, lead_positions
from ecg_forge.paper.layout import (
    MM_PER_MILLIVOLT,
    MM_PER_SECOND,
    PULSE_START_MM,
    PULSE_WIDTH_MM,
    Page,
    Panel,
    SheetConfig,
    lay_out,
)
from ecg_forge.paper.pen import Stroke, ink_stroke

BACKGROUND, VERTICAL_LINE, HORIZONTAL_LINE, TRACE = range(4)
CLASSES = ("background", "vertical grid", "horizontal grid", "trace")

_SAME = 1e-3  # of the coverage of two pixels
_EDGE_MM = 1e-3  # a step is a very steep rise: curves run from left to right
_NAME_ABOVE_MM, _NAME_RIGHT_MM = 12.0, 1.0


@dataclass(frozen=True)
class Sheet:
    """One recording on paper.

    Attributes:
        image: uint8 ``(row, column, 3)``, red, green, blue.
        mask: uint8 ``(row, column)``, the class of each pixel, a position in `CLASSES`.
        boxes: ``(panel, 4, 2)``, corners of each panel, clockwise from the upper left.
        corners: ``(4, 2)``, those of the page.
        column_mv: float32 ``(panel, column)``, the true signal in the middle of each pixel column, in mV; NaN where the
            panel is not.
        page: the geometry in millimetres.
        px_per_mm: resolution.
    """

    image: np.ndarray
    mask: np.ndarray
    boxes: np.ndarray
    corners: np.ndarray
    column_mv: np.ndarray
    page: Page
    px_per_mm: float


class Printer:
    """Prints recordings in one layout; grid, names and calibration pulses are drawn once and copied for each sheet."""

    def __init__(self, layout: str, config: SheetConfig, seconds: float) -> None:
        self.page = lay_out(layout, config, seconds)
        self._seconds = seconds
        self._config = config
        self._scale = config.px_per_mm
        self._size = tuple(round(length * self._scale) for length in (self.page.height, self.page.width))
        self._image, self._mask = _draw_grid(self._size, config)
        self._write_words()
        self._ink(self._image, self._mask, [self._pulse(y) for y in self.page.baselines])

    def draw(self, signal_mv: np.ndarray, fs: float, leads: Sequence[str] = LEADS) -> Sheet:
        """Print one recording.

        Args:
            signal_mv: ``(lead, sample)`` in mV; NaN leaves a gap.
            fs: sampling rate in Hz.
            leads: names along the lead axis; leads are taken by name.

        Raises:
            BadInput: the signal's shape or length does not fit.
        """
        if signal_mv.ndim != 2 or len(signal_mv) != len(leads) or abs(signal_mv.shape[1] / fs - self._seconds) > 1 / fs:
            raise BadInput(
                f"a recording to print must be (lead, sample) with {len(leads)} leads and {self._seconds:g} s at "
                f"{fs:g} Hz, got {signal_mv.shape}"
            )
        image, mask = self._image.copy(), self._mask.copy()
        shown = lead_positions([panel.lead for panel in self.page.panels], leads)
        curves = [_stretch(panel, signal_mv[lead], fs) for panel, lead in zip(self.page.panels, shown, strict=True)]
        self._ink(image, mask, [self._stroke(x, y) for x, y in curves])
        boxes = np.stack([self.page.box(panel) for panel in self.page.panels]) * self._scale
        corners = self.page.corners * self._scale
        return Sheet(image, mask, boxes, corners, self._column_mv(curves), self.page, self._scale)

    def _stroke(self, x_mm: np.ndarray, y_mm: np.ndarray) -> Stroke:
        radius = self._config.trace_width * self._scale / 2
        x = x_mm * self._scale
        columns = range(int(np.floor(x[0] - radius)), int(np.ceil(x[-1] + radius)))
        return ink_stroke(x, y_mm * self._scale, columns, radius)

    def _pulse(self, baseline: float) -> Stroke:
        start, stop = PULSE_START_MM, PULSE_START_MM + PULSE_WIDTH_MM
        x = np.array([start - 2, start, start + _EDGE_MM, stop, stop + _EDGE_MM, stop + 2])
        return self._stroke(x, baseline - MM_PER_MILLIVOLT * np.array([0, 0, 1, 1, 0, 0]))

    def _ink(self, image: np.ndarray, mask: np.ndarray, strokes: list[Stroke]) -> None:
        """Lay strokes over an image and its mask, in place."""
        coverage = np.zeros(mask.size, dtype=np.float32)
        touched = []
        for stroke in (each.inside(*mask.shape) for each in strokes):
            pixel = stroke.rows * mask.shape[1] + stroke.columns
            coverage[pixel] = np.maximum(coverage[pixel], stroke.coverage)
            touched.append(pixel)
        pixel = np.concatenate(touched)
        share = coverage[pixel][:, None]
        colours, classes = image.reshape(-1, 3), mask.reshape(-1)
        mixed = (1 - share) * colours[pixel] + share * self._config.colour("ink")
        colours[pixel] = mixed.round().astype(np.uint8)  # a pixel of two strokes gets the same colour twice
        classes[pixel[coverage[pixel] >= 0.5]] = TRACE

    def _column_mv(self, curves: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        middle = (np.arange(self._size[1]) + 0.5) / self._scale
        heights = [np.interp(middle, x, y, left=np.nan, right=np.nan) for x, y in curves]
        zero = np.array([panel.y for panel in self.page.panels])[:, None]
        return ((zero - np.stack(heights)) / MM_PER_MILLIVOLT).astype(np.float32)

    def _write_words(self) -> None:
        """Write lead names and scale; letters are background to the mask."""
        from PIL import Image, ImageDraw, ImageFont

        canvas = Image.fromarray(self._image)
        pen = ImageDraw.Draw(canvas)
        font = ImageFont.load_default(size=self._config.name_height * self._scale)
        small = ImageFont.load_default(size=0.7 * self._config.name_height * self._scale)
        above = min(_NAME_ABOVE_MM, self.page.row / 2)
        for panel in self.page.panels:
            place = ((panel.x + _NAME_RIGHT_MM) * self._scale, (panel.y - above) * self._scale)
            pen.text(place, panel.lead, fill=self._config.ink, font=font, anchor="lt")
        place = (2.5 * self._scale, (self.page.height - 1) * self._scale)
        words = f"{MM_PER_SECOND:g} mm/s   {MM_PER_MILLIVOLT:g} mm/mV"
        pen.text(place, words, fill=self._config.ink, font=small, anchor="ls")
        written = np.asarray(canvas)
        self._mask[(written != self._image).any(axis=2)] = BACKGROUND
        self._image = written.copy()


def _stretch(panel: Panel, lead_mv: np.ndarray, fs: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a panel's curve in mm, x and y ``(sample,)`` each; it reaches to the first sample of the next panel."""
    first, last = round(panel.start_s * fs), min(round(panel.stop_s * fs), len(lead_mv) - 1)
    time = np.arange(first, last + 1) / fs - panel.start_s
    return panel.x + time * MM_PER_SECOND, panel.y - MM_PER_MILLIVOLT * lead_mv[first : last + 1]


def _draw_grid(size: tuple[int, ...], config: SheetConfig) -> tuple[np.ndarray, np.ndarray]:
    """Draw lines every millimetre and stronger ones every five: image and mask."""
    height, width = size
    image = np.broadcast_to(config.colour("paper"), (height, width, 3)).copy()
    mask = np.full((height, width), BACKGROUND, dtype=np.uint8)
    for colour, every, thickness in (("thin", 1, config.thin_width), ("strong", 5, config.strong_width)):
        down, across = (_line_coverage(length, every, thickness, config.px_per_mm) for length in size)
        ink = np.maximum(down[:, None], across[None, :])[:, :, None]
        image += ink * (config.colour(colour) - image)
        mask[:, _is_line(across)] = VERTICAL_LINE
    for every, thickness in ((1, config.thin_width), (5, config.strong_width)):
        mask[_is_line(_line_coverage(height, every, thickness, config.px_per_mm))] = HORIZONTAL_LINE
    return image.round().astype(np.uint8), mask


def _line_coverage(length: int, every_mm: float, thickness_mm: float, px_per_mm: float) -> np.ndarray:
    """Return the share of each of ``length`` pixels that lies under parallel lines, float32."""
    middle = np.arange(0, length / px_per_mm + every_mm, every_mm) * px_per_mm
    half = thickness_mm * px_per_mm / 2
    pixel = np.arange(length)[:, None]
    return (
        (np.minimum(middle + half, pixel + 1) - np.maximum(middle - half, pixel)).clip(0, 1).sum(1).astype(np.float32)
    )


def _is_line(coverage: np.ndarray) -> np.ndarray:
    """Return which pixels belong to a line: those mostly inked and, of a line thinner than a pixel, the darkest."""
    padded = np.pad(coverage, 1)
    darkest = (coverage > 0) & (coverage > padded[:-2] - _SAME) & (coverage > padded[2:] - _SAME)  # two where equal
    return (coverage >= 0.5) | darkest
