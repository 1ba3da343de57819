"""Printed ECGs from photographs to WFDB records: what stands behind ``ecg-forge digitise``."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.datasets.model_weights import load_weights
from ecg_forge.datasets.photographs import load_photograph, save_picture
from ecg_forge.datasets.ptbxl_writer import write_record
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import to_microvolts
from ecg_forge.paper.digitise import DigitisedECG, digitise
from ecg_forge.paper.grid import measure_grid
from ecg_forge.paper.layout import Page, SheetConfig, lay_out
from ecg_forge.paper.limb_leads import complete_limb_leads
from ecg_forge.paper.placement import move_points
from ecg_forge.paper.segmentation import Segmentation
from ecg_forge.paper.unreadable import Unreadable

PACKAGED_SEGMENTER = Path(__file__).parent / "box" / "segmenter" / "weights.safetensors"
"""The weights that come with the package."""

_USUAL_MARGIN = 1.06  # width of a picture over that of the sheet in it
_SAME_SCALE = 1.25  # a picture whose millimetres are up to so much larger or smaller is segmented as it is


@dataclass(frozen=True)
class PaperReading:
    """What was written: the name of the record, and how well it was read in words."""

    record: str
    summary: str


def digitise_photograph(photo: Path, layout: str, fs: int, folder: Path, weights: Path | None = None) -> PaperReading:
    """Read a photograph and write a WFDB record, a table of its leads, and the photograph with what was seen in it.

    Args:
        photo: the picture.
        layout: by the names in the configuration of the segmenter.
        fs: sampling rate wanted, in Hz.
        folder: where the files go; it is there and empty.
        weights: of a segmenter; None takes those in the package.

    Raises:
        BadInput: a file cannot be read, the layout is unknown, or no ECG can be read from the picture; then the message
            names the step that failed, and what was seen is drawn in a picture beside the photograph.
    """
    image = load_photograph(photo)
    segmenter = load_weights(weights or PACKAGED_SEGMENTER)
    page = lay_out(layout, SheetConfig(**segmenter["config"]["sheet"]), segmenter["config"]["seconds"])
    image, seen = _segmented(image, page, segmenter)
    try:
        found = digitise(seen.mask, page, fs, seen.trace)
    except Unreadable as unreadable:
        beside = photo.with_name(f"{photo.stem}-unreadable.png")
        save_picture(_overlay(image, seen), beside)
        raise BadInput(
            f"{photo} cannot be read: {unreadable}; see {beside}, where what was found is coloured"
        ) from None
    record = re.sub(r"[^A-Za-z0-9_-]", "_", photo.stem)
    signal_mv = complete_limb_leads(found.signal_mv)
    leads = _leads_table(found, signal_mv)
    write_record(folder / record, to_microvolts(signal_mv), fs)
    leads.to_csv(folder / "leads.csv", float_format="%.3f")
    save_picture(_overlay(image, seen, page, found.homography), folder / "overlay.png")
    return PaperReading(record, _in_words(leads, signal_mv.shape[1] / fs))


def _segmented(image: np.ndarray, page: Page, weights: dict[str, Any]) -> tuple[np.ndarray, Segmentation]:
    """Bring a picture to about the resolution that the segmenter learned from, and segment it.

    First the sheet is assumed to fill the picture; if its grid says otherwise, that is done once more.
    """
    from ecg_forge.training.segmenter import load_segmenter, segment

    segmenter, px_per_mm = load_segmenter(weights), weights["config"]["sheet"]["px_per_mm"]
    image = _rescaled(image, page.width * px_per_mm * _USUAL_MARGIN / image.shape[1])
    seen = segment(segmenter, image)
    try:
        again = _rescaled(image, px_per_mm / measure_grid(seen.mask).px_per_mm)
    except Unreadable:
        return image, seen
    return (image, seen) if again is image else (again, segment(segmenter, again))


def _rescaled(image: np.ndarray, factor: float) -> np.ndarray:
    """Return a picture so many times as large; the picture itself where that makes little difference."""
    from PIL import Image

    if 1 / _SAME_SCALE <= factor <= _SAME_SCALE:
        return image
    height, width = (max(1, round(length * factor)) for length in image.shape[:2])
    return np.array(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))


def _overlay(
    image: np.ndarray, seen: Segmentation, page: Page | None = None, matrix: np.ndarray | None = None
) -> np.ndarray:
    from ecg_forge.reporting.paper_figures import paint_over

    if page is None or matrix is None:
        return paint_over(image, seen.mask)
    return paint_over(image, seen.mask, move_points(np.stack([page.box(panel) for panel in page.panels]), matrix))


def _leads_table(found: DigitisedECG, signal_mv: np.ndarray) -> pd.DataFrame:
    """Tell of each lead the confidence and the shares of time read, derived from other limb leads, and missing."""
    read, known = np.isfinite(found.signal_mv).mean(axis=1), np.isfinite(signal_mv).mean(axis=1)
    columns = {"confidence": found.confidence, "read": read, "derived": known - read, "missing": 1 - known}
    return pd.DataFrame(columns, index=pd.Index(LEADS, name="lead"))


def _in_words(leads: pd.DataFrame, seconds: float) -> str:
    worst = leads["confidence"].idxmin()
    return (
        f"12 leads, {seconds:g} s, mean confidence {leads['confidence'].mean():.2f}, least in {worst} "
        f"({leads['confidence'].min():.2f}); see leads.csv and overlay.png"
    )
