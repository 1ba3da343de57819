"""What a network says of each pixel of a picture of a sheet."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Segmentation:
    """The class of each pixel, and how much of it is trace.

    Attributes:
        mask: uint8 ``(row, column)``, positions in `ecg_forge.paper.sheet.CLASSES`.
        trace: float32 ``(row, column)``, the probability that a pixel is trace and not what it most likely is else. The
            edge of the stroke is where it passes one half, to a fraction of a pixel.
    """

    mask: np.ndarray
    trace: np.ndarray
