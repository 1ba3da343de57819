"""Wiring of the scoring: the kept probabilities and PTB-XL's metadata in, leaderboard, reports and figures out."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.benchmark import scoring
from ecg_forge.pipelines.step import step


def create_scoring_pipeline() -> Pipeline:
    return Pipeline(
        [
            step(
                scoring.score_benchmark,
                [
                    *("ptbxl_metadata", "params:data_engineering", "params:evaluation", "params:published_benchmark"),
                    *("benchmark_descriptions", "benchmark_probabilities"),
                ],
                ["leaderboard", "leaderboard_json", "benchmark_reports"],
            ),
            step(scoring.draw_leaderboard, "leaderboard_json", "leaderboard_figure"),
            step(scoring.draw_calibration, "leaderboard_json", "calibration_figure"),
            step(scoring.write_leaderboard_page, "leaderboard_json", "leaderboard_page"),
            step(scoring.write_front_page, "leaderboard_json", "front_page"),
        ]
    )
