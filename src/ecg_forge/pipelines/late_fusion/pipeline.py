"""Wiring of late fusion: kept runs of the benchmark and PTB-XL's metadata in, another run of the benchmark out."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.late_fusion import nodes
from ecg_forge.pipelines.step import step


def create_pipeline() -> Pipeline:
    return Pipeline(
        [
            step(
                nodes.fuse_late,
                [
                    *("ptbxl_metadata", "params:data_engineering", "params:late_fusion", "params:provenance"),
                    *("benchmark_descriptions", "benchmark_probabilities"),
                ],
                # The description is saved last: a run without it counts as unfinished.
                ["fused_probabilities", "fused_descriptions"],
            )
        ]
    )
