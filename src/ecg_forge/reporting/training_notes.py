"""How the runs of a leaderboard were trained, in words and tables, straight from their descriptions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ecg_forge.reporting.tables import Cell, Table
from ecg_forge.reporting.words import number, plain

Run = Mapping[str, Any]

_OF_THE_RUN = ("model", "task", "seed", "steps_per_epoch")  # they differ by design, and stand in the tables themselves


def shared_settings(runs: Sequence[Run]) -> str:
    """Return in words the settings that all runs have in common."""
    settings = [flat_settings(run) for run in runs]
    return _listed({name: settings[0][name] for name in settings[0] if not _differs(name, settings)})


def settings_table(runs: Sequence[Run]) -> Table:
    """Return the settings that differ between runs, a row per classifier and set of settings."""
    settings = [flat_settings(run) for run in runs]
    names = list(dict.fromkeys(name for each in settings for name in each if _differs(name, settings)))
    groups: dict[tuple[str, ...], list[str]] = {}
    for run, each in zip(runs, settings, strict=True):
        key = (run["name"], run["model"], *(_value(each.get(name)) for name in names))
        groups.setdefault(key, []).append(run["task"])
    rows = [(key[0], key[1], ", ".join(dict.fromkeys(tasks)), *key[2:]) for key, tasks in groups.items()]
    columns = ("Classifier", "Model", "Tasks", *(f"`{name}`" for name in names))
    return Table(columns, tuple(tuple(map(Cell, row)) for row in rows), texts=3)


def scored_again(runs: Sequence[Run]) -> list[str]:
    """Return a sentence for each run whose epoch was chosen under other scoring settings than it was scored with."""
    return [
        f"- `{run['task']}/{run['name']}`, seed {run['seed']}: scored again from its weights; its epoch had been "
        f"chosen with {_listed(run['epoch_chosen_with'])}."
        for run in runs
        if "epoch_chosen_with" in run
    ]


def run_table(runs: Sequence[Run]) -> Table:
    """Return a row per task and classifier: what each seed's training took and where it was done."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run["task"], run["name"]), []).append(run)
    columns = (
        *("Task", "Classifier", "Machine", "Code", "Started", "Seeds", "Batches an epoch", "Epochs"),
        *("Best epoch", "Minutes", "Peak memory, GB"),
    )
    rows = [
        (Cell(task), Cell(name), *_run_cells(sorted(members, key=lambda run: run["seed"])))
        for (task, name), members in groups.items()
    ]
    return Table(columns, tuple(rows), texts=5)


def _run_cells(members: Sequence[Run]) -> tuple[Cell, ...]:
    def once(say: Callable[[Run], str]) -> Cell:
        return Cell("; ".join(dict.fromkeys(say(run) for run in members)))

    def each(say: Callable[[Run], str]) -> Cell:
        return Cell(", ".join(say(run) for run in members))

    return (
        once(lambda run: run["provenance"]["machine"]),
        once(lambda run: run["provenance"]["code"]),
        once(lambda run: run["provenance"]["started"][:10]),
        each(lambda run: str(run["seed"])),
        once(lambda run: plain(run["configuration"]["steps_per_epoch"])),
        each(lambda run: str(run["epochs_trained"])),
        each(lambda run: str(run["best_epoch"])),
        each(lambda run: number(run["seconds"] / 60, 1)),
        each(lambda run: number(run["peak_memory_gb"], 1)),
    )


def flat_settings(run: Run) -> dict[str, Any]:
    """Return the settings of a run without those of the run itself, nested ones as ``section.name``."""
    flat: dict[str, Any] = {}
    for name, value in run["configuration"].items():
        if name in _OF_THE_RUN:
            continue
        if isinstance(value, Mapping):
            flat |= {f"{name}.{part}": each for part, each in value.items()}
        else:
            flat[name] = "all" if name == "leads" and value is None else value
    return flat


def _listed(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}` {_value(value)}" for name, value in settings.items())


def _differs(name: str, settings: Sequence[Mapping[str, Any]]) -> bool:
    return any(name not in each or each[name] != settings[0].get(name) for each in settings)


def _value(value: Any) -> str:
    return "none" if value is None else plain(value, grouped=False)
