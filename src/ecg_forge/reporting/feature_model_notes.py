"""How the models on features of a leaderboard were trained, in words and a table, straight from their descriptions."""

from collections.abc import Mapping, Sequence
from typing import Any

from ecg_forge.reporting.markdown import table_lines
from ecg_forge.reporting.tables import Cell, Table
from ecg_forge.reporting.words import number, plain

Run = Mapping[str, Any]


def networks(runs: Sequence[Run]) -> list[Run]:
    """Return the runs that were trained in epochs: neither trees on features nor a fusion of other runs."""
    return [run for run in runs if run["epochs_trained"] is not None]


def feature_model_lines(runs: Sequence[Run]) -> list[str]:
    """Return a section in Markdown on the runs of models on features; nothing where there is none."""
    if not (found := [run for run in runs if _on_features(run)]):
        return []
    return [
        *("", "## How the models on features were trained", ""),
        "Trees learn from numbers measured on each recording (statistics, spectrum, wavelets and median beat of each "
        "lead, heart rate), not from its samples. They have no epochs, and splits instead of parameters. Of what was "
        "tried, the highest macro AUC on the validation fold was kept.",
        "",
        *table_lines(feature_model_table(found)),
    ]


def feature_model_table(runs: Sequence[Run]) -> Table:
    """Return a row per run: what it learned from, what was chosen among what was tried, and what that took."""
    columns = (
        *("Task", "Classifier", "Seed", "Tried, with macro AUC on validation", "Chosen", "Settings", "Machine", "Code"),
        *("Started", "Features", "Trees", "Minutes", "Peak memory, GB"),
    )
    return Table(columns, tuple(_cells(run) for run in runs), texts=9)


def _cells(run: Run) -> tuple[Cell, ...]:
    settled = {"model", "task", "seed", "workers"}
    settings = {name: value for name, value in run["configuration"].items() if name not in settled}
    return (
        Cell(run["task"]),
        Cell(run["name"]),
        Cell(str(run["seed"])),
        Cell("; ".join(_named(each) for each in run["tried"])),
        Cell(_named(run["chosen"])),
        Cell(_named(settings)),
        Cell(run["provenance"]["machine"]),
        Cell(run["provenance"]["code"]),
        Cell(run["provenance"]["started"][:10]),
        Cell(plain(run["features"])),
        Cell(plain(run["trees"])),
        Cell(number(run["seconds"] / 60, 1)),
        Cell(number(run["peak_memory_gb"], 1)),
    )


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}` {plain(value, grouped=False)}" for name, value in values.items())


def _on_features(run: Run) -> bool:
    return "features" in run
