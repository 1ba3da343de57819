from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ecg_forge.ecg.leads import LEADS
from ecg_forge.metrics.recovered_signal import correlation, signal_to_noise_db
from ecg_forge.paper.digitise import digitise
from ecg_forge.paper.layout import SheetConfig
from ecg_forge.paper.photograph import take_photograph
from ecg_forge.paper.photograph_config import PhotographConfig
from ecg_forge.paper.sheet import BACKGROUND, TRACE, Printer, Sheet
from ecg_forge.paper.unreadable import Unreadable


@pytest.fixture(scope="module")
def sheet(sheet_config: SheetConfig, simulated_mv: np.ndarray) -> Sheet:
    return Printer("3x4r", sheet_config, 10).draw(simulated_mv[0], 100)


def test_a_clean_sheet_gives_its_recording_back(sheet: Sheet, simulated_mv: np.ndarray) -> None:
    found = digitise(sheet.mask, sheet.page, 100)
    assert signal_to_noise_db(simulated_mv[0], found.signal_mv).min() > 25
    assert correlation(simulated_mv[0], found.signal_mv).min() > 0.99
    assert found.confidence.min() > 0.8


def test_real_recordings_are_given_back(sheet_config: SheetConfig, real_millivolts: Any) -> None:
    true = real_millivolts(2)
    for layout in ("3x4r", "6x2"):
        printer = Printer(layout, sheet_config, 10)
        for recording in true:
            sheet = printer.draw(recording, 100)
            assert np.median(signal_to_noise_db(recording, digitise(sheet.mask, sheet.page, 100).signal_mv)) > 25


def test_a_photograph_with_its_true_mask_gives_its_recording_back(
    sheet: Sheet, simulated_mv: np.ndarray, parameters: dict[str, Any]
) -> None:
    strength = PhotographConfig(**parameters["photograph"]).strength("default")
    photo = take_photograph(sheet, strength, seed=2)
    found = digitise(photo.mask, photo.page, 100)
    assert signal_to_noise_db(simulated_mv[0], found.signal_mv).mean() > 20


def test_a_lead_is_recovered_where_the_layout_shows_it(sheet: Sheet) -> None:
    shown = np.isfinite(digitise(sheet.mask, sheet.page, 100).signal_mv)
    assert shown[LEADS.index("II")].all()  # the rhythm strip
    assert np.flatnonzero(shown[LEADS.index("V1")]).tolist() == list(range(500, 750))


def test_another_sampling_rate_can_be_asked_for(sheet: Sheet, simulated_mv: np.ndarray) -> None:
    found = digitise(sheet.mask, sheet.page, 200).signal_mv
    assert found.shape == (12, 2000)
    assert signal_to_noise_db(simulated_mv[0][1], found[1, ::2]) > 20


def test_a_smudge_lowers_the_confidence_of_its_lead_only(sheet: Sheet) -> None:
    panel = next(panel for panel in sheet.page.panels if panel.lead == "V1")
    mask = sheet.mask.copy()
    left, right = (round((panel.x + mm) * sheet.px_per_mm) for mm in (20, 35))
    rows = slice(round((panel.y - 20) * sheet.px_per_mm), round((panel.y + 20) * sheet.px_per_mm))
    mask[rows, left:right][mask[rows, left:right] == TRACE] = BACKGROUND
    before, after = (digitise(each, sheet.page, 100).confidence for each in (sheet.mask, mask))
    changed = before - after
    assert changed[LEADS.index("V1")] > 0.15
    assert np.delete(changed, LEADS.index("V1")).max() < 0.05


def test_a_sheet_of_another_gain_is_refused(sheet: Sheet, sheet_config: SheetConfig, simulated_mv: np.ndarray) -> None:
    from ecg_forge.paper import sheet as module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MM_PER_MILLIVOLT", 5.0)
        small = Printer("3x4r", sheet_config, 10).draw(simulated_mv[0], 100)
    with pytest.raises(Unreadable, match="calibration: the pulses are 5.0 mm high"):
        digitise(small.mask, small.page, 100)


def test_a_sheet_without_traces_is_refused_with_the_step(sheet: Sheet) -> None:
    empty = np.where(sheet.mask == TRACE, BACKGROUND, sheet.mask)
    with pytest.raises(Unreadable, match="calibration: no calibration pulse"):
        digitise(empty, sheet.page, 100)
    only_pulses = sheet.mask.copy()
    right = only_pulses[:, round(14 * sheet.px_per_mm) :]
    right[right == TRACE] = BACKGROUND
    with pytest.raises(Unreadable, match="trace: "):
        digitise(only_pulses, sheet.page, 100)


def test_a_low_resolution_still_reads(sheet_config: SheetConfig, simulated_mv: np.ndarray) -> None:
    small = Printer("6x2", replace(sheet_config, px_per_mm=5), 10).draw(simulated_mv[1], 100)
    assert signal_to_noise_db(simulated_mv[1], digitise(small.mask, small.page, 100).signal_mv).mean() > 20
