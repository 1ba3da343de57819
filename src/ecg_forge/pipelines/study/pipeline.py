"""Wiring of the study: one pool of synthetic records, every arm of every experiment, and what follows from them.

The pool is made and checked once. Scoring needs the kept runs and PTB-XL's metadata only.
"""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.augmentation.nodes import check_synthetic, measure_distances
from ecg_forge.pipelines.step import step
from ecg_forge.pipelines.study import nodes, scoring
from ecg_forge.pipelines.synthesis.nodes import describe_synthetic_records, generate_signals

_STUDY = "study"


def create_pipeline() -> Pipeline:
    return _pool() + _training() + create_results_pipeline()


def create_results_pipeline() -> Pipeline:
    """Compare the kept runs; what prints the comparison belongs here."""
    return Pipeline(
        [
            step(
                scoring.score_study,
                [
                    *("ptbxl_metadata", "params:data_engineering", "params:evaluation", "params:study"),
                    *("study_descriptions", "study_probabilities"),
                ],
                ["study_comparison", "study_crosschecks", "study_summary"],
            )
        ]
    )


def _training() -> Pipeline:
    return Pipeline(
        [
            step(
                nodes.train_study,
                [
                    *("records", "labels", "signals", "normaliser", "data_card", "params:provenance"),
                    *("baseline.training_table", "study.plan", "study.verdicts", "study.signals", "params:study"),
                    *("finished_study", "study_checkpoints"),
                ],
                # The description is saved last: a run without it counts as unfinished.
                ["study_probabilities", "study_descriptions"],
            )
        ]
    )


def _pool() -> Pipeline:
    """Plan, make, measure and check every synthetic record that an arm may use; what may stop a training belongs here.

    Such a node stands between `check_synthetic` and the training, which must take what it gives.
    """
    sampling = ["params:synthesis.sampler", "params:synthesis.guidance"]
    return Pipeline(
        [
            step(nodes.plan_study, ["records", "labels", "params:study"], "study.plan"),
            step(generate_signals, ["denoiser_weights", "study.plan", *sampling], "study.signals", arm=_STUDY),
            step(describe_synthetic_records, ["study.plan", "study.signals"], "study.records", arm=_STUDY),
            step(
                measure_distances,
                ["records", "signals", "study.signals"],
                ["study.distances", "study.validation_distances"],
                arm=_STUDY,
            ),
            step(
                check_synthetic,
                [
                    *("study.signals", "study.records", "study.distances", "study.validation_distances"),
                    *("records", "features", "labels", "baseline.weights", "baseline.probabilities"),
                    *("params:synthesis.checks", "params:classifier"),
                ],
                "study.verdicts",
                arm=_STUDY,
            ),
        ]
    )
