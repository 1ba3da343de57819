"""Wiring of the study: one pool of synthetic records, every arm of every experiment, and what follows from them.

The pool is made, checked and judged once. The results need PTB-XL's metadata and what is kept only.
"""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.augmentation.nodes import check_synthetic, measure_distances
from ecg_forge.pipelines.step import step
from ecg_forge.pipelines.study import checks, nodes, privacy, report, scoring
from ecg_forge.pipelines.synthesis.nodes import describe_synthetic_records, generate_signals

_STUDY = "study"
_DOCUMENTS = ["study_model_card", "study_data_card", "study_checklist"]
_POOL_TABLES = ["study_checks", "study_diversity", "study_privacy", "study_examples"]


def create_pipeline() -> Pipeline:
    return _pool() + _judging() + _training() + create_results_pipeline()


def create_results_pipeline() -> Pipeline:
    """Compare the kept runs and print the comparison; nothing is made or trained."""
    return Pipeline(
        [
            step(
                scoring.score_study,
                [
                    *("ptbxl_metadata", "params:data_engineering", "params:evaluation", "params:study"),
                    *("study_descriptions", "study_probabilities"),
                ],
                ["study_comparison", "study_crosschecks", "study_summary"],
            ),
            step(
                report.report_study,
                ["study_comparison", "study_crosschecks", "study_summary", *_POOL_TABLES],
                ["study_report", "study_page", *_DOCUMENTS, "study_figure"],
            ),
        ]
    )


def _judging() -> Pipeline:
    """Say what became of the pool, and stop here if it gives training records away."""
    pool = ["study.plan", "study.verdicts", "study.signals"]
    return Pipeline(
        [
            step(checks.tabulate_checks, ["study.plan", "study.verdicts"], "study_checks"),
            step(
                checks.measure_diversity,
                ["records", "labels", "signals", *pool, "baseline.weights", "params:fidelity.comparison"],
                "study_diversity",
            ),
            step(
                privacy.measure_privacy,
                [
                    *("records", "signals", "study.signals", "study.distances", "study.validation_distances"),
                    *("params:privacy.sample", "params:privacy.limits"),
                ],
                "study_privacy",
            ),
            step(privacy.allow_study, ["study_privacy", "study.verdicts"], "study.allowed_verdicts"),
            step(
                report.draw_study_examples,
                ["signals", "study.signals", "study.records", "study.verdicts"],
                "study_examples",
            ),
        ]
    )


def _training() -> Pipeline:
    return Pipeline(
        [
            step(
                nodes.train_study,
                [
                    *("records", "labels", "signals", "normaliser", "data_card", "params:provenance"),
                    *("baseline.training_table", "study.plan", "study.allowed_verdicts", "study.signals"),
                    *("params:study", "finished_study", "study_checkpoints"),
                ],
                # The description is saved last: a run without it counts as unfinished.
                ["study_probabilities", "study_descriptions"],
            )
        ]
    )


def _pool() -> Pipeline:
    """Plan, make, measure and check every synthetic record that an arm may use."""
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
