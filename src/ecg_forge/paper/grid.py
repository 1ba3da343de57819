"""The grid of ECG paper in a class mask: its angle and pitch, the page's borders, and the way from page to picture.

The lines a millimetre apart are the strongest wave in the mask of either class of lines, so their angle and pitch are a
peak of its Fourier transform. The page's borders give a first homography, good to a fraction of a millimetre; the phase
of the lines in each part of the page then says how far they stand from where they should.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import fft

from ecg_forge.paper.layout import Page
from ecg_forge.paper.placement import homography, move_image, move_points
from ecg_forge.paper.sheet import BACKGROUND, HORIZONTAL_LINE, VERTICAL_LINE
from ecg_forge.paper.unreadable import Unreadable

if TYPE_CHECKING:
    import torch

_PITCH_PX = (2.5, 40.0)  # a millimetre in the picture
_LARGEST_ANGLE = 20.0
_MIDDLE_PX = 1024  # the part of a picture whose spectrum is looked at
_CLEAR_PEAK = 8.0  # over the median of the spectrum
_FEWEST_LINE_PIXELS = 1000
_TILE_MM = 20.0
_TILE_PX_PER_MM = 5.0
_SIZE_TOLERANCE = 0.15
_CLEAR_TILE = 0.3  # of the strength of lines in the median tile
_INKED = 0.1  # of a square millimetre of paper, at least


@dataclass(frozen=True)
class Grid:
    """The paper's grid in a picture.

    Attributes:
        angle: by which the page is turned, counter-clockwise, in degrees.
        px_per_mm: pitch of the lines a millimetre apart.
    """

    angle: float
    px_per_mm: float


def measure_grid(mask: np.ndarray) -> Grid:
    """Measure angle and pitch of the grid in the middle of the picture, averaged over both directions of lines.

    Args:
        mask: ``(row, column)`` of classes; see `ecg_forge.paper.sheet`.

    Raises:
        Unreadable: there are hardly any lines, or no pitch stands out.
    """
    row, column = (max(0, (length - _MIDDLE_PX) // 2) for length in mask.shape)
    middle = mask[row : row + _MIDDLE_PX, column : column + _MIDDLE_PX]
    across = _strongest_wave(middle == VERTICAL_LINE)
    down = _strongest_wave((middle == HORIZONTAL_LINE).T)[::-1]  # (x, y) again
    pitch = 2 / (np.hypot(*across) + np.hypot(*down))
    turned = np.array([across[0] + down[1], across[1] - down[0]])  # both seen as the page's x axis
    return Grid(float(-np.rad2deg(np.arctan2(turned[1], turned[0]))), float(pitch))


def _strongest_wave(lines: np.ndarray) -> np.ndarray:
    """Return the frequency (x, y), in 1/px, of the strongest wave that runs about along x."""
    if lines.sum() < _FEWEST_LINE_PIXELS:
        raise Unreadable("grid", "hardly any grid lines were found; is ECG paper in the picture, sharp enough?")
    size = [fft.next_fast_len(length, real=True) for length in lines.shape]
    window = np.hanning(lines.shape[0])[:, None] * np.hanning(lines.shape[1])[None, :]
    spectrum = np.abs(fft.rfft2((lines - lines.mean()).astype(np.float32) * window.astype(np.float32), size))
    y, x = fft.fftfreq(size[0])[:, None], fft.rfftfreq(size[1])[None, :]
    radius = np.hypot(x, y)
    seen = (radius > 1 / _PITCH_PX[1]) & (radius < 1 / _PITCH_PX[0])
    seen &= np.abs(y) < x * np.tan(np.deg2rad(_LARGEST_ANGLE))
    peak = np.unravel_index(np.argmax(np.where(seen, spectrum, 0)), spectrum.shape)
    if spectrum[peak] < _CLEAR_PEAK * np.median(spectrum[seen]):
        raise Unreadable("grid", "the lines show no regular pitch; is the whole sheet in the picture, and upright?")
    row = _parabola_top(spectrum[:, peak[1]], int(peak[0])) / size[0]
    column = _parabola_top(spectrum[peak[0]], int(peak[1])) / size[1]
    return np.array([column, row - round(row)])  # the upper half of the rows are negative frequencies


def _parabola_top(spectrum: np.ndarray, peak: int) -> float:
    """Return where a peak has its top between samples, by a parabola through three logarithms."""
    before, top, after = np.log(np.take(spectrum, [peak - 1, peak, peak + 1], mode="wrap") + 1e-12)
    return peak + 0.5 * (before - after) / (before - 2 * top + after)


def locate_page(mask: np.ndarray, page: Page) -> np.ndarray:
    """Find the homography from the page's millimetres to the picture's pixels.

    Raises:
        Unreadable: the lines do not form a page, or one of another size.
    """
    grid = measure_grid(mask)
    corners = _page_corners(_largest_piece(mask != BACKGROUND, round(grid.px_per_mm)))
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1) / grid.px_per_mm
    width, height = (sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2
    if abs(width / page.width - 1) > _SIZE_TOLERANCE or abs(height / page.height - 1) > _SIZE_TOLERANCE:
        raise Unreadable(
            "page",
            f"the paper measures about {width:.0f} x {height:.0f} mm by its grid, and the layout's sheet "
            f"{page.width:.0f} x {page.height:.0f} mm; show the whole sheet, or name its layout",
        )
    return _fit_to_lines(mask, page, homography(page.corners, corners))


def _largest_piece(printed: np.ndarray, side: int) -> np.ndarray:
    """Keep the print of the largest connected piece, seen in squares of a millimetre; other pieces are the table."""
    from scipy import ndimage

    rows, columns = (-(-length // side) for length in printed.shape)
    padded = np.pad(printed, [(0, rows * side - printed.shape[0]), (0, columns * side - printed.shape[1])])
    inked = padded.reshape(rows, side, columns, side).mean(axis=(1, 3)) > _INKED
    pieces, count = ndimage.label(inked, structure=np.ones((3, 3)))
    if not count:
        raise Unreadable("page", "the lines do not lie together as on a sheet; show the whole sheet")
    largest = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    kept = np.repeat(np.repeat(largest, side, axis=0), side, axis=1)[: printed.shape[0], : printed.shape[1]]
    return printed & kept


def _page_corners(printed: np.ndarray) -> np.ndarray:
    """Intersect lines through the outermost printed pixels on each side; corners clockwise from the upper left."""
    left, right = _border(printed, axis=1)
    top, bottom = _border(printed, axis=0)
    upright = [_robust_line(*side) for side in (left, right)]  # x = a y + b
    level = [_robust_line(*side) for side in (top, bottom)]  # y = a x + b
    corners = []
    for (a, b), (c, d) in (
        (level[0], upright[0]),
        (level[0], upright[1]),
        (level[1], upright[1]),
        (level[1], upright[0]),
    ):
        y = (a * d + b) / (1 - a * c)
        corners.append((c * y + d, y))
    return np.array(corners)


def _border(printed: np.ndarray, axis: int) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return for each line across ``axis`` with print where its first and its last printed pixel begin and end."""
    lines = np.flatnonzero(printed.any(axis=axis))
    first = printed.argmax(axis=axis)[lines]
    last = printed.shape[axis] - np.flip(printed, axis).argmax(axis=axis)[lines]
    return (lines + 0.5, first.astype(float)), (lines + 0.5, last.astype(float))


def _robust_line(along: np.ndarray, position: np.ndarray) -> tuple[float, float]:
    """Fit position = a along + b with least absolute deviations, by reweighting; corners' other sides are outliers."""
    weight = np.ones_like(along)
    for _ in range(30):
        a, b = np.polyfit(along, position, 1, w=np.sqrt(weight))
        weight = 1 / np.maximum(np.abs(position - a * along - b), 0.5) ** 1.5
    return float(a), float(b)


def _fit_to_lines(mask: np.ndarray, page: Page, rough: np.ndarray) -> np.ndarray:
    """Correct a homography by where the lines stand in tiles of the page, first in its middle, then everywhere.

    The lines do not say which of them is which: what comes out may be whole millimetres off, if it was before.
    """
    import torch

    layers = torch.from_numpy(np.stack([mask == VERTICAL_LINE, mask == HORIZONTAL_LINE]).astype(np.float32))
    for share in (0.5, 1.0):
        rough = _fitted(layers, page, rough, share)
    return rough


def _fitted(layers: "torch.Tensor", page: Page, rough: np.ndarray, share: float) -> np.ndarray:
    """Correct a homography by the lines in so large a share of width and height around the page's middle."""
    scale = np.diag([_TILE_PX_PER_MM, _TILE_PX_PER_MM, 1])
    size = (round(page.height * _TILE_PX_PER_MM), round(page.width * _TILE_PX_PER_MM))
    upright, level = move_image(layers, scale @ np.linalg.inv(rough), size).numpy()
    y, x = ((_edges(length)[:-1] + _edges(length)[1:]) / 2 / _TILE_PX_PER_MM for length in size)
    should = np.stack(np.meshgrid(x, y), axis=-1)
    used = np.asarray((np.abs(should / (page.width, page.height) - 0.5) <= share / 2).all(axis=-1))
    phases = [_line_phases(upright), _line_phases(level.T).T]
    for phase in phases:
        used &= np.abs(phase) > _CLEAR_TILE * np.median(np.abs(phase))
    if used.sum() < 4:
        raise Unreadable("page", "the grid is too faint to tell how the paper lies; take a sharper picture")
    seen = should + np.stack([_offsets(phase, used) for phase in phases], axis=-1)
    return homography(should[used], move_points(seen[used], rough))


def _line_phases(lines: np.ndarray) -> np.ndarray:
    """Return for each tile how strongly, and with which phase, lines stand at whole millimetres of x: complex."""
    wave = np.exp(-2j * np.pi * (np.arange(lines.shape[1]) + 0.5) / _TILE_PX_PER_MM)
    rows, columns = (_edges(length)[:-1] for length in lines.shape)
    return np.add.reduceat(np.add.reduceat(lines * wave, columns, axis=1), rows, axis=0)


def _offsets(phases: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Return how far the lines of each tile stand off in mm: all within half a millimetre of their mean offset."""
    mean = phases[used].sum()
    return -(np.angle(mean) + np.angle(phases / mean)) / (2 * np.pi)


def _edges(length: int) -> np.ndarray:
    tiles = max(1, round(length / (_TILE_MM * _TILE_PX_PER_MM)))
    return np.linspace(0, length, tiles + 1).round().astype(int)
