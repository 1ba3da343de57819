"""Print records, photograph the sheets, read them again, and tell how near the reading comes."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.leads import LEADS, lead_positions
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.splits import records_of
from ecg_forge.metrics import recovered_signal as recovered
from ecg_forge.paper.digitise import digitise
from ecg_forge.paper.layout import SheetConfig
from ecg_forge.paper.photograph_config import PhotographConfig
from ecg_forge.paper.sheet import Printer, Sheet
from ecg_forge.paper.unreadable import Unreadable
from ecg_forge.pipelines.paper_ecg.config import CLEAN, ReadingsConfig

if TYPE_CHECKING:
    from ecg_forge.paper.photograph import Photograph

logger = logging.getLogger(__name__)

_SUMMARY = ["layout", "strength"]


def plan_paper_readings(records: pd.DataFrame, config: ReadingsConfig) -> pd.DataFrame:
    """Draw records, one of a patient, and list every sheet and photograph of them.

    Returns:
        Columns ecg_id, layout, strength, seed (of the photograph) and example (whether its pictures are kept).
    """
    generator = np.random.default_rng(config.seed)
    of_split = records_of(records, config.split)
    one_each = of_split.groupby("patient_id").sample(1, random_state=generator)
    chosen = one_each.sample(min(config.records, len(one_each)), random_state=generator).sort_index()
    rows = [
        {"ecg_id": ecg_id, "layout": layout, "strength": strength, "example": number < config.examples}
        for number, ecg_id in enumerate(chosen.index)
        for layout in config.layouts
        for strength in (CLEAN, *config.strengths)
    ]
    return pd.DataFrame(rows).assign(seed=generator.integers(0, 2**31, len(rows)))


def read_paper_sheets(
    plan: pd.DataFrame, signals: Signals, sheets: SheetConfig, photographs: PhotographConfig
) -> pd.DataFrame:
    """Print, photograph and read every row of the plan, with the true class mask in place of a segmentation.

    Returns:
        A row per sheet and lead: ecg_id, layout, strength, lead, snr_db, correlation, mae_mv, confidence, and problem
        (why a sheet could not be read, or empty; its SNR is then 0, as if nothing but zeros had been read).
    """
    tables = []
    for row, sheet, true_mv in _print(plan, signals, sheets):
        picture = _picture(sheet, row, photographs)
        try:
            found = digitise(picture.mask, sheet.page, signals.fs)
            table = _errors(true_mv, found.signal_mv).assign(confidence=found.confidence, problem="")
        except Unreadable as unreadable:
            logger.warning("ecg_id %s, %s, %s: %s", row.ecg_id, row.layout, row.strength, unreadable)
            table = _errors(true_mv, np.zeros_like(true_mv)).assign(confidence=0.0, problem=str(unreadable))
        tables.append(table.assign(ecg_id=row.ecg_id, layout=row.layout, strength=row.strength))
    return pd.concat(tables, ignore_index=True)


def _print(plan: pd.DataFrame, signals: Signals, sheets: SheetConfig) -> Iterator[tuple[Any, Sheet, np.ndarray]]:
    """Yield each row of the plan with its sheet and the true signal in mV."""
    seconds = signals.length / signals.fs
    order = lead_positions(LEADS, signals.leads)
    for layout, rows in plan.groupby("layout", sort=False):
        printer = Printer(str(layout), sheets, seconds)
        recordings = signals.millivolts(rows["ecg_id"].to_numpy())[:, order]
        for row, true_mv in zip(rows.itertuples(), recordings, strict=True):
            yield row, printer.draw(true_mv, signals.fs), true_mv


def _picture(sheet: Sheet, row: Any, photographs: PhotographConfig) -> "Sheet | Photograph":
    from ecg_forge.paper.photograph import take_photograph

    if row.strength == CLEAN:
        return sheet
    return take_photograph(sheet, photographs.strength(row.strength), int(row.seed))


def _errors(true_mv: np.ndarray, read_mv: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lead": LEADS,
            "snr_db": recovered.signal_to_noise_db(true_mv, read_mv),
            "correlation": recovered.correlation(true_mv, read_mv),
            "mae_mv": recovered.mean_absolute_error_mv(true_mv, read_mv),
        }
    )


def summarise_paper_errors(errors: pd.DataFrame) -> pd.DataFrame:
    """Average the errors by layout and strength, over all leads (lead ``all``) and for each."""
    whole = recovered.error_summary(errors, _SUMMARY).assign(lead="all")
    table = pd.concat([whole, recovered.error_summary(errors, [*_SUMMARY, "lead"])], ignore_index=True)
    for row in whole.itertuples():
        words = "%s, %s: SNR %.1f dB, correlation %.4f, a share of %.3f of leads with 25 dB or more"
        logger.info(words, row.layout, row.strength, row.snr_db, row.correlation, row.at_least_25_db)
    return table[[*_SUMMARY, "lead", *(name for name in table if name not in (*_SUMMARY, "lead"))]]


def draw_paper_examples(
    plan: pd.DataFrame, signals: Signals, sheets: SheetConfig, photographs: PhotographConfig
) -> tuple[dict[str, Any], dict[str, str]]:
    """Keep pictures of a few sheets and photographs with their masks, and draw what was read over what is true.

    Returns:
        Pictures by name, for PNG, and drawings by name, as SVG.
    """
    from PIL import Image

    from ecg_forge.ecg.plotting import figure_svg
    from ecg_forge.reporting.paper_figures import draw_reading, paint_mask

    pictures, drawings = {}, {}
    for row, sheet, true_mv in _print(plan[plan["example"]], signals, sheets):
        picture = _picture(sheet, row, photographs)
        name = f"{row.ecg_id}-{row.layout}-{row.strength}"
        pictures[name] = Image.fromarray(picture.image)
        pictures[f"{name}-mask"] = Image.fromarray(paint_mask(picture.mask))
        try:
            found = digitise(picture.mask, sheet.page, signals.fs)
        except Unreadable:
            continue  # the table of errors tells why
        drawings[name] = figure_svg(draw_reading(true_mv, found.signal_mv, signals.fs, name))
    return pictures, drawings
