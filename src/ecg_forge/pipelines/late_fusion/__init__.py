from ecg_forge.pipelines.late_fusion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
