"""Wiring of publish (keep a study's probabilities in the documentation) and results (rebuild its tables)."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.arms import ARMS
from ecg_forge.pipelines.results import nodes
from ecg_forge.pipelines.step import step


def create_publish_pipeline() -> Pipeline:
    probabilities = [
        step(nodes.keep_probabilities, f"{arm}.probabilities", f"{arm}.published", arm=arm) for arm in ARMS
    ]
    runs = [
        step(
            nodes.describe_run,
            ["parameters", "data_card", "synthetic_plan", f"{arm}.thresholds"],
            f"{arm}.published_run",
            arm=arm,
        )
        for arm in ARMS
    ]
    example = step(
        nodes.draw_synthetic_example,
        ["synthetic_signals", "synthetic_records", "synthetic_verdicts"],
        "synthetic_example_figure",
    )
    return Pipeline([*probabilities, *runs, example])


def create_results_pipeline() -> Pipeline:
    published = [f"{arm}.{part}" for arm in ARMS for part in ("published", "published_run")]
    return Pipeline(
        [
            step(
                nodes.write_results_page,
                ["records", "labels", "params:classifier", "params:evaluation", *published],
                "results_page",
            )
        ]
    )
