"""Photographs and scans of printed ECGs as they come from cameras, and pictures of what was seen in them."""

from pathlib import Path

import numpy as np

from ecg_forge.datasets.atomic import replacing
from ecg_forge.ecg.errors import BadInput


def load_photograph(path: Path) -> np.ndarray:
    """Read a picture, turned upright as its camera noted: uint8 ``(row, column, 3)``, red, green, blue.

    Raises:
        BadInput: the file is missing, or is no picture that Pillow reads.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if not path.is_file():
        raise BadInput(f"{path} does not exist; name a photograph")
    try:
        with Image.open(path) as picture:
            return np.array(ImageOps.exif_transpose(picture).convert("RGB"))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise BadInput(f"{path} is no picture that can be opened ({error}); name a JPEG or PNG") from error


def save_picture(image: np.ndarray, path: Path) -> None:
    """Write a picture, uint8 ``(row, column, 3)``, as PNG."""
    from PIL import Image

    with replacing(path) as temporary:
        Image.fromarray(image).save(temporary, format="PNG")
