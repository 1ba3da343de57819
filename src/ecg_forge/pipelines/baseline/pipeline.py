"""Wiring of the classifier of one arm, and of the baseline arm."""

from kedro.pipeline import Pipeline, pipeline

from ecg_forge.pipelines.baseline import nodes, packing
from ecg_forge.pipelines.step import step


def classifier_pipeline(arm: str, pools: tuple[str, ...]) -> Pipeline:
    """Train, score and threshold the classifier of one arm, under the arm's namespace.

    Args:
        arm: the namespace; ``<arm>.training_table`` must come from elsewhere.
        pools: signal arrays in which the rows of the training table are found.
    """
    shared = {"records", "labels", "normaliser", "signals", *pools}
    config = "params:classifier"
    return pipeline(
        [
            step(
                nodes.train_classifier,
                ["training_table", "records", "labels", "normaliser", config, "checkpoints", *pools],
                ["weights", "history"],
            ),
            step(nodes.score_records, ["weights", "records", "signals"], "probabilities"),
            step(
                nodes.choose_thresholds,
                ["probabilities", "labels", "records", config, "params:evaluation"],
                "thresholds",
            ),
        ],
        inputs=shared,
        parameters={config, "params:evaluation"},
        namespace=arm,
    )


def create_pipeline() -> Pipeline:
    table = step(nodes.tabulate_training_records, ["records", "labels"], "baseline.training_table", arm="baseline")
    return Pipeline([table]) + classifier_pipeline("baseline", pools=("signals",))


def create_packing_pipeline() -> Pipeline:
    """Write the baseline's classifier as a box, which `ecg-forge classify` reads."""
    made = ["baseline.weights", "baseline.probabilities"]
    known = ["labels", "records", "data_card", "params:provenance"]
    return Pipeline([step(packing.pack_classifier, [*made, *known], "packed_classifier")])
