from ecg_forge.pipelines.fidelity.pipeline import create_packing_pipeline, create_pipeline, create_results_pipeline

__all__ = ["create_packing_pipeline", "create_pipeline", "create_results_pipeline"]
