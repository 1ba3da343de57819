"""The page of the documentation on ECGs read from paper: how well, and how well their pixels were told apart."""

import pandas as pd

from ecg_forge.reporting.markdown import table_lines
from ecg_forge.reporting.tables import Cell, Table
from ecg_forge.reporting.words import number, plain

_HOW_TO_READ = """\
Recordings were printed, photographed and read back. Signal-to-noise ratios compare what was read with what was printed,
sample by sample, without shifting or scaling either; what is shown but could not be read counts as zeros. `clean` are
sheets as they come from the printer, the others photographs. With the *true* mask every pixel's class is known, which
shows what reading alone costs; the *found* mask is the segmenter's, which is what a photograph of one's own gets."""

_HOW_TO_READ_OVERLAP = """\
Dice coefficient and intersection over union of each class on whole pictures, and the share of pixels that are of it."""


def paper_page(summary: pd.DataFrame, overlap: pd.DataFrame, history: pd.DataFrame, split: str) -> str:
    """Return the page as Markdown.

    Args:
        summary: as ``pipelines.paper_ecg.nodes.summarise_paper_errors`` gives it.
        overlap: as ``summarise_paper_overlap`` there gives it.
        history: of the segmenter's training, a row per epoch.
        split: of the records that were read.
    """
    signals = summary.loc[summary["lead"] == "all", "signals"]
    lines = [
        "# ECGs read from paper",
        "",
        f"{plain(int(signals.iloc[0] / 12))} records of split `{split}`, twelve leads each, in every row. The "
        f"segmenter learned for {len(history)} epochs, {history['seconds'].sum() / 60:,.0f} minutes.",
        "",
        _HOW_TO_READ,
        "",
        *table_lines(readings_table(summary)),
        "",
        "## Pixels",
        "",
        _HOW_TO_READ_OVERLAP,
        "",
        *table_lines(overlap_table(overlap)),
    ]
    return "\n".join(lines) + "\n"


def readings_table(summary: pd.DataFrame) -> Table:
    """Return layouts × photographs × masks with the errors over all leads."""
    rows = [
        (
            *(Cell(str(row[name])) for name in ("layout", "strength", "mask")),
            Cell(number(row["snr_db"], 1)),
            Cell(number(row["snr_db_p10"], 1)),
            Cell(number(row["at_least_25_db"], 2)),
            Cell(number(row["correlation"], 4)),
            Cell(number(1000 * row["mae_mv"], 1)),
        )
        for _, row in summary[summary["lead"] == "all"].iterrows()
    ]
    errors = ("SNR, dB", "Tenth percentile", "Share from 25 dB", "Correlation", "Error, µV")
    return Table(("Layout", "Photograph", "Mask", *errors), tuple(rows), texts=3)


def overlap_table(overlap: pd.DataFrame) -> Table:
    """Return layouts × photographs × classes with the overlap of the mask found and the true one."""
    rows = [
        (
            *(Cell(str(row[name])) for name in ("layout", "strength", "class")),
            *(Cell(number(row[name])) for name in ("dice", "iou", "share")),
        )
        for _, row in overlap.iterrows()
    ]
    return Table(("Layout", "Photograph", "Class", "Dice", "IoU", "Share"), tuple(rows), texts=3)
