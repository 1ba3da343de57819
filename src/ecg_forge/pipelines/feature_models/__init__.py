from ecg_forge.pipelines.feature_models.pipeline import create_pipeline

__all__ = ["create_pipeline"]
