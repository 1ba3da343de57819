"""Where a page lies in a photograph, and how images, masks and points move there.

A homography is a ``(3, 3)`` matrix that takes points (x, y, 1) of the page to points of the photograph. In both, pixel
k covers k to k + 1, so that the middle of the first pixel is (0.5, 0.5); kornia counts from its middle.
"""

from typing import TYPE_CHECKING

import numpy as np

from ecg_forge.ecg.errors import BadInput

if TYPE_CHECKING:
    import torch

_MARGIN = 1.06
"""Size of a photograph over that of a page that fills it."""


def place_page(
    size: tuple[int, int], drawn: dict[str, float], generator: np.random.Generator
) -> tuple[np.ndarray, tuple[int, int]]:
    """Lay a page down at random.

    Args:
        size: height and width of the sheet in pixels.
        drawn: ``size``, ``rotation`` and ``perspective``; see `Strength`.

    Returns:
        The homography, and height and width of the photograph. The whole page lies in it.
    """
    height, width = size
    photo = (round(height * _MARGIN), round(width * _MARGIN))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=float)
    middle = corners.mean(axis=0)
    turn = np.deg2rad(-drawn["rotation"])  # y runs down
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    strayed = corners + generator.uniform(-1, 1, (4, 2)) * drawn["perspective"] * np.array([width, height])
    moved = (strayed - middle) @ matrix.T
    room = np.array([photo[1], photo[0]])
    moved *= drawn["size"] * (room / np.ptp(moved, axis=0)).min()
    moved += generator.uniform(0, 1, 2) * (room - np.ptp(moved, axis=0)) - moved.min(axis=0)
    return homography(corners, moved), photo


def homography(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return the homography that takes points to points, by least squares on the linear equations.

    Args:
        here, there: ``(point, 2)``, at least four, no three of them on a line.
    """
    scale = np.abs(np.concatenate([here, there])).max()  # keeps the equations well conditioned
    x, y = (here / scale).T
    u, v = (there / scale).T
    one, nil = np.ones_like(x), np.zeros_like(x)
    first = np.stack([x, y, one, nil, nil, nil, -u * x, -u * y], axis=1)
    second = np.stack([nil, nil, nil, x, y, one, -v * x, -v * y], axis=1)
    found, *_ = np.linalg.lstsq(np.concatenate([first, second]), np.concatenate([u, v]), rcond=None)
    zoom = np.diag([scale, scale, 1])
    matrix = zoom @ np.append(found, 1).reshape(3, 3) @ np.linalg.inv(zoom)
    return np.asarray(matrix / matrix[2, 2])


def move_points(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Move points ``(..., 2)``."""
    there = np.concatenate([points, np.ones_like(points[..., :1])], axis=-1) @ matrix.T
    return there[..., :2] / there[..., 2:]


def move_image(image: "torch.Tensor", matrix: np.ndarray, size: tuple[int, int]) -> "torch.Tensor":
    """Move layers ``(layer, row, column)`` of a float image, bilinear; where nothing comes from it is 0.

    Raises:
        BadInput: kornia is not installed.
    """
    import torch

    try:
        from kornia.geometry.transform import warp_perspective
    except ImportError:
        raise BadInput("photographs of sheets need kornia; install it with `pip install ecg-forge[paper]`") from None

    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    between_middles = torch.tensor(np.linalg.inv(half) @ matrix @ half, dtype=torch.float32)
    return warp_perspective(image[None], between_middles[None], size)[0]


def move_mask(mask: np.ndarray, classes: int, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Move a mask ``(row, column)`` of class numbers: each pixel gets the class with most of its share, else 0."""
    import torch

    layers = torch.zeros((classes, *mask.shape))
    layers.scatter_(0, torch.from_numpy(mask.astype(np.int64))[None], 1.0)
    return most_of(move_image(layers, matrix, size))


def most_of(shares: "torch.Tensor") -> np.ndarray:
    """Return which layer of ``(layer, row, column)`` has most of each pixel, the first of equals: uint8."""
    import torch

    number, most = torch.zeros(shares.shape[1:], dtype=torch.uint8), shares[0]
    for layer in range(1, len(shares)):  # argmax over the first axis takes several times as long
        number[shares[layer] > most] = layer
        most = torch.maximum(most, shares[layer])
    return number.numpy()
