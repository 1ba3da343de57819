"""Print records, photograph the sheets, read them again, and tell how near the reading comes."""

import logging
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.splits import records_of
from ecg_forge.metrics import recovered_signal as recovered
from ecg_forge.metrics.mask_overlap import mask_overlap
from ecg_forge.paper.digitise import digitise, shown_samples
from ecg_forge.paper.layout import Page, SheetConfig
from ecg_forge.paper.photograph_config import PhotographConfig
from ecg_forge.paper.sheet import CLASSES
from ecg_forge.paper.unreadable import Unreadable
from ecg_forge.pipelines.paper_ecg.config import CLEAN, ReadingsConfig
from ecg_forge.pipelines.paper_ecg.printing import pictures_of

logger = logging.getLogger(__name__)

_SUMMARY = ["layout", "strength", "mask"]
_PICTURE = ["ecg_id", "layout", "strength"]


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
    plan: pd.DataFrame,
    signals: Signals,
    sheets: SheetConfig,
    photographs: PhotographConfig,
    weights: dict[str, Any],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Print, photograph, segment and read every row of the plan, with the true class mask and with the one found.

    Returns:
        A row per sheet, mask (``true`` or ``found``) and lead: ecg_id, layout, strength, mask, lead, snr_db,
        correlation, mae_mv, confidence, and problem (why a sheet could not be read, or empty); what could not be read
        counts as zeros. And a row per sheet and class: how the mask found covers the true one.
    """
    from ecg_forge.training.segmenter import load_segmenter, segment

    segmenter = load_segmenter(weights)
    errors, overlaps = [], []
    for row, picture, true_mv in pictures_of(plan, signals, sheets, photographs):
        seen = segment(segmenter, picture.image)
        which = {name: getattr(row, name) for name in _PICTURE}
        overlaps.append(mask_overlap(picture.mask, seen.mask, CLASSES).assign(**which))
        for name, mask, trace in (("true", picture.mask, None), ("found", seen.mask, seen.trace)):
            read_mv, confidence, problem = _read(mask, picture.page, signals.fs, trace)
            if problem:
                logger.warning("ecg_id %s, %s, %s, %s mask: %s", *which.values(), name, problem)
            errors.append(_errors(true_mv, read_mv).assign(confidence=confidence, problem=problem, mask=name, **which))
    return pd.concat(errors, ignore_index=True), pd.concat(overlaps, ignore_index=True)


def _read(
    mask: np.ndarray, page: Page, fs: float, trace: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | float, str]:
    """Read a sheet: mV ``(12, sample)``, 0 where the sheet shows what was not read, confidence, and the problem."""
    shown = shown_samples(page, fs)
    try:
        found = digitise(mask, page, fs, trace)
    except Unreadable as unreadable:
        return np.where(shown, 0, np.nan).astype(np.float32), 0.0, str(unreadable)
    return np.where(shown, np.nan_to_num(found.signal_mv), np.nan), found.confidence, ""


def _errors(true_mv: np.ndarray, read_mv: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lead": LEADS,
            "snr_db": recovered.signal_to_noise_db(true_mv, read_mv),
            "correlation": np.nan_to_num(recovered.correlation(true_mv, read_mv)),  # of zeros it has none
            "mae_mv": recovered.mean_absolute_error_mv(true_mv, read_mv),
        }
    )


def summarise_paper_errors(errors: pd.DataFrame) -> pd.DataFrame:
    """Average the errors by layout, strength and mask, over all leads (lead ``all``) and for each."""
    whole = recovered.error_summary(errors, _SUMMARY).assign(lead="all")
    table = pd.concat([whole, recovered.error_summary(errors, [*_SUMMARY, "lead"])], ignore_index=True)
    for row in whole.itertuples():
        words = "%s, %s, %s mask: SNR %.1f dB, correlation %.4f, a share of %.3f of leads with 25 dB or more"
        logger.info(words, row.layout, row.strength, row.mask, row.snr_db, row.correlation, row.at_least_25_db)
    return table[[*_SUMMARY, "lead", *(name for name in table if name not in (*_SUMMARY, "lead"))]]


def summarise_paper_overlap(overlap: pd.DataFrame) -> pd.DataFrame:
    """Average the overlap of masks over pictures, by layout, strength and class."""
    groups = overlap.groupby(["layout", "strength", "class"], sort=False)
    table = groups.agg(pictures=("dice", "size"), dice=("dice", "mean"), iou=("iou", "mean"), share=("share", "mean"))
    table = table.reset_index()
    for layout, strength, name, _, dice, iou, _ in table.itertuples(index=False):
        logger.info("%s, %s, %s: Dice %.3f, IoU %.3f", layout, strength, name, dice, iou)
    return table


def write_paper_page(
    summary: pd.DataFrame, overlap: pd.DataFrame, history: pd.DataFrame, config: ReadingsConfig
) -> str:
    """Print what was measured as a page of the documentation, Markdown."""
    from ecg_forge.reporting.paper_page import paper_page

    return paper_page(summary, overlap, history, config.split)
