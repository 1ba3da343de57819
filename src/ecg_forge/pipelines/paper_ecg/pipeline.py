"""Wiring of paper_ecg: records, a segmenter, sheets and photographs, readings, and their error."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.paper_ecg import examples, nodes, training
from ecg_forge.pipelines.step import step


def create_pipeline() -> Pipeline:
    paper = ["params:paper_ecg.sheet", "params:paper_ecg.photograph"]
    printed = ["paper_plan", "signals", *paper, "paper_segmenter"]
    return Pipeline(
        [
            step(
                training.train_segmenter,
                ["records", "signals", *paper, "params:paper_ecg.segmenter", "paper_segmenter_checkpoints"],
                ["paper_segmenter", "paper_segmenter_history"],
            ),
            step(nodes.plan_paper_readings, ["records", "params:paper_ecg.readings"], "paper_plan"),
            step(nodes.read_paper_sheets, printed, ["paper_errors", "paper_overlap"]),
            step(nodes.summarise_paper_errors, "paper_errors", "paper_summary"),
            step(nodes.summarise_paper_overlap, "paper_overlap", "paper_overlap_summary"),
            step(
                nodes.write_paper_page,
                ["paper_summary", "paper_overlap_summary", "paper_segmenter_history", "params:paper_ecg.readings"],
                "paper_page",
            ),
            step(examples.draw_paper_examples, printed, ["paper_pictures", "paper_drawings"]),
        ]
    )
