from ecg_forge.pipelines.synthesis.pipeline import create_generate_pipeline, create_pipeline

__all__ = ["create_generate_pipeline", "create_pipeline"]
