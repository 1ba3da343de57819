from ecg_forge.pipelines.synthesis.pipeline import (
    create_fine_tuning_pipeline,
    create_generate_pipeline,
    create_pipeline,
)

__all__ = ["create_fine_tuning_pipeline", "create_generate_pipeline", "create_pipeline"]
