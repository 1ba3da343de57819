"""Wiring of evaluation: every arm's probabilities in, tables and one report out."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.arms import ARMS
from ecg_forge.pipelines.evaluation import nodes
from ecg_forge.pipelines.evaluation.report import write_report
from ecg_forge.pipelines.step import step


def _of_arms(*artifacts: str) -> list[str]:
    return [f"{arm}.{artifact}" for arm in ARMS for artifact in artifacts]


def create_pipeline() -> Pipeline:
    settings = ["params:classifier", "params:evaluation"]
    scores = [
        step(
            nodes.score_arm,
            [f"{arm}.probabilities", f"{arm}.thresholds", "records", "labels", *settings],
            f"{arm}.metrics",
            arm=arm,
        )
        for arm in ARMS
    ]
    return Pipeline(
        [
            *scores,
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
                    *_of_arms("history", "probabilities", "metrics", "thresholds"),
                ],
                "report",
            ),
        ]
    )
