"""Wiring of the exploration: the engineered data in, counts, curves, figures and two pages out."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.exploration import nodes
from ecg_forge.pipelines.step import step


def create_pipeline() -> Pipeline:
    found = ["data_card", "exploration_counts", "exploration_curves"]
    return Pipeline(
        [
            step(
                nodes.count_for_exploration,
                ["ptbxl_metadata", "records", "labels", "signal_quality"],
                "exploration_counts",
            ),
            step(
                nodes.measure_for_exploration,
                ["records", "labels", "features", "beats", "signals", "params:exploration"],
                "exploration_curves",
            ),
            step(nodes.draw_exploration, found, "exploration_figures"),
            step(
                nodes.report_exploration,
                [*found, "exploration_figures"],
                ["exploration_report", "exploration_page"],
            ),
        ]
    )
