from ecg_forge.pipelines.study.pipeline import create_pipeline, create_results_pipeline

__all__ = ["create_pipeline", "create_results_pipeline"]
