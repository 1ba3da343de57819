from ecg_forge.pipelines.fidelity.pipeline import create_pipeline, create_results_pipeline

__all__ = ["create_pipeline", "create_results_pipeline"]
