from ecg_forge.pipelines.baseline.pipeline import create_packing_pipeline, create_pipeline

__all__ = ["create_packing_pipeline", "create_pipeline"]
