"""Wiring of fidelity: records like the training records are made and measured, and a classifier learns from them."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.arms import BASELINE, REAL_ONLY, SYNTHETIC_ONLY, TRANSFER_ARMS
from ecg_forge.pipelines.baseline.pipeline import classifier_pipeline
from ecg_forge.pipelines.fidelity import nodes, results
from ecg_forge.pipelines.step import step
from ecg_forge.pipelines.synthesis.nodes import generate_signals

_PLAN, _SIGNALS = f"{SYNTHETIC_ONLY}.plan", f"{SYNTHETIC_ONLY}.signals"
_SAMPLING = ["params:synthesis.sampler", "params:synthesis.guidance"]
_COMPARED = ["fidelity_by_steps", "diversity_by_steps", "fidelity_by_guidance"]
_MEASURED = ["fidelity_run", "fidelity_figures", "fidelity_statements", *_COMPARED]


def create_pipeline() -> Pipeline:
    return _measuring() + _transfer() + create_results_pipeline()


def create_results_pipeline() -> Pipeline:
    """Score and print again what was kept; nothing is sampled or trained."""
    transferred = [f"{arm}.transferred" for arm in (BASELINE, *TRANSFER_ARMS)]
    return Pipeline(
        [
            step(results.score_transfer, ["records", "labels", "params:evaluation", *transferred], "transfer_scores"),
            step(results.write_fidelity_page, [*_MEASURED, "transfer_scores"], "fidelity_page"),
        ]
    )


def create_packing_pipeline() -> Pipeline:
    """Write the denoiser with a card of what was measured as a box, which is how it comes with the package."""
    return Pipeline(
        [
            step(
                results.pack_denoiser,
                ["denoiser_weights", "fidelity_run", "fidelity_figures", "transfer_scores"],
                "packed_denoiser",
            )
        ]
    )


def create_unpacking_pipeline() -> Pipeline:
    """Put the denoiser of the package where a training would put its own."""
    return Pipeline([step(results.unpack_denoiser, "denoiser_box", "denoiser_weights")])


def create_denoisers_pipeline() -> Pipeline:
    """Set side by side what was measured of every denoiser, each in an environment of its own."""
    return Pipeline(
        [step(results.set_denoisers_side_by_side, ["figures_of_denoisers", "runs_of_denoisers"], "denoisers_page")]
    )


def _measuring() -> Pipeline:
    data = ["records", "labels", "signals", _PLAN]
    classifier, comparison = f"{BASELINE}.weights", "params:fidelity.comparison"
    return Pipeline(
        [
            step(
                nodes.plan_training_distribution,
                ["records", "labels", "params:fidelity.plan"],
                _PLAN,
                arm=SYNTHETIC_ONLY,
            ),
            step(generate_signals, ["denoiser_weights", _PLAN, *_SAMPLING], _SIGNALS, arm=SYNTHETIC_ONLY),
            step(
                nodes.compare_with_real_records,
                [*data, _SIGNALS, classifier, comparison],
                ["fidelity_figures", "fidelity_statements", "fidelity_drawings"],
            ),
            step(
                nodes.compare_sampling,
                [*data, "denoiser_weights", classifier, *_SAMPLING, comparison, "params:fidelity.sampling"],
                _COMPARED,
            ),
            step(
                results.describe_fidelity,
                ["parameters", "records", _PLAN, "denoiser_weights", "denoiser_history", *_SAMPLING, comparison],
                "fidelity_run",
            ),
        ]
    )


def _transfer() -> Pipeline:
    """Train on synthetic records, test on real ones, beside the same training on the real templates."""
    tables = [
        step(nodes.tabulate_synthetic_records, [_PLAN], f"{SYNTHETIC_ONLY}.training_table", arm=SYNTHETIC_ONLY),
        step(
            nodes.tabulate_real_records,
            [f"{BASELINE}.training_table", _PLAN],
            f"{REAL_ONLY}.training_table",
            arm=REAL_ONLY,
        ),
    ]
    kept = [
        step(results.keep_half_precision, f"{arm}.probabilities", f"{arm}.transferred", arm=arm)
        for arm in (BASELINE, *TRANSFER_ARMS)
    ]
    return (
        Pipeline([*tables, *kept])
        + classifier_pipeline(SYNTHETIC_ONLY, pools=("signals", _SIGNALS))
        + classifier_pipeline(REAL_ONLY, pools=("signals",))
    )
