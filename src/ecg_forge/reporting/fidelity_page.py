"""The page of the documentation on how near the synthetic ECGs are to real ones, from its tables."""

from collections.abc import Mapping

import pandas as pd

from ecg_forge.reporting.markdown import table_lines
from ecg_forge.reporting.tables import Cell, Table, label_cell
from ecg_forge.reporting.words import ABSENT, known, number, plain

FIGURE_CAPTIONS = {
    "gallery": "Synthetic ECGs beside real ones of the same statement",
    "intervals": "Heart rate, intervals and amplitude",
    "spectra": "Mean spectrum of each lead",
    "projection": "The classifier's features, along the first two principal components of the real records",
    "closest": "Correlation with the closest training record",
}

_STATEMENT_COLUMNS = (
    # heading, column, decimals
    ("Kernel distance", "kernel_distance", 4),
    ("Diversity", "diversity_ratio", 2),
    ("Heart rate, /min", "heart_rate_bpm", 0),
    ("PR, ms", "pr_ms", 0),
    ("QRS, ms", "qrs_ms", 0),
    ("AUC", "auc", 3),
)

_HOW_TO_READ = """\
Every figure compares records with the training records, once the synthetic ones and once the real records of fold 9,
which no model learned from. The second column is what a perfect generator would reach: where the two agree, the figure
cannot tell synthetic from real. *Features* are what the classifier's last layer sees; the same classifier judges
whether the labels are recovered, so these figures share its blind spots. *Precision* and *density* fall when synthetic
ECGs are unlike real ones, *recall* and *coverage* when some kinds of real ECG are never made. *Diversity* is the root
of the features' total variance over records, divided by that of the training records."""

_HOW_TO_READ_STATEMENTS = """\
Synthetic / real. The real kernel distance, diversity and AUC are those of fold 9, the real medians those of the
training records with the statement. A dash stands where too few records hold it. Kernel distances of few records
scatter about their true value, and may be negative."""


def fidelity_page(
    figures: pd.DataFrame, statements: pd.DataFrame, records: Mapping[str, int], images: Mapping[str, str]
) -> str:
    """Return the page as Markdown.

    Args:
        figures: as ``metrics.fidelity_suite.fidelity_table`` and ``memorisation_rows`` give them, one below the other:
            columns title, synthetic, real, unit and better.
        statements: as ``metrics.fidelity_suite.statement_table`` gives it.
        records: how many ``synthetic``, ``heldout`` and ``training`` records there were to compare.
        images: address of each figure that is to be shown, by a name of ``FIGURE_CAPTIONS``.
    """
    lines = ["# How near the synthetic ECGs are to real ones", "", _opening(records), "", _HOW_TO_READ, ""]
    lines += table_lines(figure_table(figures))
    for name, caption in FIGURE_CAPTIONS.items():
        if name in images:
            lines += ["", f"## {caption}", "", f"![{caption}]({images[name]})"]
    if len(statements):
        lines += ["", "## Statement by statement", "", _HOW_TO_READ_STATEMENTS, ""]
        lines += table_lines(statement_rows(statements))
    return "\n".join(lines) + "\n"


def figure_table(figures: pd.DataFrame) -> Table:
    """Return the overall figures: synthetic, real, unit and which values are good."""
    rows = [
        (
            Cell(row["title"]),
            Cell(row["unit"] or ABSENT),
            Cell(row["better"]),
            Cell(plain(float(row["synthetic"]))),
            Cell(plain(float(row["real"]))),
        )
        for _, row in figures.iterrows()
    ]
    return Table(("Figure", "Unit", "Better is", "Synthetic", "Real (fold 9)"), tuple(rows), texts=3)


def statement_rows(statements: pd.DataFrame) -> Table:
    """Return the figures of each statement, synthetic and real in one cell."""
    columns = ("Statement", "Synthetic records", *(heading for heading, _, _ in _STATEMENT_COLUMNS))
    rows = [
        (
            label_cell(str(label)),
            Cell(plain(int(row["n"]))),
            *(_beside(row[name], row[f"{name}_real"], digits) for _, name, digits in _STATEMENT_COLUMNS),
        )
        for label, row in statements.iterrows()
    ]
    return Table(columns, tuple(rows))


def _beside(synthetic: float, real: float, digits: int) -> Cell:
    sides = (number(synthetic, digits), number(real, digits))
    return Cell(" / ".join(sides) if known(synthetic) or known(real) else ABSENT)


def _opening(records: Mapping[str, int]) -> str:
    return (
        f"{records['synthetic']:,} synthetic ECGs, {records['heldout']:,} real ones of fold 9 and "
        f"{records['training']:,} training records were compared."
    )
