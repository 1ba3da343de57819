"""How well the classes of pixels that were found cover the true ones."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput


def mask_overlap(true: np.ndarray, found: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Compare two class masks of one picture.

    Args:
        true, found: integers ``(row, column)``, positions in ``classes``.
        classes: their names.

    Returns:
        A row per class: class, dice 2|A∩B| / (|A| + |B|), iou |A∩B| / |A∪B| (both NaN where no pixel is of the class in
        either mask) and share (of the pixels, that are truly of the class).

    Raises:
        BadInput: the shapes differ.
    """
    if true.shape != found.shape:
        raise BadInput(f"the true mask has shape {true.shape} and the one that was found {found.shape}")
    size = len(classes)
    pairs = np.bincount(true.ravel().astype(np.int64) * size + found.ravel(), minlength=size**2).reshape(size, size)
    both, total = np.diag(pairs).astype(float), (pairs.sum(axis=0) + pairs.sum(axis=1)).astype(float)
    with np.errstate(invalid="ignore"):
        dice, iou = 2 * both / total, both / (total - both)
    return pd.DataFrame({"class": list(classes), "dice": dice, "iou": iou, "share": pairs.sum(axis=1) / true.size})
