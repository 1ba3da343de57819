from dataclasses import replace

import numpy as np
import pytest

from ecg_forge.paper.grid import locate_page, measure_grid
from ecg_forge.paper.layout import SheetConfig, lay_out
from ecg_forge.paper.placement import move_mask, move_points, place_page
from ecg_forge.paper.sheet import BACKGROUND, CLASSES, TRACE, Printer, Sheet
from ecg_forge.paper.unreadable import Unreadable


def printed(config: SheetConfig, simulated_mv: np.ndarray, px_per_mm: float, layout: str = "3x4") -> Sheet:
    return Printer(layout, replace(config, px_per_mm=px_per_mm), 10).draw(simulated_mv[0], 100)


def moved(sheet: Sheet, **drawn: float) -> tuple[np.ndarray, np.ndarray]:
    matrix, size = place_page(
        sheet.mask.shape, {"size": 0.9, "rotation": 0, "perspective": 0, **drawn}, np.random.default_rng(0)
    )
    return move_mask(sheet.mask, len(CLASSES), matrix, size), matrix


@pytest.mark.parametrize("rotation", [4, -7])
def test_angle_and_pitch_of_a_turned_grid(sheet_config: SheetConfig, simulated_mv: np.ndarray, rotation: float) -> None:
    printer = Printer("3x4", replace(sheet_config, px_per_mm=12), 5)
    mask, matrix = moved(printer.draw(simulated_mv[0, :, :500], 100), rotation=rotation)
    grid = measure_grid(mask)
    assert grid.angle == pytest.approx(rotation, abs=0.3)
    assert grid.px_per_mm == pytest.approx(12 * np.sqrt(np.linalg.det(matrix[:2, :2])), rel=0.02)


@pytest.mark.parametrize("layout", ["3x4r", "12x1"])
def test_the_page_of_a_tilted_photograph_is_found_to_a_thirtieth_of_a_millimetre(
    sheet_config: SheetConfig, simulated_mv: np.ndarray, layout: str
) -> None:
    sheet = printed(sheet_config, simulated_mv, 6, layout)
    mask, matrix = moved(sheet, rotation=-5, perspective=0.05)
    found = locate_page(mask, sheet.page)
    places = np.concatenate([sheet.page.box(panel) for panel in sheet.page.panels])
    error = move_points(places, found) - move_points(places * 6, matrix)
    assert np.abs(error).max() / 6 < 1 / 30


def test_a_sheet_that_fills_the_picture_is_found(sheet_config: SheetConfig, simulated_mv: np.ndarray) -> None:
    sheet = printed(sheet_config, simulated_mv, 8)
    np.testing.assert_allclose(
        move_points(sheet.page.corners, locate_page(sheet.mask, sheet.page)), sheet.corners, atol=0.1
    )


def test_print_that_is_found_on_the_table_does_not_matter(sheet_config: SheetConfig, simulated_mv: np.ndarray) -> None:
    sheet = printed(sheet_config, simulated_mv, 6)
    mask = np.pad(sheet.mask, 60)
    for row in range(0, mask.shape[0] - 6, 40):
        mask[row : row + 6, :6] = TRACE
    matrix = locate_page(mask, sheet.page)
    np.testing.assert_allclose(move_points(sheet.page.corners, matrix), sheet.corners + 60, atol=0.2)


def test_a_page_that_lost_its_outermost_lines_is_whole_millimetres_off_everywhere(
    sheet_config: SheetConfig, simulated_mv: np.ndarray
) -> None:
    sheet = printed(sheet_config, simulated_mv, 6)
    mask = np.pad(sheet.mask, 60)
    mask[:, : 60 + 5] = BACKGROUND
    places = np.array([[20.0, 20], [250, 20], [250, 140], [20, 140]])
    off_mm = (move_points(places, locate_page(mask, sheet.page)) - 60) / 6 - places
    assert np.abs(off_mm - off_mm.round()).max() < 1 / 20
    assert len(np.unique(off_mm.round(), axis=0)) == 1


def test_a_picture_without_grid_is_refused(sheet_config: SheetConfig) -> None:
    with pytest.raises(Unreadable, match="grid: hardly any grid lines") as refused:
        measure_grid(np.zeros((600, 800), dtype=np.uint8))
    assert refused.value.step == "grid"


def test_lines_without_pitch_are_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 3, (600, 800)).astype(np.uint8)
    with pytest.raises(Unreadable, match="grid: the lines show no regular pitch"):
        measure_grid(noise)


def test_a_sheet_of_another_size_than_the_layouts_is_refused(
    sheet_config: SheetConfig, simulated_mv: np.ndarray
) -> None:
    sheet = printed(sheet_config, simulated_mv, 6)
    with pytest.raises(Unreadable, match="page: the paper measures about 270 x 165 mm .* 270 x 255 mm|270 x 315 mm"):
        locate_page(sheet.mask, lay_out("12x1", sheet_config, 10))
