"""Score the kept runs of the benchmark on the test fold, set them beside published figures, and print the result."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from ecg_forge.ecg.labels import TASKS
from ecg_forge.ecg.metadata import DataConfig
from ecg_forge.ecg.splits import count_by_split
from ecg_forge.metrics.bootstrap import patient_weights
from ecg_forge.metrics.config import EvaluationConfig
from ecg_forge.metrics.report_table import RARE_BELOW
from ecg_forge.pipelines.benchmark import rows
from ecg_forge.pipelines.benchmark.decisions import decision_board
from ecg_forge.pipelines.benchmark.description import settings_of
from ecg_forge.pipelines.benchmark.published import PublishedBenchmark
from ecg_forge.pipelines.benchmark.runs import Entry, Loaders, finished_runs, read_entries
from ecg_forge.pipelines.truth import Truth
from ecg_forge.reporting.front_page import front_page
from ecg_forge.reporting.leaderboard_page import leaderboard_page

logger = logging.getLogger(__name__)

DETAILED = ("all", "superclass")
"""The tasks whose best classifier is looked at more closely."""
DECIDED = ("superclass",)
"""The tasks of few labels whose decisions are counted, and reduced to one label a record."""


def score_benchmark(
    metadata: pd.DataFrame,
    data: DataConfig,
    evaluation: EvaluationConfig,
    published: PublishedBenchmark,
    descriptions: Loaders,
    probabilities: Loaders,
) -> tuple[pd.DataFrame, dict[str, Any], dict[str, pd.DataFrame]]:
    """Score every finished run, and the mean of the runs of a name, once on the test fold.

    Args:
        metadata: ``ptbxl_database.csv``, whose labels and folds are the truth.
        data: which records and labels count.
        evaluation: resamples of the test patients, and how thresholds are chosen.
        published: figures of others.
        descriptions, probabilities: by run, ``<task>/<name>-seed<k>``, a function that loads it.

    Returns:
        the leaderboard, a row per run, mean of runs and published figure, the best of a task first; the same with all
        that page and figures print, JSON-able; and per run or mean of runs its classification report.

    Raises:
        BadInput: there is no finished run, or one does not fit the metadata.
        LeakError: a record of a run stands in another split.
    """
    truth = Truth.of(metadata, data)
    runs = finished_runs(descriptions, probabilities)
    tasks: dict[str, dict[str, Any]] = {}
    details: dict[str, dict[str, Any]] = {}
    decisions: dict[str, dict[str, Any]] = {}
    reports: dict[str, pd.DataFrame] = {}
    for task in (task for task in TASKS if any(run["task"] == task for run in runs.values())):
        logger.info("scoring the %d runs of task %s", sum(run["task"] == task for run in runs.values()), task)
        scored = _score_task(task, read_entries(task, runs, probabilities, truth), truth, evaluation)
        tasks[task] = rows.task_board(scored, published.rows(task))
        reports |= {each.entry.key: each.report for each in scored}
        best = rows.chosen(scored)
        if task in DETAILED:
            details[task] = rows.detail(best, truth.records, evaluation.resamples, evaluation.seed)
        if task in DECIDED:
            decisions[task] = decision_board(scored, best, published)
    board = {
        "data": {"version": truth.version, "records_by_split": count_by_split(truth.records)},
        "evaluation": {**asdict(evaluation), "rare_below": RARE_BELOW},
        "sources": _sources(published),
        "tasks": tasks,
        "details": details,
        "decisions": decisions,
        "runs": [_said(run) for task in tasks for run in runs.values() if run["task"] == task],
    }
    return rows.as_table(tasks), board, reports


def draw_leaderboard(board: dict[str, Any]) -> str:
    """Draw macro AUC with intervals, ours beside published, as SVG."""
    from ecg_forge.ecg.plotting import figure_svg
    from ecg_forge.reporting.leaderboard import draw_scores

    return figure_svg(draw_scores(board["tasks"]))


def draw_calibration(board: dict[str, Any]) -> str:
    """Draw what the chosen classifiers said against what was so, before and after the temperature, as SVG."""
    from ecg_forge.ecg.plotting import figure_svg
    from ecg_forge.reporting.leaderboard import draw_reliability

    return figure_svg(draw_reliability(board["details"]))


def write_leaderboard_page(board: dict[str, Any]) -> str:
    """Print the leaderboard for the documentation, as Markdown."""
    return leaderboard_page(board)


def write_front_page(board: dict[str, Any]) -> str:
    """Print the lines of the leaderboard that the README shows, as Markdown."""
    return front_page(board)


def _score_task(task: str, entries: Sequence[Entry], truth: Truth, evaluation: EvaluationConfig) -> list[rows.Scored]:
    # All entries of a task hold the same records in the same order, so they share the resamples.
    weights = patient_weights(entries[0].test.patient_id, evaluation.resamples, evaluation.seed)
    counts = truth.training_counts(task)
    return [rows.Scored.of(entry, weights, counts, evaluation.threshold_policy) for entry in entries]


def _sources(published: PublishedBenchmark) -> list[dict[str, str]]:
    return [{"study": table.study, "source": table.source, "interval": table.interval} for table in published.tables]


def _said(run: Mapping[str, Any]) -> dict[str, Any]:
    """What a run's description says, but for the labels, which are the task's, and the thresholds, fitted again."""
    said = {name: value for name, value in run.items() if name not in ("labels", "thresholds")}
    return {**said, "configuration": settings_of(run)}
