"""The pipelines by name; ``__default__`` is the whole way from recordings to report."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines import (
    augmentation,
    baseline,
    benchmark,
    data_engineering,
    evaluation,
    explanation,
    exploration,
    feature_models,
    fidelity,
    late_fusion,
    paper_ecg,
    results,
    search,
    study,
    synthesis,
)


def register_pipelines() -> dict[str, Pipeline]:
    """Return every pipeline by the name `kedro run --pipelines` takes."""
    pipelines = {
        "data_engineering": data_engineering.create_pipeline(),
        "baseline": baseline.create_pipeline(),
        "synthesis": synthesis.create_pipeline(),
        "augmentation": augmentation.create_pipeline(),
        "evaluation": evaluation.create_pipeline(),
    }
    return {
        **pipelines,
        "generate": synthesis.create_generate_pipeline(),
        "fine_tune": synthesis.create_fine_tuning_pipeline(),
        "fidelity": fidelity.create_pipeline(),
        "fidelity_results": fidelity.create_results_pipeline(),
        "denoisers": fidelity.create_denoisers_pipeline(),
        "pack": fidelity.create_packing_pipeline(),
        "unpack": fidelity.create_unpacking_pipeline(),
        "pack_classifier": baseline.create_packing_pipeline(),
        "explanation": explanation.create_pipeline(),
        "study": study.create_pipeline(),
        "study_results": study.create_results_pipeline(),
        "paper_ecg": paper_ecg.create_pipeline(),
        "publish": results.create_publish_pipeline(),
        "results": results.create_results_pipeline(),
        "benchmark": benchmark.create_pipeline(),
        "benchmark_results": benchmark.create_scoring_pipeline(),
        "late_fusion": late_fusion.create_pipeline(),
        "feature_models": feature_models.create_pipeline(),
        "exploration": exploration.create_pipeline(),
        "search": search.create_pipeline(),
        "__default__": sum(pipelines.values(), Pipeline([])),
    }
