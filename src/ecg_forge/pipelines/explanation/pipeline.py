"""Wiring of explanation: what the baseline's classifier looks at, how far to trust that, and the pages about it."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.arms import BASELINE
from ecg_forge.pipelines.explanation import drawings, nodes, report
from ecg_forge.pipelines.step import step


def create_pipeline() -> Pipeline:
    config = "params:explanation"
    weights, probabilities, thresholds = (f"{BASELINE}.{part}" for part in ("weights", "probabilities", "thresholds"))
    explained = [weights, "explained_records", "records", "signals", "beats", config]
    kept = ["explanation_occlusion", "explanation_curves"]
    return Pipeline(
        [
            step(
                nodes.choose_explained_records,
                [weights, probabilities, thresholds, "labels", "records", config],
                "explained_records",
            ),
            step(nodes.explain_records, explained, "explanations"),
            step(nodes.average_explanations, explained, ["explanation_beats", "explanation_occlusion"]),
            step(nodes.check_explanations, explained, ["explanation_checks", "explanation_curves"]),
            step(
                drawings.draw_explanations,
                ["explained_records", "explanations", "explanation_beats", *kept, "signals"],
                "explanation_drawings",
            ),
            step(report.describe_explanations, ["parameters", weights, config], "explanation_run"),
            step(
                report.report_explanations,
                [
                    *("explanation_run", "explained_records", "explanation_occlusion", "explanation_checks"),
                    "explanation_drawings",
                ],
                ["explanation_report", "explanation_page"],
            ),
        ]
    )
