from ecg_forge.pipelines.fidelity.pipeline import (
    create_denoisers_pipeline,
    create_packing_pipeline,
    create_pipeline,
    create_results_pipeline,
    create_unpacking_pipeline,
)

__all__ = [
    "create_denoisers_pipeline",
    "create_packing_pipeline",
    "create_pipeline",
    "create_results_pipeline",
    "create_unpacking_pipeline",
]
