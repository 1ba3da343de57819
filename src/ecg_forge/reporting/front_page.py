"""The few lines of the leaderboard that stand on the front page of the project."""

from collections.abc import Mapping, Sequence
from typing import Any

from ecg_forge.reporting.markdown import table_lines
from ecg_forge.reporting.tables import Cell, Table
from ecg_forge.reporting.words import ABSENT, interval, number, plain

Row = Mapping[str, Any]


def front_page(board: Mapping[str, Any]) -> str:
    """Return a Markdown table of our classifiers, each beside the published figure of the same network.

    Args:
        board: ``tasks`` as `score_benchmark` makes it: of each task rows with kind (run, ensemble, published), name,
            model, seeds, auc and ap with bounds, epochs_trained.
    """
    columns = ("Task", "Classifier", "Macro AUC", "Published, same network", "Macro average precision", "Epochs")
    rows = [
        _cells(task, row, scored["rows"])
        for task, scored in board["tasks"].items()
        for row in scored["rows"]
        if row["kind"] != "published"
    ]
    return "\n".join(table_lines(Table(columns, tuple(rows), texts=2))) + "\n"


def _cells(task: str, row: Row, rows: Sequence[Row]) -> tuple[Cell, ...]:
    seeds = f"mean of seeds {row['seeds']}" if row["kind"] == "ensemble" else f"seed {row['seeds']}"
    return (
        Cell(f"`{task}`"),
        Cell(f"`{row['name']}`", seeds),
        Cell(number(row["auc"]), interval(row["auc_low"], row["auc_high"])),
        Cell(_published(row["model"], rows)),
        Cell(number(row["ap"]), interval(row["ap_low"], row["ap_high"])),
        Cell(plain(row["epochs_trained"], grouped=False)),
    )


def _published(model: str, rows: Sequence[Row]) -> str:
    same = (row for row in rows if row["kind"] == "published" and row["name"].lower() == model.lower())
    return next((number(row["auc"]) for row in same), ABSENT)
