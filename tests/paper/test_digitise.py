from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ecg_forge.ecg.leads import LEADS
from ecg_forge.metrics.recovered_signal import correlation, signal_to_noise_db
from ecg_forge.paper.digitise import digitise, shown_samples
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
    mask = without_ink(sheet, "V1", 20, 35)
    before, after = (digitise(each, sheet.page, 100).confidence for each in (sheet.mask, mask))
    changed = before - after
    assert changed[LEADS.index("V1")] > 0.15
    assert np.delete(changed, LEADS.index("V1")).max() < 0.05


def without_ink(sheet: Sheet, lead: str, from_mm: float, to_mm: float) -> np.ndarray:
    panel = next(panel for panel in sheet.page.panels if panel.lead == lead)
    mask = sheet.mask.copy()
    left, right = (round((panel.x + mm) * sheet.px_per_mm) for mm in (from_mm, to_mm))
    rows = slice(round((panel.y - 20) * sheet.px_per_mm), round((panel.y + 20) * sheet.px_per_mm))
    mask[rows, left:right][mask[rows, left:right] == TRACE] = BACKGROUND
    return mask


def test_a_short_gap_is_bridged_and_a_long_one_is_left_open(sheet: Sheet) -> None:
    short, long = (digitise(without_ink(sheet, "V1", 20, 20 + mm), sheet.page, 100).signal_mv for mm in (4, 12))
    shown = slice(500, 750)
    assert np.isfinite(short[LEADS.index("V1"), shown]).all()
    open_ = np.flatnonzero(np.isnan(long[LEADS.index("V1"), shown])) / 100 * 25
    assert open_.min() == pytest.approx(20, abs=0.5)
    assert open_.max() == pytest.approx(32, abs=0.5)


def test_a_lead_without_ink_is_missing_and_the_others_are_read(sheet: Sheet) -> None:
    found = digitise(without_ink(sheet, "V1", -0.3, 62.6), sheet.page, 100)
    assert np.isnan(found.signal_mv[LEADS.index("V1")]).all()
    assert found.confidence[LEADS.index("V1")] == 0
    assert np.isfinite(found.signal_mv[LEADS.index("V2")]).sum() == 250


def test_a_sheet_whose_outermost_lines_were_not_found_is_read_by_its_pulses(
    sheet: Sheet, simulated_mv: np.ndarray
) -> None:
    mask = np.pad(sheet.mask, 40)
    mask[: 40 + 6], mask[:, : 40 + 6] = BACKGROUND, BACKGROUND
    found = digitise(mask, sheet.page, 100)
    assert signal_to_noise_db(simulated_mv[0], found.signal_mv).min() > 20


def test_shares_of_ink_tell_more_than_the_mask(sheet_config: SheetConfig, simulated_mv: np.ndarray) -> None:
    fine = Printer("3x4r", replace(sheet_config, px_per_mm=16), 10).draw(simulated_mv[0], 100)
    coarse = Printer("3x4r", replace(sheet_config, px_per_mm=4), 10).draw(simulated_mv[0], 100)
    rows, columns = coarse.mask.shape
    share = (fine.mask == TRACE).reshape(rows, 4, columns, 4).mean(axis=(1, 3), dtype=np.float32)
    hard, soft = (
        signal_to_noise_db(simulated_mv[0], digitise(coarse.mask, coarse.page, 100, trace).signal_mv).mean()
        for trace in (None, share)
    )
    assert soft > hard + 1


def test_what_a_sheet_shows_of_each_lead(sheet: Sheet) -> None:
    shown = shown_samples(sheet.page, 100)
    assert shown.sum(axis=1).tolist() == [250, 1000] + [250] * 10
    assert np.flatnonzero(shown[LEADS.index("V1")]).tolist() == list(range(500, 750))


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


def test_a_sheet_of_which_most_leads_are_missing_is_refused_with_their_names(sheet: Sheet) -> None:
    torn = sheet.mask.copy()
    right = torn[:, round(80 * sheet.px_per_mm) :]  # behind the first of four columns
    right[right == TRACE] = BACKGROUND
    with pytest.raises(Unreadable, match="trace: most leads are hardly to be seen .*: aVR, V1, V4, aVL, V2"):
        digitise(torn, sheet.page, 100)


def test_a_low_resolution_still_reads(sheet_config: SheetConfig, simulated_mv: np.ndarray) -> None:
    small = Printer("6x2", replace(sheet_config, px_per_mm=5), 10).draw(simulated_mv[1], 100)
    assert signal_to_noise_db(simulated_mv[1], digitise(small.mask, small.page, 100).signal_mv).mean() > 20
