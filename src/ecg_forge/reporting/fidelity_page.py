"""The page of the documentation on how near the synthetic ECGs are to real ones, from its tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ecg_forge.reporting.markdown import table_lines
from ecg_forge.reporting.tables import Cell, Table, label_cell
from ecg_forge.reporting.words import ABSENT, interval, known, number, plain

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
    ("RR variation", "rr_variation", 2),
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

_HOW_TO_READ_TRANSFER = """\
The same classifier, for the same number of steps, is trained on synthetic records only (`synthetic_only`), on the real
training records whose label sets the synthetic ones took (`real_only`), and on all real training records (`baseline`);
each is scored on the real test fold, with 95 % intervals over its patients. A superclass gets the highest probability
of its statements. The epoch whose weights are kept is chosen on real validation records in all three."""

_HOW_TO_READ_STEPS = """\
The same records, from the same noise, made with fewer and with more evaluations of the denoiser; where it is guided, an
evaluation asks the network twice. Fewer records were made than for the table above, so the columns compare with one
another and not with it."""

_HOW_TO_READ_GUIDANCE = """\
Again the same records: scale 1 follows the statements as learned, others push towards them and ask the network twice as
often. A scale may be chosen by this table, in which the test fold has no part."""

_HOW_TO_READ_DENOISERS = """\
Each denoiser's ECGs and the real records of fold 9 against training records, as on the denoiser's own page. Most
distances fall with the number of records, so each denoiser has its own column of as many real ones. Only `unet1d` is
told the beats of a rhythm drawn before; the others place the beats themselves."""

_HOW_TO_READ_STATEMENTS = """\
Synthetic / real. The real kernel distance, diversity and AUC are those of fold 9, the real medians those of the
training records with the statement. A dash stands where too few records hold it. Kernel distances of few records
scatter about their true value, and may be negative."""


@dataclass(frozen=True)
class FidelityContent:
    """What the page is made of.

    Attributes:
        run: how the records came about: ``provenance``, ``denoiser``, ``sampler``, ``guidance``, ``training``, and the
            numbers of ``records`` (synthetic, heldout, training) that were compared.
        figures: as ``metrics.fidelity_suite.fidelity_table`` and ``memorisation_rows`` give them, one below the other:
            columns title, synthetic, real, unit and better.
        statements: as ``metrics.fidelity_suite.statement_table`` gives it.
        by_steps: index figure, a column per number of evaluations.
        diversity: index label, the same columns.
        by_guidance: index figure, a column per scale of guidance.
        transfer: columns arm, task and scores, as ``metrics.transfer.transfer_scores`` gives them.
        images: address of each figure that is to be shown, by a name of ``FIGURE_CAPTIONS``.
    """

    run: Mapping[str, Any]
    figures: pd.DataFrame
    statements: pd.DataFrame
    by_steps: pd.DataFrame
    diversity: pd.DataFrame
    by_guidance: pd.DataFrame
    transfer: pd.DataFrame
    images: Mapping[str, str]


def fidelity_page(content: FidelityContent) -> str:
    """Return the page as Markdown."""
    lines = ["# How near the synthetic ECGs are to real ones", "", *_opening(content.run), "", _HOW_TO_READ, ""]
    lines += table_lines(figure_table(content.figures))
    lines += ["", "## Train on synthetic, test on real", "", _HOW_TO_READ_TRANSFER, ""]
    lines += table_lines(transfer_table(content.transfer))
    lines += ["", "## Few steps or many", "", _HOW_TO_READ_STEPS, ""]
    titles = content.figures["title"].to_dict()
    lines += table_lines(settings_table(content.by_steps, titles, "{} evaluations"))
    lines += ["", "Diversity of each statement's records, beside that of its training records:", ""]
    lines += table_lines(diversity_table(content.diversity))
    lines += ["", "## Guidance", "", _HOW_TO_READ_GUIDANCE, ""]
    lines += table_lines(settings_table(content.by_guidance, titles, "scale {}"))
    for name, caption in FIGURE_CAPTIONS.items():
        if name in content.images:
            lines += ["", f"## {caption}", "", f"![{caption}]({content.images[name]})"]
    if len(content.statements):
        lines += ["", "## Statement by statement", "", _HOW_TO_READ_STATEMENTS, ""]
        lines += table_lines(statement_rows(content.statements))
    return "\n".join(lines) + "\n"


def transfer_table(transfer: pd.DataFrame) -> Table:
    """Return the scores of each arm on the real test fold, with intervals."""
    rows = [
        (
            Cell(str(row["arm"])),
            Cell(str(row["task"])),
            Cell(number(row["auc"], 3), interval(row["auc_low"], row["auc_high"])),
            Cell(number(row["ap"], 3), interval(row["ap_low"], row["ap_high"])),
        )
        for _, row in transfer.iterrows()
    ]
    return Table(("Trained as", "Task", "Macro AUC", "Macro average precision"), tuple(rows), texts=2)


def settings_table(figures: pd.DataFrame, titles: Mapping[Any, str], heading: str) -> Table:
    """Return each figure for each setting of sampling, whose column ``heading`` words."""
    rows = [(Cell(titles[name]), *(Cell(plain(float(value))) for value in row)) for name, row in figures.iterrows()]
    return Table(("Figure", *(heading.format(column) for column in figures)), tuple(rows), texts=1)


def diversity_table(diversity: pd.DataFrame) -> Table:
    """Return the diversity ratio of each statement for each number of evaluations."""
    rows = [(label_cell(str(name)), *(Cell(number(value, 2)) for value in row)) for name, row in diversity.iterrows()]
    return Table(("Statement", *(f"{column} evaluations" for column in diversity)), tuple(rows), texts=1)


def went_on(training: Mapping[str, Any]) -> str:
    """Say, with a comma before, how many records the weights had seen that a training went on from, if any."""
    before = training.get("records_before", 0)
    return f", after {before:,} in the trainings it went on from" if before else ""


def denoisers_page(figures: Mapping[str, pd.DataFrame], runs: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a page that sets several denoisers side by side, as Markdown.

    Args:
        figures: by the denoiser's name, as for `FidelityContent`.
        runs: by the same names, how its records came about.
    """
    lines = ["# Denoisers side by side", "", _HOW_TO_READ_DENOISERS, ""]
    lines += table_lines(training_table({name: runs[name] for name in figures}))
    lines += ["", *table_lines(side_by_side(figures))]
    return "\n".join(lines) + "\n"


def training_table(runs: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return how each denoiser was trained and how it sampled."""
    rows = [
        (
            Cell(name),
            Cell(f"{run['denoiser']['model']}, {run['denoiser']['process']['name']}"),
            Cell(f"{run['sampler']['name']}, {run['sampler']['steps']} steps"),
            Cell(plain(run["training"]["records"])),
            Cell(number(run["training"]["seconds"] / 60, 0) + went_on(run["training"])),
            Cell(plain(run["records"]["synthetic"])),
        )
        for name, run in runs.items()
    ]
    columns = ("Name", "Denoiser, process", "Sampler", "Training records seen", "Minutes", "ECGs made")
    return Table(columns, tuple(rows), texts=3)


def side_by_side(figures: Mapping[str, pd.DataFrame]) -> Table:
    """Return the overall figures with a column for each denoiser, and one for real records beside each."""
    first = next(iter(figures.values()))
    rows = [
        (
            Cell(first.loc[figure, "title"]),
            Cell(first.loc[figure, "better"]),
            *(
                Cell(plain(float(table.loc[figure, side])))
                for table in figures.values()
                for side in ("synthetic", "real")
            ),
        )
        for figure in first.index
    ]
    columns = [heading for name in figures for heading in (name, f"real, beside {name}")]
    return Table(("Figure", "Better is", *columns), tuple(rows), texts=2)


def figure_table(figures: pd.DataFrame) -> Table:
    """Return the overall figures: synthetic, real, unit and which values are good."""
    rows = [
        (
            Cell(row["title"]),
            Cell(row["unit"] if isinstance(row["unit"], str) and row["unit"] else ABSENT),  # empty is NaN in a CSV
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


def _opening(run: Mapping[str, Any]) -> list[str]:
    records, training, guidance = run["records"], run["training"], run["guidance"]
    return [
        f"{records['synthetic']:,} synthetic ECGs with the label sets, ages and sexes of training records, "
        f"{records['heldout']:,} real ones of fold 9 and {records['training']:,} training records were compared. "
        f"Denoiser `{run['denoiser']['model']}`, {training['epochs']} epochs, {training['records']:,} training records "
        f"seen one after the other in {training['seconds'] / 60:,.0f} minutes{went_on(training)}; sampler "
        f"`{run['sampler']['name']}`, {run['sampler']['steps']} steps, guidance {guidance['scale']:g} for noise levels "
        f"between {guidance['sigma_low']:g} and {guidance['sigma_high']:g}. {run['provenance']['machine']}; "
        f"{run['provenance']['started'][:10]}; code {run['provenance']['code']}. One training seed."
    ]
