"""The model card of the study's classifiers and the data card of what they learned from, written from the run."""

from collections.abc import Mapping, Sequence
from typing import Any

from ecg_forge.ecg.attribution import PTBXL_ATTRIBUTION, SYNTHETIC_NOTICE
from ecg_forge.reporting import study_tables as tables
from ecg_forge.reporting.study_content import StudyContent
from ecg_forge.reporting.study_documents import Document, Section
from ecg_forge.reporting.study_limits import NOT_FOR_PATIENTS, limits, short_answer
from ecg_forge.reporting.study_words import QUESTION, answers
from ecg_forge.reporting.tables import Cell, Table, label_cell
from ecg_forge.reporting.training_notes import settings_table, shared_settings
from ecg_forge.reporting.words import ABSENT, number, plain

_NOT_MEASURED = "Not measured in this run."


def model_card(content: StudyContent) -> Document:
    """Return the card of the classifiers: what they are, how they were trained, how well they do, their limits."""
    runs = content.summary["runs"]
    if not runs:
        return Document("Model card: the study's classifiers", ("No run is finished.",), ())
    models, tasks = (distinct(runs, name) for name in ("model", "task"))
    steps = distinct(runs, "steps_per_epoch")
    return Document(
        "Model card: the study's classifiers",
        (
            f"`{', '.join(models)}` for the task `{', '.join(tasks)}`: from a 12-lead ECG, a probability for each "
            f"label. {len(runs)} trainings, one for each arm, setting and seed. {NOT_FOR_PATIENTS}",
        ),
        (
            Section("What they are for", (f"To answer one question: {QUESTION}", short_answer(content))),
            Section(
                "What they are not for",
                (
                    "Reading ECGs of patients, ranking hospitals or readers, or any population they were not tested "
                    "on. What is kept of a run are its test probabilities, thresholds and settings, not its weights.",
                ),
            ),
            Section(
                "How they were trained",
                (
                    f"All share {shared_settings(runs)}; {', '.join(steps)} batches an epoch, so that every arm takes "
                    "as many optimiser steps whatever its table holds. An arm that learns something first spends "
                    "half of them on it. The weights used are those of the epoch with the best macro AUC on the "
                    "validation fold. What differs between arms:",
                ),
                table=settings_table([_as_classifier(run) for run in runs]),
            ),
            Section("What each learned from", ("See the data card.",)),
            Section(
                "How well they do",
                ("Means over seeds, scored on the test fold. Intervals stand with the differences in the report.",),
                table=tables.score_rows(content),
            ),
            Section(
                "What synthetic ECGs changed", (), tuple(f"{each.title}: {each.sentence}" for each in answers(content))
            ),
            Section("By sex and age", ("Not examined in this study.",)),
            Section("Limits", (), limits(content)),
            Section("Where and when", (origin(runs),)),
            Section("Licence of the data", (PTBXL_ATTRIBUTION,)),
        ),
    )


def data_card(content: StudyContent) -> Document:
    """Return the card of the data: the real records, the targets, and the synthetic records added to them."""
    data = content.summary["data"]
    privacy = tables.privacy_rows(content.privacy) if content.privacy else None
    return Document(
        "Data card: what the study learned from",
        (f"PTB-XL {data['version']}: 12-lead ECGs of ten seconds with 71 statements, and synthetic ones added.",),
        (
            Section("Real records", _counts(data)),
            Section(
                "Statements that were lifted",
                ("How many records each setting adds, and how many test patients have the statement.",),
                table=_target_table(content),
            ),
            Section("What each arm learned from", (), table=tables.arm_rows(content)),
            Section(
                "Synthetic records and their checks",
                (SYNTHETIC_NOTICE, *_told(len(content.checks))),
                table=tables.check_rows(content.checks) if len(content.checks) else None,
            ),
            Section(
                "Why records were rejected",
                _told(len(content.checks)),
                table=tables.reason_rows(content.checks) if len(content.checks) else None,
            ),
            Section(
                "How far apart they are",
                _told(len(content.diversity)),
                table=tables.diversity_rows(content.diversity) if len(content.diversity) else None,
            ),
            Section("Memory of training records", _told(len(content.privacy)), blocked(content), privacy),
            Section(
                "Rules of use",
                (),
                (
                    "Folds 1 to 8 train classifiers, denoiser and label plan; fold 9 chooses thresholds, epochs and "
                    "the checks' limits; fold 10 is for the test alone.",
                    "No synthetic record and no copy stands in validation or test; no patient stands on two sides.",
                    "Synthetic records show what the denoiser learned of one data set, its gaps and errors included.",
                ),
            ),
            Section("Licence of the data", (PTBXL_ATTRIBUTION,)),
        ),
    )


def origin(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return machines, code versions, dates and time of all runs."""
    if not runs:
        return "No run is finished."
    said = {part: "; ".join(sorted({str(run["provenance"][part]) for run in runs})) for part in ("machine", "code")}
    days = sorted({str(run["provenance"]["started"])[:10] for run in runs})
    between = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    hours = sum(run["seconds"] for run in runs) / 3600
    return f"{said['machine']}. Code {said['code']}. {between}; {number(hours, 1)} hours of training in all."


def distinct(runs: Sequence[Mapping[str, Any]], setting: str) -> list[str]:
    """Return every value that a setting has in the runs, as text."""
    return list(dict.fromkeys(plain(run["configuration"].get(setting), grouped=False) for run in runs))


def blocked(content: StudyContent) -> tuple[str, ...]:
    """Return a sentence for each limit of privacy that is exceeded."""
    return tuple(f"Above its limit: {reason}." for reason in content.privacy.get("blocked", ()))


def facts(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what is told of the data, each by a readable name."""
    return {str(name).replace("_", " "): plain(value) for name, value in data.items()}


def _counts(data: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"{tables.capital(name)}: {value}." for name, value in facts(data).items())


def _told(parts: int) -> tuple[str, ...]:
    return () if parts else (_NOT_MEASURED,)


def _target_table(content: StudyContent) -> Table:
    rows = []
    for setting in content.settings:
        pairs = content.pairs(setting)
        for statement, count in setting.targets.items():
            row = content.row(setting, pairs[0], statement, "ap") if pairs else None
            patients = ABSENT if row is None else plain(int(row["positive_patients"]))
            rows.append((label_cell(statement), Cell(setting.title), Cell(f"{count:,}"), Cell(patients)))
    return Table(("Statement", "Setting", "Records to add", "Positive test patients"), tuple(rows), texts=2)


def _as_classifier(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run as ``training_notes`` names its parts."""
    settings = run["configuration"]
    return {"name": run["arm"], "model": settings["model"], "task": settings["task"], "configuration": settings}
