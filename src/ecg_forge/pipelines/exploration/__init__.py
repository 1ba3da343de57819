from ecg_forge.pipelines.exploration.pipeline import create_pipeline

__all__ = ["create_pipeline"]
