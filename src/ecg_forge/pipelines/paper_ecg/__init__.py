from ecg_forge.pipelines.paper_ecg.pipeline import create_pipeline

__all__ = ["create_pipeline"]
