"""Wiring of synthesis: training records in, a denoiser and synthetic ECGs out."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.step import step
from ecg_forge.pipelines.synthesis import nodes


def create_pipeline() -> Pipeline:
    return Pipeline(
        [
            step(
                nodes.train_denoiser,
                ["records", "labels", "signals", "normaliser", "params:denoiser", "denoiser_checkpoints"],
                ["denoiser_weights", "denoiser_history"],
            ),
            step(nodes.plan_synthesis, ["records", "labels", "params:synthesis.plan"], "synthetic_plan"),
            step(
                nodes.generate_signals,
                ["denoiser_weights", "synthetic_plan", "params:synthesis.sampler", "params:synthesis.guidance"],
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
