"""The leaderboard's page of the documentation, written from the numbers of its JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ecg_forge.reporting.decisions_page import decision_lines
from ecg_forge.reporting.feature_model_notes import feature_model_lines, networks
from ecg_forge.reporting.markdown import table_lines
from ecg_forge.reporting.tables import Cell, Table, label_cell, subgroup_rows
from ecg_forge.reporting.training_notes import run_table, scored_again, settings_table, shared_settings
from ecg_forge.reporting.words import ABSENT, COVERAGE, interval, known, number, plain

Row = Mapping[str, Any]

EXTREMES = 10
"""How many labels are listed at either end."""

OTHER_SCORES = {
    "micro_auc": "micro AUC",
    "weighted_auc": "weighted AUC",
    "micro_ap": "micro average precision",
    "micro_f1": "micro F1",
    "weighted_f1": "weighted F1",
    "macro_f2": "macro F2",
    "macro_g2": "macro G2",
    "subset_accuracy": "subset accuracy",
    "hamming_loss": "Hamming loss",
}


def leaderboard_page(board: Mapping[str, Any]) -> str:
    """Return the page as Markdown.

    Args:
        board: data, evaluation, sources, tasks, details, decisions and runs, as `score_benchmark` makes it.
    """
    lines = ["# Leaderboard", "", *_opening(board), "", "![Macro AUC by task](leaderboard.svg)"]
    for task, scored in board["tasks"].items():
        lines += ["", f"## Task `{task}`", "", _task_sentence(scored), "", *table_lines(score_table(scored["rows"]))]
        if scored["seeds"]:
            lines += ["", "Mean ± standard deviation over the seeds, each scored alone:", ""]
            lines += table_lines(seed_table(scored["seeds"]))
    if board["details"]:
        lines += ["", "## A closer look", "", *_closer_look(board)]
    lines += decision_lines(board["decisions"])
    if trained := networks(board["runs"]):
        lines += ["", "## How the classifiers were trained", "", *_training(trained)]
    lines += feature_model_lines(board["runs"])
    return "\n".join(lines) + "\n"


def score_table(rows: Sequence[Row]) -> Table:
    """Return the rows of one task, ours beside published."""
    columns = (
        *("Classifier", "From", "Seeds", "AUC", "Average precision", "F1", "AUC, rare labels", "AP, rare labels"),
        *("ECE", "ECE, calibrated", "Parameters", "Training, min", "Records/s", "Epochs"),
    )
    return Table(columns, tuple(_score_cells(row) for row in rows), texts=3)


def seed_table(groups: Sequence[Row]) -> Table:
    """Return mean and standard deviation over seeds, a row per classifier."""
    rows = [
        (
            Cell(group["name"]),
            Cell(str(group["seeds"])),
            *(
                Cell(f"{number(group[f'{metric}_mean'])} ± {number(group[f'{metric}_sd'], 4)}")
                for metric in ("auc", "ap", "f1")
            ),
        )
        for group in groups
    ]
    return Table(("Classifier", "Seeds", "AUC", "Average precision", "F1"), tuple(rows))


def label_extremes(labels: Sequence[Row]) -> Table:
    """Return the labels of highest and of lowest AUC, best first; all of them where they are few.

    Args:
        labels: columns label, n_train, n_test, auc and ap with their bounds; only labels that the test fold holds.
    """
    ranked = sorted(labels, key=lambda row: (-row["auc"], row["label"]))
    shown = ranked if len(ranked) <= 2 * EXTREMES else [*ranked[:EXTREMES], *ranked[-EXTREMES:]]
    rows = [
        (
            label_cell(row["label"]),
            Cell(plain(row["n_train"])),
            Cell(plain(row["n_test"])),
            _with_interval(row, "auc"),
            _with_interval(row, "ap"),
        )
        for row in shown
    ]
    return Table(("Label", "Train", "Test", "AUC", "Average precision"), tuple(rows))


def _opening(board: Mapping[str, Any]) -> list[str]:
    data, evaluation = board["data"], board["evaluation"]
    splits = ", ".join(f"{count:,} {split}" for split, count in data["records_by_split"].items())
    machines = "; ".join(sorted({run["provenance"]["machine"] for run in board["runs"]}))
    rates = ", ".join(str(rate) for rate in sorted({run["data"]["sampling_rate_hz"] for run in board["runs"]}))
    return [
        f"PTB-XL {data['version']}, {rates} Hz, folds 1–8 for training, 9 for validation, 10 for the test ({splits} "
        f"records). A record without any label of a task is left out of it. Trained on: {machines}.",
        "",
        f"Brackets hold {COVERAGE} intervals over the choice of test patients ({evaluation['resamples']:,} bootstrap "
        "resamples of patients); they say nothing of training again, which the spread over seeds shows. Thresholds "
        f"(for F1, policy `{evaluation['threshold_policy']}`) and temperatures (for calibration) were fitted on the "
        f"validation fold, from the same stored probabilities. Rare labels have fewer than {evaluation['rare_below']} "
        "training records. A mean of seeds is the mean of their probabilities; its parameters and minutes are those of "
        "all its runs together. ECE is the expected calibration error over all pairs of record and label.",
        *_published_sources(board["sources"]),
    ]


def _published_sources(sources: Sequence[Row]) -> list[str]:
    if not sources:
        return []
    return [
        "",
        "Published figures stand in italics. They were made with other programs and not all on this version of PTB-XL. "
        "They belong beside single runs: to average several trainings is an advantage of its own.",
        "",
        *(f"- *{each['study']}*: {each['source']}. Intervals: {each['interval']}." for each in sources),
    ]


def _task_sentence(scored: Mapping[str, Any]) -> str:
    text = (
        f"{scored['n_labels']} labels, {scored['n_present']} of them in the test fold; {scored['n_test']:,} test "
        f"records of {scored['n_test_patients']:,} patients. Highest of ours: {_best_of_ours(scored)}"
    )
    published = [row for row in scored["rows"] if row["kind"] == "published"]
    best = f"; highest published: {published[0]['name']}, {number(published[0]['auc'])}" if published else ""
    return f"{text}{best}."


def _best_of_ours(scored: Mapping[str, Any]) -> str:
    """Name the classifier of highest AUC as trained once, which is what a published figure can be set beside."""
    spread = {group["name"]: group for group in scored["seeds"]}
    once = {row["name"]: row["auc"] for row in scored["rows"] if row["kind"] == "run" and row["name"] not in spread}
    once |= {name: group["auc_mean"] for name, group in spread.items()}
    name = max(once, key=lambda each: (once[each], each))
    if name not in spread:
        return f"{name}, {number(once[name])}"
    together = next(row["auc"] for row in scored["rows"] if row["kind"] == "ensemble" and row["name"] == name)
    several = f"on average over {spread[name]['seeds']} seeds, {number(together)} with their probabilities averaged"
    return f"{name}, {number(once[name])} {several}"


def _score_cells(row: Row) -> tuple[Cell, ...]:
    if row["kind"] == "published":
        blank = (Cell(ABSENT),) * 10
        return (Cell(f"*{row['name']}*"), Cell(f"*{row['source']}*"), Cell(ABSENT), _with_interval(row, "auc"), *blank)
    rare = plain(row["rare_labels"])
    return (
        Cell(row["name"]),
        Cell("mean of seeds" if row["kind"] == "ensemble" else "run"),
        Cell(row["seeds"]),
        *(_with_interval(row, metric) for metric in ("auc", "ap", "f1")),
        *(
            Cell(number(row[f"rare_{metric}"]), f"{rare} labels" if row["rare_labels"] else "")
            for metric in ("auc", "ap")
        ),
        Cell(number(row["ece"], 4)),
        Cell(number(row["ece_calibrated"], 4)),
        Cell(plain(row["parameters"])),
        Cell(number(row["seconds"] / 60, 1)),
        Cell(number(row["records_per_s"], 0)),
        Cell(plain(row["epochs_trained"], grouped=False)),
    )


def _with_interval(row: Row, metric: str) -> Cell:
    low, high = row[f"{metric}_low"], row[f"{metric}_high"]
    return Cell(number(row[metric]), interval(low, high) if known(low) else "")


def _closer_look(board: Mapping[str, Any]) -> list[str]:
    lines = [
        "The classifier with the highest macro AUC on the validation fold, of each of these tasks.",
        "",
        "![Calibration before and after temperature scaling](calibration.svg)",
    ]
    for task, detail in board["details"].items():
        seeds = f"seeds {detail['seeds']}" if detail["kind"] == "ensemble" else f"seed {detail['seeds']}"
        lines += [
            *("", f"### Task `{task}`: {detail['name']}, {seeds}", ""),
            *_detail_sentences(detail),
            "",
            *table_lines(subgroup_rows(pd.DataFrame(detail["subgroups"]))),
            *("", _extremes_sentence(len(detail["labels"])), ""),
            *table_lines(label_extremes(detail["labels"])),
        ]
    return lines


def _detail_sentences(detail: Mapping[str, Any]) -> list[str]:
    before, after = detail["calibration"]["before"], detail["calibration"]["after"]
    scores = detail["summary"]
    others = ", ".join(f"{words} {number(scores[name])}" for name, words in OTHER_SCORES.items())
    return [
        f"Macro AUC {number(detail['val_auc'])} on the validation fold. A temperature of "
        f"{number(detail['calibration']['temperature'])}, fitted there, takes the expected calibration error on the "
        f"test fold from {number(before['ece'], 4)} to {number(after['ece'], 4)}, and its mean over labels from "
        f"{number(before['label_ece'], 4)} to {number(after['label_ece'], 4)}.",
        "",
        f"Other scores on the test fold: {others}.",
    ]


def _extremes_sentence(labels: int) -> str:
    if labels <= 2 * EXTREMES:
        return "The labels by AUC:"
    return f"The {EXTREMES} labels of highest and the {EXTREMES} of lowest AUC; mind how few test records some have:"


def _training(runs: Sequence[Row]) -> list[str]:
    return [
        "An epoch is one pass over the task's training records, and the weights kept are those of the best epoch by "
        f"macro AUC on the validation fold. All runs share {shared_settings(runs)}. What differs:",
        "",
        *table_lines(settings_table(runs)),
        "",
        "Every run, its seeds in order:",
        "",
        *table_lines(run_table(runs)),
        *(["", *again] if (again := scored_again(runs)) else []),
    ]
