"""Wiring of the search: the engineered data in, trials, the best settings as a preset and a figure out."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.search import nodes
from ecg_forge.pipelines.step import step


def create_pipeline() -> Pipeline:
    return Pipeline(
        [
            step(
                nodes.search_settings,
                [
                    *("records", "labels", "signals", "normaliser", "params:search"),
                    *("search_storage", "search_checkpoints"),
                ],
                ["search_trials", "search_best"],
            ),
            step(nodes.draw_trials, ["search_trials", "params:search"], "search_figure"),
        ]
    )
