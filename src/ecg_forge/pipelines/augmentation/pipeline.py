"""Wiring of augmentation: checks of the synthetic ECGs, then the arms that learn from them or from copies."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.augmentation import nodes
from ecg_forge.pipelines.baseline.pipeline import classifier_pipeline
from ecg_forge.pipelines.step import step


def create_pipeline() -> Pipeline:
    tables = ["baseline.training_table", "synthetic_records", "synthetic_verdicts"]
    return (
        Pipeline(
            [
                step(
                    nodes.measure_distances,
                    ["records", "signals", "synthetic_signals"],
                    ["synthetic_distances", "validation_distances"],
                ),
                step(
                    nodes.check_synthetic,
                    [
                        *("synthetic_signals", "synthetic_records", "synthetic_distances", "validation_distances"),
                        *("records", "features", "labels", "baseline.weights", "baseline.probabilities"),
                        *("params:synthesis.checks", "params:classifier"),
                    ],
                    "synthetic_verdicts",
                ),
                step(nodes.tabulate_oversampled_records, tables, "oversampled.training_table", arm="oversampled"),
                step(nodes.tabulate_augmented_records, tables, "augmented.training_table", arm="augmented"),
            ]
        )
        + classifier_pipeline("oversampled", pools=("signals",))
        + classifier_pipeline("augmented", pools=("signals", "synthetic_signals"))
    )
