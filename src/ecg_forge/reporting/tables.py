"""The tables of the report, as text ready to print: on the page (``Table``) and on the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.statements import STATEMENTS
from ecg_forge.reporting import words
from ecg_forge.reporting.words import METRIC_NAMES, SUMMARY_ROWS

DESCRIPTIONS = {statement.code: statement.description for statement in STATEMENTS}
REASONS_LISTED = 20


@dataclass(frozen=True)
class Cell:
    """One cell: its text, a quieter note beside it, and a tone (``better``, ``worse`` or none)."""

    text: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """A table ready to print.

    Attributes:
        columns: headings.
        rows: one cell per heading.
        pinned: how many leading rows are summaries and stand out.
        texts: how many leading columns are words; the others are numerals, aligned to the right.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    pinned: int = 0
    texts: int = 1


def summary_table(metrics: Mapping[str, pd.DataFrame]) -> Table:
    """Return arms × macro AUC, average precision and F1 with intervals, over all and over rare labels.

    Args:
        metrics: per arm, index label with a row ``macro`` and perhaps ``macro_rare``; columns n_labels and, per
            metric, the value, ``<metric>_low`` and ``<metric>_high``.
    """
    summaries = [row for row in SUMMARY_ROWS if all(row in table.index for table in metrics.values())]
    columns = ("Arm", "Labels", *(f"{_capital(name)}" for name in METRIC_NAMES.values()))
    rows = []
    for name in summaries:
        for arm, table in metrics.items():
            row = _row(table, name)
            rows.append((Cell(arm), Cell(words.row_name(name), _labels_counted(row)), *_metric_cells(row)))
    return Table(columns, tuple(rows), texts=2)


def paired_differences(comparison: pd.DataFrame, reference: str, labels: Sequence[str] = tuple(SUMMARY_ROWS)) -> Table:
    """Return the paired differences from a reference arm, every arm and metric, with their verdicts.

    Args:
        comparison: columns arm, label, metric, reference_value, value, difference, low, high, p, p_holm, verdict.
        reference: the arm compared with.
        labels: rows to list; by default the averages over labels.
    """
    columns = (
        "Labels",
        "Metric",
        "Arm",
        _capital(reference),
        "Arm's",
        "Difference",
        f"{words.COVERAGE} interval",
        "p",
        "p Holm",
        "Verdict",
    )
    rows = [
        (
            Cell(words.row_name(row["label"])),
            Cell(METRIC_NAMES[row["metric"]]),
            Cell(row["arm"]),
            *_difference_cells(row),
        )
        for label in labels
        for metric in METRIC_NAMES
        for _, row in comparison[(comparison["label"] == label) & (comparison["metric"] == metric)].iterrows()
    ]
    return Table(columns, tuple(rows), texts=3)


def label_differences(comparison: pd.DataFrame, arm: str, metric: str, tested: Mapping[str, int]) -> Table:
    """Return one arm's paired difference in one metric for every label, the largest gain first.

    Args:
        comparison: columns arm, label, metric, reference_value, value, difference, low, high, p, p_holm, verdict.
        arm: the arm to list.
        metric: ``auc``, ``ap`` or ``f1``.
        tested: positive test records per label.
    """
    rows = comparison[(comparison["arm"] == arm) & (comparison["metric"] == metric)]
    rows = rows[~rows["label"].isin(list(SUMMARY_ROWS))].sort_values(
        ["difference", "label"], ascending=[False, True], na_position="last"
    )
    columns = (
        "Label",
        "Test records",
        "Baseline",
        "Arm's",
        "Difference",
        f"{words.COVERAGE} interval",
        "p",
        "p Holm",
        "Verdict",
    )
    cells = [
        (label_cell(row["label"]), Cell(words.plain(tested.get(row["label"]))), *_difference_cells(row))
        for _, row in rows.iterrows()
    ]
    return Table(columns, tuple(cells))


def verdict_counts(comparison: pd.DataFrame, arm: str, metric: str) -> str:
    """Return in words how many labels an arm made better, made worse, and neither."""
    rows = comparison[(comparison["arm"] == arm) & (comparison["metric"] == metric)]
    verdicts = rows.loc[~rows["label"].isin(list(SUMMARY_ROWS)), "verdict"]
    better, worse, untold = (int(verdicts.eq(verdict).sum()) for verdict in (*words.TONES, words.CANNOT_TELL))
    rest = len(verdicts) - better - worse - untold
    text = f"{len(verdicts)} labels: {better} better, {worse} worse, {rest} with no difference shown"
    return f"{text}, {untold} cannot tell" if untold else text


def label_metrics(metrics: pd.DataFrame) -> Table:
    """Return one arm's metrics label by label, the summary rows on top, then the rarest label first."""
    summaries = [row for row in SUMMARY_ROWS if row in metrics.index]
    labels = metrics.drop(index=summaries).sort_values("n_train", kind="stable").index
    extra = [name for name in ("precision", "recall", "specificity", "threshold") if name in metrics]
    names = (_capital(name) for name in METRIC_NAMES.values())
    columns = ("Label", "Train", "Test", *names, *(name.capitalize() for name in extra))
    rows = []
    for label in [*summaries, *labels]:
        row = _row(metrics, label)
        counts = (Cell(_count(row["n_train"])), Cell(_count(row["n_test"])))
        rest = (Cell(words.number(row[name])) for name in extra)
        rows.append((label_cell(label), *counts, *_metric_cells(row), *rest))
    return Table(columns, tuple(rows), pinned=len(summaries))


def whole_split_table(scores: Mapping[str, Mapping[str, float]]) -> Table:
    """Return what is said of the whole split: one row per score of ``SPLIT_SCORES``, one column per arm.

    Args:
        scores: per arm, the scores by name (see :mod:`ecg_forge.metrics.summary`).
    """
    rows = [
        (Cell(name), *(Cell(words.number(of_arm[score])) for of_arm in scores.values()))
        for score, name in words.SPLIT_SCORES.items()
    ]
    return Table(("Score", *scores), tuple(rows))


def calibration_table(calibrations: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return arms × the temperature, and the calibration errors before and after it.

    Args:
        calibrations: per arm, ``temperature``, and under ``before`` and ``after`` it ``ece`` and ``label_ece``.
    """
    errors = [(error, stage) for error in ("ece", "label_ece") for stage in ("before", "after")]
    rows = [
        (
            Cell(arm),
            Cell(words.number(each["temperature"], 2)),
            *(Cell(words.number(each[stage][error], 4)) for error, stage in errors),
        )
        for arm, each in calibrations.items()
    ]
    columns = ("Arm", "Temperature", "ECE before", "ECE after", "Mean ECE of labels before", "Mean ECE of labels after")
    return Table(columns, tuple(rows))


def subgroup_rows(subgroups: pd.DataFrame) -> Table:
    """Return one arm's macro metrics for all records, each sex and each age band.

    Args:
        subgroups: columns by, group, n_records, n_patients, n_labels and, per metric, the value, ``<metric>_low`` and
            ``<metric>_high``.
    """
    columns = ("Group", "Records", "Patients", "Labels", *(_capital(name) for name in METRIC_NAMES.values()))
    rows = [
        (
            Cell("all records" if row["by"] == "all" else f"{row['by']}: {row['group']}"),
            *(Cell(_count(row[name])) for name in ("n_records", "n_patients", "n_labels")),
            *_metric_cells(row),
        )
        for _, row in subgroups.iterrows()
    ]
    return Table(columns, tuple(rows), pinned=int(subgroups["by"].eq("all").sum()))


def plan_table(plan: pd.DataFrame, verdicts: pd.DataFrame) -> Table:
    """Return, per target label, how many ECGs were planned, accepted and rejected.

    Args:
        plan: columns ecg_id (or index), target, statements.
        verdicts: index ecg_id, columns accepted and reason; a planned record without verdict counts as not checked.
    """
    joined = _joined(plan, verdicts)
    rows = []
    for target, group in joined.groupby("target", sort=False):
        accepted = int(group["accepted"].eq(True).sum())
        checked = int(group["accepted"].notna().sum())
        share = f"{accepted / checked:.0%}" if checked else words.ABSENT
        kinds = group["statements"].map(words.plain).nunique()
        counts = (len(group), kinds, accepted, checked - accepted)
        rows.append((label_cell(str(target)), *(Cell(f"{count:,}") for count in counts), Cell(share)))
    columns = ("Target", "Planned", "Different label sets", "Accepted", "Rejected", "Accepted share")
    return Table(columns, tuple(rows))


def rejection_table(verdicts: pd.DataFrame) -> Table:
    """Return how many synthetic records were rejected for each reason, the most frequent first."""
    reasons = verdicts.loc[~verdicts["accepted"].astype(bool), "reason"].value_counts()
    rows = [(Cell(str(reason)), Cell(f"{count:,}")) for reason, count in reasons.head(REASONS_LISTED).items()]
    if rest := int(reasons.iloc[REASONS_LISTED:].sum()):
        rows.append((Cell(f"{len(reasons) - REASONS_LISTED} other reasons"), Cell(f"{rest:,}")))
    return Table(("Reason", "Rejected"), tuple(rows))


def console_table(metrics: Mapping[str, pd.DataFrame], comparisons: Mapping[str, pd.DataFrame]) -> str:
    """Return the result as plain text for the terminal: arms × macro figures, then the paired differences.

    Args:
        metrics: as for ``summary_table``.
        comparisons: by reference arm, the paired differences from it.
    """
    parts = [_plain_text(summary_table(metrics))]
    for reference, comparison in comparisons.items():
        table = _plain_text(paired_differences(comparison, reference))
        parts.append(f"Paired differences from the {reference} arm\n{table}")
    return "\n\n".join(parts) + "\n"


def _joined(plan: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    indexed = plan.set_index("ecg_id") if "ecg_id" in plan.columns else plan
    if stray := sorted(set(verdicts.index) - set(indexed.index)):
        raise BadInput(f"ecg_id {stray[0]} has a verdict but is not in the plan ({len(stray)} such records)")
    return indexed.join(verdicts[["accepted"]])


def _metric_cells(row: pd.Series) -> tuple[Cell, ...]:
    return tuple(
        Cell(words.number(row[metric]), words.interval(row[f"{metric}_low"], row[f"{metric}_high"]))
        for metric in METRIC_NAMES
    )


def _difference_cells(row: pd.Series) -> tuple[Cell, ...]:
    tone = row["verdict"] if row["verdict"] in words.TONES else ""
    return (
        Cell(words.number(row["reference_value"])),
        Cell(words.number(row["value"])),
        Cell(words.signed(row["difference"]), tone=tone),
        Cell(words.signed_interval(row["low"], row["high"])),
        Cell(words.p_value(row["p"])),
        Cell(words.p_value(row["p_holm"])),
        Cell(str(row["verdict"]), tone=tone),
    )


def label_cell(label: str) -> Cell:
    """Return a label with what it means, where it is a statement."""
    return Cell(words.row_name(label), DESCRIPTIONS.get(label, ""))


def _row(metrics: pd.DataFrame, label: str) -> pd.Series:
    row = metrics.loc[label]
    if isinstance(row, pd.DataFrame):
        raise BadInput(f"the metrics hold {len(row)} rows for label {label}; there must be one")
    return row


def _labels_counted(row: pd.Series) -> str:
    return f"{int(row['n_labels'])} labels" if words.known(row["n_labels"]) else ""


def _count(value: float) -> str:
    return f"{int(value):,}" if words.known(value) else words.ABSENT


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]


def _plain_text(table: Table) -> str:
    lines = [list(table.columns)]
    lines += [[f"{cell.text} ({cell.note})" if cell.note else cell.text for cell in row] for row in table.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.columns))]
    rule = "  ".join("─" * width for width in widths)
    aligned = [_aligned(line, widths, table.texts) for line in lines]
    return "\n".join([aligned[0], rule, *aligned[1:]])


def _aligned(line: Sequence[str], widths: Sequence[int], texts: int) -> str:
    cells = [
        text.ljust(width) if column < texts else text.rjust(width)
        for column, (text, width) in enumerate(zip(line, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
