from ecg_forge.pipelines.synthesis.pipeline import create_pipeline

__all__ = ["create_pipeline"]
