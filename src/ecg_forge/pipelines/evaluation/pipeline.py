"""Wiring of evaluation: every arm's probabilities in, tables and one report out."""

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from ecg_forge.pipelines.arms import ARMS
from ecg_forge.pipelines.evaluation import nodes
from ecg_forge.pipelines.evaluation.report import REPORTED, write_report
from ecg_forge.pipelines.step import step


def _of_arms(*artifacts: str) -> list[str]:
    return [f"{arm}.{artifact}" for arm in ARMS for artifact in artifacts]


def _scores(arm: str) -> list[Node]:
    """Every table of one arm; what is fitted here is fitted on validation and shown on test."""
    classifier, config = "params:classifier", "params:evaluation"
    data = ["records", "labels", classifier]
    probabilities, decisions = f"{arm}.probabilities", [f"{arm}.probabilities", f"{arm}.thresholds"]
    return [
        step(nodes.score_arm, [*decisions, *data, config], f"{arm}.metrics", arm),
        step(nodes.summarise_scores, [*decisions, *data], f"{arm}.summary", arm),
        step(nodes.report_classification, [*decisions, *data], f"{arm}.classification_report", arm),
        step(nodes.tabulate_operating_points, [probabilities, *data], f"{arm}.operating_points", arm),
        step(nodes.measure_calibration, [probabilities, *data], f"{arm}.calibration", arm),
        step(nodes.score_subgroups, [*decisions, *data, config], f"{arm}.subgroups", arm),
    ]


def create_pipeline() -> Pipeline:
    settings = ["params:classifier", "params:evaluation"]
    return Pipeline(
        [
            *(node for arm in ARMS for node in _scores(arm)),
            step(
                nodes.compare_every_pair,
                ["records", "labels", *settings, *_of_arms("probabilities", "thresholds")],
                "comparison",
            ),
            step(nodes.measure_memorisation, ["synthetic_distances", "validation_distances"], "memorisation"),
            step(
                write_report,
                [
                    *("parameters", "params:classifier", "labels", "signals", "data_card", "denoiser_history"),
                    *("synthetic_plan", "synthetic_signals", "synthetic_records", "synthetic_verdicts"),
                    *("fidelity", "memorisation", "comparison"),
                    *_of_arms(*REPORTED),
                ],
                "report",
            ),
        ]
    )
