from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from ecg_forge.ecg.errors import BadInput
from ecg_forge.paper.layout import SheetConfig
from ecg_forge.paper.photograph import take_photograph
from ecg_forge.paper.photograph_config import PhotographConfig, Strength
from ecg_forge.paper.placement import homography, move_image, move_mask, move_points, place_page
from ecg_forge.paper.sheet import CLASSES, TRACE, Printer, Sheet

CALM = {"fading": 0, "notes": 0, "creases": 0, "shadow": 0, "unevenness": 0, "contrast": 1, "brightness": 0}
CALM |= {"warmth": 0, "blur": 0.01, "noise": 0, "jpeg_quality": 95}
MOVES = [
    {"size": 0.9, "rotation": 0, "perspective": 0},
    {"size": 0.9, "rotation": 5, "perspective": 0},
    {"size": 0.9, "rotation": 0, "perspective": 0.06},
    {"size": 1.0, "rotation": -9, "perspective": 0.06},
]


@pytest.fixture(scope="module")
def photographs(parameters: dict[str, Any]) -> PhotographConfig:
    return PhotographConfig(**parameters["photograph"])


@pytest.fixture(scope="module")
def sheet(sheet_config: SheetConfig, simulated_mv: np.ndarray) -> Sheet:
    return Printer("3x4", replace(sheet_config, px_per_mm=4), 10).draw(simulated_mv[0], 100)


def only(**values: float) -> Strength:
    """A strength that always draws these values and leaves the rest alone."""
    drawn = {"size": 0.9, "rotation": 0, "perspective": 0, "crease_depth": 0.1, **CALM, **values}
    return Strength(**{name: (value, value) for name, value in drawn.items()})


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("drawn", MOVES)
def test_mask_and_image_move_alike(sheet: Sheet, drawn: dict[str, float]) -> None:
    matrix, size = place_page(sheet.mask.shape, drawn, np.random.default_rng(2))
    moved = move_mask(sheet.mask, len(CLASSES), matrix, size)
    painted = torch.eye(4)[torch.from_numpy(sheet.mask.astype(int))][..., 1:].permute(2, 0, 1)  # a colour for a class
    colours = move_image(painted, matrix, size).numpy()
    read_again = np.concatenate([1 - colours.sum(axis=0, keepdims=True), colours]).argmax(axis=0)
    for number in range(len(CLASSES)):
        assert overlap(moved == number, read_again == number) > 0.99


@pytest.mark.parametrize("drawn", MOVES)
def test_the_mask_moves_as_the_homography_says(sheet: Sheet, drawn: dict[str, float]) -> None:
    matrix, size = place_page(sheet.mask.shape, drawn, np.random.default_rng(2))
    moved = move_mask(sheet.mask, len(CLASSES), matrix, size)
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]] + 0.5
    source = move_points(np.stack([columns, rows], axis=-1), np.linalg.inv(matrix)) - 0.5
    shares = [
        map_coordinates((sheet.mask == number).astype(float), [source[..., 1], source[..., 0]], order=1)
        for number in range(len(CLASSES))
    ]
    assert overlap(moved == TRACE, np.argmax(shares, axis=0) == TRACE) > 0.99


@pytest.mark.parametrize("drawn", MOVES[1::2])
def test_boxes_and_corners_move_with_the_image(sheet: Sheet, drawn: dict[str, float]) -> None:
    boxes = np.concatenate(
        [sheet.boxes[::4].reshape(-1, 2), sheet.corners + np.array([[3, 3], [-3, 3], [-3, -3], [3, -3]])]
    )
    matrix, size = place_page(sheet.mask.shape, drawn, np.random.default_rng(3))
    moved = move_points(boxes, matrix)
    for point, there in zip(boxes, moved, strict=True):
        dot = np.exp(-((np.indices(sheet.mask.shape) + 0.5 - point[::-1, None, None]) ** 2).sum(0) / 4)
        weight = move_image(torch.from_numpy(dot[None]).float(), matrix, size)[0].numpy()
        rows, columns = np.mgrid[0 : size[0], 0 : size[1]] + 0.5
        centre = np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum()
        np.testing.assert_allclose(centre, there, atol=0.15)


def test_the_trace_in_a_calm_photograph_is_where_its_mask_says(sheet: Sheet) -> None:
    photo = take_photograph(sheet, only(rotation=4, perspective=0.03), seed=1)
    dark = photo.image.max(axis=2) < 170
    trace = photo.mask == TRACE
    assert dark[trace].mean() > 0.95
    away = np.roll(trace, 5, axis=0) & ~trace
    assert dark[away].mean() < 0.15


def test_the_same_seed_gives_the_same_photograph(sheet: Sheet, photographs: PhotographConfig) -> None:
    first, again, other = (take_photograph(sheet, photographs.strength("strong"), seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.mask, again.mask)
    assert not np.array_equal(first.corners, other.corners)


def test_the_whole_page_lies_in_the_photograph(sheet: Sheet, photographs: PhotographConfig) -> None:
    for seed in range(30):
        drawn = photographs.strength("strong").draw(np.random.default_rng(seed))
        matrix, size = place_page(sheet.mask.shape, drawn, np.random.default_rng(seed))
        corners = move_points(sheet.corners, matrix)
        assert (corners > -1e-6).all() and (corners < np.array(size[::-1]) + 1e-6).all()


@pytest.mark.parametrize(
    ("effect", "value"),
    [
        *[("fading", 0.6), ("notes", 4), ("creases", 3), ("shadow", 0.5), ("unevenness", 0.3), ("contrast", 0.6)],
        *[("brightness", -30), ("warmth", 0.15), ("blur", 1.5), ("noise", 10), ("jpeg_quality", 30)],
    ],
)
def test_each_effect_changes_the_picture_and_not_what_is_known_of_it(sheet: Sheet, effect: str, value: float) -> None:
    calm, changed = take_photograph(sheet, only(), seed=6), take_photograph(sheet, only(**{effect: value}), seed=6)
    assert np.abs(calm.image.astype(int) - changed.image).max() > 10
    np.testing.assert_array_equal(calm.mask, changed.mask)
    np.testing.assert_array_equal(calm.corners, changed.corners)


def test_strong_photographs_depart_further_than_default_ones(sheet: Sheet, photographs: PhotographConfig) -> None:
    def legibility(strength: str, seed: int) -> float:
        photo = take_photograph(sheet, photographs.strength(strength), seed)
        return float(photo.image[photo.mask == 0].mean() - photo.image[photo.mask == TRACE].mean())

    means = {name: np.mean([legibility(name, seed) for seed in range(3)]) for name in ("default", "strong")}
    assert means["strong"] < means["default"]


def test_a_homography_is_found_from_the_points_it_moves() -> None:
    matrix = np.array([[0.9, 0.1, 20], [-0.05, 1.1, 30], [1e-4, -5e-5, 1]])
    points = np.random.default_rng(0).uniform(0, 1000, (9, 2))
    np.testing.assert_allclose(homography(points, move_points(points, matrix)), matrix, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rotation": (5, -5)}, "rotation is \\(5, -5\\)"),
        ({"blur": (0, 0)}, "blur is"),
        ({"size": (0.9,)}, "two rising numbers from 0.3 to 1"),
    ],
)
def test_impossible_distributions_are_told_by_name(changed: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        replace(only(), **changed)


def test_an_incomplete_or_unknown_strength_is_told(parameters: dict[str, Any], photographs: PhotographConfig) -> None:
    lacking = {name: pair for name, pair in parameters["photograph"]["strengths"]["default"].items() if name != "blur"}
    with pytest.raises(BadInput, match="see blur"):
        PhotographConfig({"mine": lacking})
    with pytest.raises(BadInput, match="unknown strength 'weak'; .* has default, strong"):
        photographs.strength("weak")
