"""Wiring of paper_ecg: records, sheets and photographs, readings, and their error."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.paper_ecg import nodes
from ecg_forge.pipelines.step import step


def create_pipeline() -> Pipeline:
    printed = ["paper_plan", "signals", "params:paper_ecg.sheet", "params:paper_ecg.photograph"]
    return Pipeline(
        [
            step(nodes.plan_paper_readings, ["records", "params:paper_ecg.readings"], "paper_plan"),
            step(nodes.read_paper_sheets, printed, "paper_errors"),
            step(nodes.summarise_paper_errors, "paper_errors", "paper_summary"),
            step(nodes.draw_paper_examples, printed, ["paper_pictures", "paper_drawings"]),
        ]
    )
