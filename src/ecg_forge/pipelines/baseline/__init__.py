from ecg_forge.pipelines.baseline.pipeline import create_pipeline

__all__ = ["create_pipeline"]
