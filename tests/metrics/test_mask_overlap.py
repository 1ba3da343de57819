import numpy as np
import pytest
from pytest import approx

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.mask_overlap import mask_overlap


def test_dice_and_iou_of_each_class() -> None:
    true, found = np.array([[0, 0, 1, 1]]), np.array([[0, 1, 1, 1]])
    table = mask_overlap(true, found, ["paper", "ink", "stamp"]).set_index("class")
    assert table.loc["paper"].tolist() == approx([2 / 3, 1 / 2, 1 / 2])
    assert table.loc["ink"].tolist() == approx([4 / 5, 2 / 3, 1 / 2])
    assert table.loc["stamp", ["dice", "iou"]].isna().all()


def test_masks_of_different_pictures_are_refused() -> None:
    with pytest.raises(BadInput, match=r"shape \(1, 2\) and the one that was found \(2, 2\)"):
        mask_overlap(np.zeros((1, 2), int), np.zeros((2, 2), int), ["paper"])
