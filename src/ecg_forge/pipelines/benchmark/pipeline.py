"""Wiring of the benchmark: the engineered data in, trained classifiers, their probabilities and a leaderboard out."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.benchmark import nodes
from ecg_forge.pipelines.benchmark.scoring_pipeline import create_scoring_pipeline
from ecg_forge.pipelines.step import step


def create_pipeline() -> Pipeline:
    training = step(
        nodes.train_benchmark,
        [
            *("records", "labels", "signals", "normaliser", "data_card", "params:provenance", "params:benchmark"),
            *("finished_descriptions", "finished_weights", "benchmark_checkpoints"),
        ],
        # The description is saved last: a run without it counts as unfinished.
        ["benchmark_probabilities", "benchmark_weights", "benchmark_descriptions"],
    )
    return Pipeline([training]) + create_scoring_pipeline()
