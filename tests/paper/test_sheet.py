from dataclasses import replace

import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.paper.layout import Page, Panel, SheetConfig, lay_out
from ecg_forge.paper.sheet import BACKGROUND, HORIZONTAL_LINE, TRACE, VERTICAL_LINE, Printer, Sheet

LAYOUTS = ["3x4", "3x4r", "6x2", "12x1"]
FLAT = np.zeros((12, 1000))


def trace_rows(sheet: Sheet, x: float, panel: Panel) -> np.ndarray:
    """The rows of trace pixels in the column at ``x`` mm, in mm below the panel's zero."""
    column = sheet.mask[:, int(x * sheet.px_per_mm)]
    rows = np.flatnonzero(column == TRACE)
    middle = (rows + 0.5) / sheet.px_per_mm - panel.y
    return middle[np.abs(middle) < sheet.page.row / 2 + 3]


def panel_of(page: Page, lead: str) -> Panel:
    return next(panel for panel in page.panels if panel.lead == lead)


def test_one_millivolt_is_ten_millimetres_to_the_pixel(sheet_config: SheetConfig) -> None:
    step = FLAT.copy()
    step[LEADS.index("V1"), 100:] = 1  # rises after the first second
    sheet = Printer("3x4", sheet_config, 10).draw(step + FLAT, 100)
    other = Printer("3x4", sheet_config, 10).draw(FLAT, 100)
    panel = panel_of(sheet.page, "V1")
    high, low = trace_rows(sheet, panel.x + 20, panel).mean(), trace_rows(other, panel.x + 20, panel).mean()
    assert low - high == pytest.approx(10, abs=0.5 / sheet.px_per_mm)


def test_one_second_is_twenty_five_millimetres_to_the_pixel(sheet_config: SheetConfig) -> None:
    spikes = FLAT.copy()
    spikes[LEADS.index("II"), [200, 300]] = 1
    sheet = Printer("12x1", sheet_config, 10).draw(spikes, 100)
    panel = panel_of(sheet.page, "II")
    row = sheet.mask[round((panel.y - 8) * sheet.px_per_mm)]
    columns = np.flatnonzero(row == TRACE)
    columns = columns[columns > panel.x * sheet.px_per_mm]  # right of the calibration pulse
    first, second = (part.mean() + 0.5 for part in np.split(columns, 1 + np.flatnonzero(np.diff(columns) > 1)))
    assert first / sheet.px_per_mm == pytest.approx(panel.x + 50, abs=0.5 / sheet.px_per_mm)
    assert (second - first) / sheet.px_per_mm == pytest.approx(25, abs=0.5 / sheet.px_per_mm)


def test_the_calibration_pulse_is_5_by_10_millimetres(sheet_config: SheetConfig) -> None:
    sheet = Printer("3x4r", sheet_config, 10).draw(FLAT, 100)
    for panel in (panel for panel in sheet.page.panels if panel.start_s == 0):
        top = round((panel.y - 10) * sheet.px_per_mm)
        columns = np.flatnonzero((sheet.mask[top] == TRACE)[: round(panel.x * sheet.px_per_mm)])
        width = (columns[-1] - columns[0] + 1) / sheet.px_per_mm - sheet_config.trace_width
        assert width == pytest.approx(5, abs=1.5 / sheet.px_per_mm)
        assert trace_rows(sheet, 7.5, panel).mean() == pytest.approx(-10, abs=0.5 / sheet.px_per_mm)
        assert trace_rows(sheet, 3.5, panel).mean() == pytest.approx(0, abs=0.5 / sheet.px_per_mm)


@pytest.mark.parametrize("px_per_mm", [4, 6.5, 12])
def test_lines_stand_every_millimetre_at_any_resolution(sheet_config: SheetConfig, px_per_mm: float) -> None:
    sheet = Printer("3x4", replace(sheet_config, px_per_mm=px_per_mm), 10).draw(FLAT, 100)
    between = round(4.5 * px_per_mm)  # a row of pixels that no line at constant y lies on
    lines = np.flatnonzero(sheet.mask[between] == VERTICAL_LINE)
    middles = [line.mean() + 0.5 for line in np.split(lines, 1 + np.flatnonzero(np.diff(lines) > 1))]
    inner = np.arange(1, int(sheet.page.width))  # those at the page's edges are cut
    np.testing.assert_allclose(np.array(middles[1 : len(inner) + 1]) / px_per_mm, inner, atol=0.51 / px_per_mm)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_classes_of_the_mask_agree_with_the_colours(
    sheet_config: SheetConfig, simulated_mv: np.ndarray, layout: str
) -> None:
    sheet = Printer(layout, sheet_config, 10).draw(simulated_mv[0], 100)
    brightness = sheet.image.mean(axis=2)
    paper, ink = sheet_config.colour("paper"), sheet_config.colour("ink")
    assert (brightness[sheet.mask == TRACE] < (paper.mean() + ink.mean()) / 2 + 2).all()
    grid = (sheet.mask == VERTICAL_LINE) | (sheet.mask == HORIZONTAL_LINE)
    redness = sheet.image[..., 0].astype(int) - sheet.image[..., 2]
    assert (redness[grid] > redness[sheet.mask == BACKGROUND].mean()).mean() > 0.99
    assert (sheet.image[sheet.mask == BACKGROUND] == paper).all(axis=1).mean() > 0.97  # the rest: names, soft borders


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_lead_stands_where_the_layout_says(sheet_config: SheetConfig, layout: str) -> None:
    printer = Printer(layout, sheet_config, 10)
    empty = printer.draw(FLAT, 100)
    for lead in LEADS:
        lifted = FLAT.copy()
        lifted[LEADS.index(lead)] = 0.3
        changed = (printer.draw(lifted, 100).image != empty.image).any(axis=2)
        rows, columns = np.nonzero(changed)
        boxes = [box for box, panel in zip(empty.boxes, empty.page.panels, strict=True) if panel.lead == lead]
        inside = [
            (columns + 3 > box[0, 0]) & (columns - 3 < box[1, 0]) & (rows > box[0, 1]) & (rows < box[2, 1])
            for box in boxes
        ]
        assert boxes and np.any(inside, axis=0).all() and all(each.any() for each in inside)


def test_leads_are_printed_by_name_whatever_their_order(sheet_config: SheetConfig, simulated_mv: np.ndarray) -> None:
    printer = Printer("3x4r", sheet_config, 10)
    turned = printer.draw(simulated_mv[0][::-1], 100, leads=LEADS[::-1])
    np.testing.assert_array_equal(turned.image, printer.draw(simulated_mv[0], 100).image)


def test_the_true_signal_under_each_column_is_that_of_the_panels_time(sheet_config: SheetConfig) -> None:
    ramp = np.tile(np.arange(1000) / 1000, (12, 1))  # 0.1 mV a second
    sheet = Printer("3x4", sheet_config, 10).draw(ramp, 100)
    panel, truth = next(pair for pair in zip(sheet.page.panels, sheet.column_mv, strict=True) if pair[0].lead == "V1")
    column = round((panel.x + 25) * sheet.px_per_mm)  # a second into the panel
    assert truth[column] == pytest.approx((panel.start_s + 1) / 10, abs=0.001)
    assert np.isnan(truth[round((panel.x - 1) * sheet.px_per_mm)])


def test_the_trace_is_drawn_around_the_true_signal(sheet_config: SheetConfig, simulated_mv: np.ndarray) -> None:
    sheet = Printer("6x2", sheet_config, 10).draw(simulated_mv[1], 100)
    panels, columns = np.nonzero(np.isfinite(sheet.column_mv))
    zero = np.array([panel.y for panel in sheet.page.panels])[panels]
    rows = ((zero - 10 * sheet.column_mv[panels, columns]) * sheet.px_per_mm).astype(int)
    assert (sheet.mask[rows, columns] == TRACE).all()


def test_missing_samples_leave_a_gap(sheet_config: SheetConfig) -> None:
    broken = FLAT.copy()
    broken[LEADS.index("I"), 400:500] = np.nan
    sheet = Printer("12x1", sheet_config, 10).draw(broken, 100)
    panel = panel_of(sheet.page, "I")
    assert len(trace_rows(sheet, panel.x + 4.5 * 25, panel)) == 0
    assert len(trace_rows(sheet, panel.x + 5.5 * 25, panel)) > 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"px_per_mm": 1}, "paper_ecg.sheet.px_per_mm is 1"),
        ({"ink": "black"}, "paper_ecg.sheet.ink is 'black'"),
        ({"layouts": {"1x2": {"row": 30, "leads": [["I", "II"]]}}}, "shows no III"),
        ({"layouts": {"3x4": {"leads": [["I"]]}}}, "needs 'row' and 'leads'"),
    ],
)
def test_impossible_settings_are_told_by_name(sheet_config: SheetConfig, changed: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        replace(sheet_config, **changed)


def test_an_unknown_layout_is_told_with_those_there_are(sheet_config: SheetConfig) -> None:
    with pytest.raises(BadInput, match="unknown layout '4x3'; paper_ecg.sheet.layouts has 3x4, 3x4r, 6x2, 12x1"):
        lay_out("4x3", sheet_config, 10)


def test_a_recording_of_another_length_is_refused(sheet_config: SheetConfig) -> None:
    with pytest.raises(BadInput, match="10 s at 100 Hz"):
        Printer("3x4", sheet_config, 10).draw(np.zeros((12, 500)), 100)
