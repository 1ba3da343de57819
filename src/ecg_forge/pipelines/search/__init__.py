from ecg_forge.pipelines.search.pipeline import create_pipeline

__all__ = ["create_pipeline"]
