from ecg_forge.pipelines.benchmark.pipeline import create_pipeline
from ecg_forge.pipelines.benchmark.scoring_pipeline import create_scoring_pipeline

__all__ = ["create_pipeline", "create_scoring_pipeline"]
