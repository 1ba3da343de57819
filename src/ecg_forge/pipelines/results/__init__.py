from ecg_forge.pipelines.results.pipeline import create_publish_pipeline, create_results_pipeline

__all__ = ["create_publish_pipeline", "create_results_pipeline"]
