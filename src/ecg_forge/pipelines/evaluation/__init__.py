from ecg_forge.pipelines.evaluation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
