"""The tables of the study's report, as text ready to print."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.reporting.study_content import BASELINE, Setting, StudyContent
from ecg_forge.reporting.tables import REASONS_LISTED, Cell, Table, label_cell
from ecg_forge.reporting.words import (
    ABSENT,
    METRIC_NAMES,
    TONES,
    interval,
    known,
    number,
    p_value,
    plain,
    row_name,
    signed,
    signed_interval,
)

Pair = tuple[str, str]

ACCEPTED = "accepted"
KINDS = {"real_sets": "label sets of real records", "one_hot": "the statement alone"}
"""How synthetic records were asked for."""

PRIVACY_NAMES = {
    "membership_auc": "membership attack, AUC (without memory one half)",
    "members_below_1_percent": "members found with 1 % false alarms, share (without memory 0.01)",
    "nearer_to_train": "synthetic records nearer to training than to held-out records, share (without memory one half)",
    "low_ratio_share": "nearest far nearer than the second nearest, share (without memory 0.05)",
    "share_below_5_percent": "nearer to training than 95 % of held-out records, share (without memory 0.05)",
}

_SHOWN = ("Difference", "p Holm", "Verdict", "Against the margin", "Detectable, corrected")
_P_BELOW = 0.05


def answer_table(content: StudyContent) -> Table:
    """Return each setting's targets and macro averages: the arm's difference in AP and AUC from control and baseline.

    The row by which the setting is judged stands first.
    """
    compared = [(reference, metric) for metric in ("ap", "auc") for reference in (content.control, BASELINE)]
    rows: list[tuple[Cell, ...]] = []
    for setting in content.settings:
        for label in dict.fromkeys([*content.averages(setting), *content.targets(setting)]):
            found = [content.row(setting, (content.arm, reference), label, m) for reference, m in compared]
            told = next((row for row in found if row is not None), None)
            if told is not None:
                counts = (plain(int(told["positive_patients"])), str(int(told["seeds"])))
                cells = (Cell(ABSENT) if row is None else _short_cell(row) for row in found)
                rows.append((Cell(setting.title), Cell(row_name(label)), *map(Cell, counts), *cells))
    columns = ("Setting", "Labels", "Positive patients", "Seeds", *(_against(*each) for each in compared))
    return Table(columns, tuple(rows), texts=2)


def pair_table(content: StudyContent, setting: Setting, labels: Sequence[str], metrics: Sequence[str]) -> Table:
    """Return what these labels' metrics do in every arm of a setting, against baseline and control."""
    rows = [
        _compared_cells(row)
        for label in labels
        for metric in metrics
        for pair in content.pairs(setting)
        if (row := content.row(setting, pair, label, metric)) is not None
    ]
    columns = ("Arm", "Against", "Labels", "Metric", "Positive patients", "Seeds", "Reference", "Arm's")
    return Table((*columns, *_SHOWN), tuple(rows), texts=4)


def label_rows(content: StudyContent, setting: Setting) -> Table:
    """Return every label's difference in AP and AUC of the arm from its control and from the baseline.

    Targets stand first, then the other labels, the rarest of the test fold first.
    """
    parts = {
        (reference, metric): found[found["metric"] == metric].set_index("label")
        for reference in (content.control, BASELINE)
        for metric in ("ap", "auc")
        if len(found := content.rows(setting, content.arm, reference))
    }
    if not parts:
        return Table(("Label",), ())
    every = next(iter(parts.values())).sort_values("positive_patients", kind="stable")
    every = every[~every.index.str.startswith("macro")]
    order = [*every.index[every["target"].astype(bool)], *every.index[~every["target"].astype(bool)]]
    rows = [
        (
            label_cell(label),
            Cell(plain(int(every.loc[label, "positive_patients"]))),
            *(_short_cell(table.loc[label]) for table in parts.values()),
        )
        for label in order
    ]
    headings = ("Label", "Positive patients", *(_against(*each) for each in parts))
    return Table(headings, tuple(rows), pinned=len(content.targets(setting)))


def target_rows(content: StudyContent, setting: Setting) -> Table:
    """Return what every arm of a setting does to the average precision of each target, a column per pair of arms."""
    pairs = content.pairs(setting)
    rows = []
    for label in content.targets(setting):
        found = [content.row(setting, pair, label, "ap") for pair in pairs]
        rows.append((label_cell(label), *(Cell(ABSENT) if row is None else _short_cell(row) for row in found)))
    return Table(("Target", *(f"{arm} against {reference}" for arm, reference in pairs)), tuple(rows))


def power_rows(content: StudyContent) -> Table:
    """Return, for each target, what difference in AP from the control (or the baseline) the study could show."""
    rows = []
    for setting in content.settings:
        reference = content.control if len(content.rows(setting, content.arm, content.control)) else BASELINE
        for label in dict.fromkeys([*content.targets(setting), *content.averages(setting)]):
            row = content.row(setting, (content.arm, reference), label, "ap")
            if row is not None:
                rows.append((Cell(setting.title), Cell(row_name(label)), Cell(reference), *_power_cells(row)))
    columns = (
        *("Setting", "Labels", "Against", "Positive patients", "Seeds", "Reference", "Standard error", "of training"),
        *("of patients", "Detectable", "Detectable, corrected", "A gain can reach it"),
    )
    return Table(columns, tuple(rows), texts=3)


def crosscheck_table(crosschecks: pd.DataFrame, setting: Setting) -> Table:
    """Return DeLong's and McNemar's tests and kappa of a setting's targets, the seeds of a pair in one row."""
    here = (crosschecks["experiment"] == setting.experiment) & (crosschecks["cell"] == setting.name)
    groups = crosschecks[here].groupby(["label", "arm", "reference"], sort=False)
    rows = [
        (
            Cell(str(label)),
            Cell(str(arm)),
            Cell(str(reference)),
            Cell(str(len(seeds))),
            Cell(signed(seeds["delong_difference"].mean()), _spread(seeds["delong_difference"])),
            Cell(_below(seeds["delong_p"])),
            Cell(_each(seeds["only_reference"])),
            Cell(_each(seeds["only_arm"])),
            Cell(_below(seeds["mcnemar_p"])),
            Cell(number(seeds["kappa"].mean(), 2)),
        )
        for (label, arm, reference), seeds in groups
    ]
    columns = (
        *("Label", "Arm", "Against", "Seeds", "AUC, mean difference", "DeLong p < 0.05", "Only reference right"),
        *("Only arm right", "McNemar p < 0.05", "Kappa, mean"),
    )
    return Table(columns, tuple(rows), texts=3)


def check_rows(checks: pd.DataFrame) -> Table:
    """Return, by way of asking, share of the patients and target, how many synthetic records passed the checks."""
    rows = []
    for (kind, share, target), group in checks.groupby(["kind", "share", "target"], sort=False):
        total, passed = int(group["count"].sum()), int(group.loc[group["reason"] == ACCEPTED, "count"].sum())
        part = f"{100 * passed / total:.0f}\u00a0%" if total else ABSENT
        cells = (
            KINDS.get(str(kind), str(kind)),
            _percent(float(str(share))),
            str(target),
            plain(total),
            plain(passed),
            part,
        )
        rows.append(tuple(map(Cell, cells)))
    columns = ("Asked for by", "Patients", "Target", "Made", "Accepted", "Accepted share")
    return Table(columns, tuple(rows), texts=3)


def reason_rows(checks: pd.DataFrame) -> Table:
    """Return how many synthetic records were rejected for each reason, the most frequent first, the rest together."""
    rejected = checks[checks["reason"] != ACCEPTED]
    counts = rejected.pivot_table(index="reason", columns="kind", values="count", aggfunc="sum", fill_value=0)
    order = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index
    rows = [(Cell(str(reason)), *_counts(counts.loc[reason])) for reason in order[:REASONS_LISTED]]
    if len(order) > REASONS_LISTED:
        rest = counts.loc[order[REASONS_LISTED:]].sum()
        rows.append((Cell(f"{len(order) - REASONS_LISTED} other reasons"), *_counts(rest)))
    return Table(("Reason", *(f"Rejected, {KINDS.get(kind, kind)}" for kind in counts.columns)), tuple(rows))


def diversity_rows(diversity: pd.DataFrame) -> Table:
    """Return, for each target, how far apart real, accepted and rejected records lie from one another."""
    rows = [
        (
            label_cell(str(row["target"])),
            *(Cell(plain(int(row[name]))) for name in ("accepted", "rejected")),
            *(Cell(number(row[f"spread_{name}"])) for name in ("real", "accepted", "rejected")),
        )
        for _, row in diversity.iterrows()
    ]
    columns = ("Target", "Accepted", "Rejected", "Spread of real", "of accepted", "of rejected")
    return Table(columns, tuple(rows))


def privacy_rows(privacy: Mapping[str, Any]) -> Table:
    """Return every figure of memory, those with a limit first, beside it."""
    limits = privacy.get("limits", {})
    figures = {name: value for name, value in privacy.items() if name not in ("limits", "blocked")}
    bounds = {f"{name}_{end}" for name in figures for end in ("low", "high")}
    rows = []
    for name in dict.fromkeys([*limits, *figures]):
        if name in bounds:
            continue
        value, limit = figures.get(name), limits.get(name)
        inside = ABSENT if limit is None or not known(value) else ("yes" if value <= limit else "no")
        around = interval(figures.get(f"{name}_low", np.nan), figures.get(f"{name}_high", np.nan))
        note = "" if around == ABSENT else around
        title = PRIVACY_NAMES.get(name, name.replace("_", " "))
        tone = "worse" if inside == "no" else ""
        rows.append((Cell(title), Cell(plain(value), note), Cell(plain(limit)), Cell(inside, tone=tone)))
    return Table(("Figure", "Value", "Limit", "Within"), tuple(rows))


def arm_rows(content: StudyContent) -> Table:
    """Return what each arm of each setting learned from, by source."""
    rows = [
        (
            Cell(setting.title),
            Cell(arm),
            *(Cell(plain(int(told["records"].get(source, 0)))) for source in ("real", "copy", "synthetic")),
            Cell(_sources(told["first"])),
            Cell(plain(list(told["seeds"]), grouped=False)),
        )
        for setting in content.settings
        for arm, told in setting.arms.items()
    ]
    columns = ("Setting", "Arm", "Real", "Copies", "Synthetic", "Learned before", "Seeds")
    return Table(columns, tuple(rows), texts=2)


def score_rows(content: StudyContent) -> Table:
    """Return each arm's own macro scores in each setting, means over seeds."""
    rows = []
    for setting in content.settings:
        wanted = [(label, metric) for label in ("macro", "macro_rare") for metric in METRIC_NAMES]
        pairs = [pair for pair in content.pairs(setting) if pair[1] == BASELINE]
        for place, pair in enumerate(pairs):
            found = [content.row(setting, pair, *each) for each in wanted]
            for arm, column in ((BASELINE, "reference_value"), (pair[0], "value"))[bool(place) :]:
                scores = (Cell(ABSENT if row is None else number(row[column])) for row in found)
                rows.append((Cell(setting.title), Cell(arm), *scores))
    names = [capital(name) for name in METRIC_NAMES.values()]
    return Table(("Setting", "Arm", *names, *(f"{name}, rare" for name in names)), tuple(rows), texts=2)


def run_rows(runs: Sequence[Mapping[str, Any]]) -> Table:
    """Return a row per place and arm: what it learned from, what each seed's training took, and where it was done."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for run in runs:
        groups.setdefault((run["name"].rpartition("/")[0], run["arm"]), []).append(run)
    rows = [(Cell(place), Cell(arm), *_run_cells(members)) for (place, arm), members in groups.items()]
    columns = (
        "Place",
        "Arm",
        "Records",
        "Records before",
        "Machine",
        "Code",
        "Started",
        "Seeds",
        "Best epoch",
        "Minutes",
    )
    return Table(columns, tuple(rows), texts=7)


def capital(text: str) -> str:
    """Return a text with its first letter large, the others as they are."""
    return text[:1].upper() + text[1:]


def _against(reference: str, metric: str) -> str:
    return capital(f"{METRIC_NAMES[metric]} against {reference}")


def _compared_cells(row: pd.Series) -> tuple[Cell, ...]:
    tone = row["verdict"] if row["verdict"] in TONES else ""
    return (
        Cell(row["arm"]),
        Cell(row["reference"]),
        Cell(row_name(row["label"])),
        Cell(METRIC_NAMES[row["metric"]]),
        Cell(plain(int(row["positive_patients"]))),
        Cell(str(int(row["seeds"]))),
        Cell(number(row["reference_value"])),
        Cell(number(row["value"])),
        Cell(signed(row["difference"]), signed_interval(row["low"], row["high"]), tone=tone),
        Cell(p_value(row["p_holm"])),
        Cell(str(row["verdict"]), tone=tone),
        Cell(str(row["equivalence"])),
        Cell(number(row["detectable_corrected"])),
    )


def _short_cell(row: pd.Series) -> Cell:
    tone = row["verdict"] if row["verdict"] in TONES else ""
    # Lines break between interval and verdict, not within either.
    parts = (f"{signed_interval(row['low'], row['high'])},", str(row["verdict"]))
    said = " ".join(part.replace(" ", "\u00a0") for part in parts) if known(row["difference"]) else ""
    return Cell(signed(row["difference"]), said, tone)


def _power_cells(row: pd.Series) -> tuple[Cell, ...]:
    errors = ("reference_value", "standard_error", "training_error", "patients_error", "detectable")
    return (
        Cell(plain(int(row["positive_patients"]))),
        Cell(str(int(row["seeds"]))),
        *(Cell(number(row[name])) for name in (*errors, "detectable_corrected")),
        Cell(plain(bool(row["reachable"])) if known(row["detectable_corrected"]) else ABSENT),
    )


def _run_cells(members: Sequence[Mapping[str, Any]]) -> tuple[Cell, ...]:
    ordered = sorted(members, key=lambda run: run["configuration"]["seed"])
    first = ordered[0]
    return (
        Cell(_sources(first["records"])),
        Cell(_sources(first["first"])),
        *(
            Cell("; ".join(dict.fromkeys(str(run["provenance"][part])[:length] for run in ordered)))
            for part, length in (("machine", None), ("code", None), ("started", len("2026-01-01")))
        ),
        Cell(", ".join(str(run["configuration"]["seed"]) for run in ordered)),
        Cell(", ".join(plain(run["best_epoch"]) for run in ordered)),
        Cell(", ".join(number(run["seconds"] / 60, 1) for run in ordered)),
    )


def _counts(row: pd.Series) -> tuple[Cell, ...]:
    return tuple(Cell(plain(int(count))) for count in row)


def _percent(share: float) -> str:
    return f"{100 * share:g}\u00a0%"


def _sources(records: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {source}" for source, count in records.items()) or ABSENT


def _spread(values: pd.Series) -> str:
    return signed_interval(values.min(), values.max()) if len(values) > 1 else ""


def _below(p: pd.Series) -> str:
    """Return in how many of the seeds a p was found below 0.05, uncorrected."""
    told = p.to_numpy(dtype=float)
    told = told[~np.isnan(told)]
    return f"{int((told < _P_BELOW).sum())} of {len(told)}" if len(told) else ABSENT


def _each(values: pd.Series) -> str:
    return ", ".join(plain(int(value)) if known(value) else ABSENT for value in values)
