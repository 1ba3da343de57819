"""Wiring of the classifiers on features: recordings in, a table of features and runs for the leaderboard out."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.feature_models import nodes
from ecg_forge.pipelines.step import step


def create_pipeline() -> Pipeline:
    return Pipeline(
        [
            step(nodes.measure_signal_features, ["signals", "beats", "features"], "signal_features"),
            step(
                nodes.train_feature_models,
                [
                    *("records", "labels", "signal_features", "data_card"),
                    *("params:provenance", "params:feature_models"),
                ],
                # The descriptions are saved after the probabilities: a run without one counts as unfinished.
                ["benchmark_probabilities", "benchmark_descriptions", "feature_importance"],
            ),
            step(nodes.draw_feature_importance, "feature_importance", "feature_importance_figure"),
        ]
    )
