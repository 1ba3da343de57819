"""The grid of ECG paper in a class mask: its angle and pitch, the page's borders, and the way from page to picture.

The lines a millimetre apart are the strongest wave in the mask of either class of lines, so their angle and pitch are a
peak of its Fourier transform. The page's borders give a first homography, good to a fraction of a millimetre; the phase
of the lines in each part of the page then says how far they stand from where they should.
"""

from dataclasses import dataclass

import numpy as np
from scipy import fft

from ecg_forge.paper.layout import Page
from ecg_forge.paper.placement import homography, move_image, move_points
from ecg_forge.paper.sheet import BACKGROUND, HORIZONTAL_LINE, VERTICAL_LINE
from ecg_forge.paper.unreadable import Unreadable

_PITCH_PX = (2.5, 40.0)  # a millimetre in the picture
_LARGEST_ANGLE = 20.0
_MIDDLE_PX = 1024  # the part of a picture whose spectrum is looked at
_CLEAR_PEAK = 8.0  # over the median of the spectrum
_FEWEST_LINE_PIXELS = 1000
_TILE_MM = 20.0
_TILE_PX_PER_MM = 5.0
_SIZE_TOLERANCE = 0.15


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
    corners = _page_corners(mask != BACKGROUND)
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1) / grid.px_per_mm
    width, height = (sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2
    if abs(width / page.width - 1) > _SIZE_TOLERANCE or abs(height / page.height - 1) > _SIZE_TOLERANCE:
        raise Unreadable(
            "page",
            f"the paper measures about {width:.0f} x {height:.0f} mm by its grid, and the layout's sheet "
            f"{page.width:.0f} x {page.height:.0f} mm; show the whole sheet, or name its layout",
        )
    return _fit_to_lines(mask, page, homography(page.corners, corners))


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
    """Correct a homography by where the lines stand in tiles of the page; it must be good to half a millimetre."""
    import torch

    layers = torch.from_numpy(np.stack([mask == VERTICAL_LINE, mask == HORIZONTAL_LINE]).astype(np.float32))
    scale = np.diag([_TILE_PX_PER_MM, _TILE_PX_PER_MM, 1])
    size = (round(page.height * _TILE_PX_PER_MM), round(page.width * _TILE_PX_PER_MM))
    upright, level = move_image(layers, scale @ np.linalg.inv(rough), size).numpy()
    sideways, clear_x = _line_offsets(upright)
    downwards, clear_y = (tiles.T for tiles in _line_offsets(level.T))
    y, x = ((_edges(length)[:-1] + _edges(length)[1:]) / 2 / _TILE_PX_PER_MM for length in size)
    clear = clear_x & clear_y
    should = np.stack(np.meshgrid(x, y), axis=-1)[clear]
    seen = should + np.stack([sideways, downwards], axis=-1)[clear]
    if len(should) < 4:
        raise Unreadable("page", "the grid is too faint to tell how the paper lies; take a sharper picture")
    return homography(should, move_points(seen, rough))


def _line_offsets(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far lines that should stand at whole millimetres of x stand off, in mm, and which tiles are clear."""
    wave = np.exp(-2j * np.pi * (np.arange(lines.shape[1]) + 0.5) / _TILE_PX_PER_MM)
    rows, columns = (_edges(length)[:-1] for length in lines.shape)
    tiles = np.add.reduceat(np.add.reduceat(lines * wave, columns, axis=1), rows, axis=0)
    strength = np.abs(tiles)
    return -np.angle(tiles) / (2 * np.pi), strength > 0.3 * np.median(strength)


def _edges(length: int) -> np.ndarray:
    tiles = max(1, round(length / (_TILE_MM * _TILE_PX_PER_MM)))
    return np.linspace(0, length, tiles + 1).round().astype(int)
