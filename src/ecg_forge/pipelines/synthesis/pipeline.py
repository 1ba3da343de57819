"""Wiring of synthesis (training records in, a denoiser and synthetic ECGs out), fine_tune and generate, parts of it."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.step import step
from ecg_forge.pipelines.synthesis import nodes

_LEARNED_FROM = ["records", "labels", "signals", "beats", "normaliser", "params:denoiser", "denoiser_checkpoints"]
_TRAINED = ["denoiser_weights", "denoiser_history", "denoiser_sheets"]


def create_pipeline() -> Pipeline:
    training = step(nodes.train_denoiser, _LEARNED_FROM, _TRAINED)
    plan = step(
        nodes.plan_synthesis,
        ["records", "labels", "baseline.probabilities", "params:classifier", "params:synthesis.plan"],
        "synthetic_plan",
    )
    return Pipeline([training, plan]) + _generation("denoiser_weights")


def create_fine_tuning_pipeline() -> Pipeline:
    """Train on from the weights that come with the package, where ``synthesis`` begins anew."""
    return Pipeline([step(nodes.train_denoiser, [*_LEARNED_FROM, "denoiser_box"], _TRAINED)])


def create_generate_pipeline() -> Pipeline:
    """Make the planned ECGs with the weights that come with the package, also as a WFDB folder."""
    folder = step(
        nodes.export_synthetic_records,
        ["synthetic_plan", "synthetic_signals", "params:synthesis.export"],
        "synthetic_folder",
    )
    plan = step(nodes.plan_requested, ["records", "labels", "params:synthesis.plan"], "synthetic_plan")
    return Pipeline([plan, folder]) + _generation("denoiser_box")


def _generation(weights: str) -> Pipeline:
    return Pipeline(
        [
            step(
                nodes.generate_signals,
                [weights, "synthetic_plan", "params:synthesis.sampler", "params:synthesis.guidance"],
                "synthetic_signals",
            ),
            step(nodes.describe_synthetic_records, ["synthetic_plan", "synthetic_signals"], "synthetic_records"),
            step(
                nodes.measure_fidelity,
                ["signals", "features", "synthetic_signals", "synthetic_records"],
                "fidelity",
            ),
        ]
    )
