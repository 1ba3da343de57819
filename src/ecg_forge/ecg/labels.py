"""From ``scp_codes`` to label matrices: the label set, the six tasks of the PTB-XL benchmark, and their columns.

Labels are tables indexed by ecg_id with one bool column per label *name*; nothing here addresses a label by position.
The tasks are those of Strodthoff et al. 2021 (doi:10.1109/JBHI.2020.3022989).
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.statements import CODES, STATEMENTS, SUBCLASSES, SUPERCLASSES

TASKS: dict[str, tuple[str, ...]] = {
    "all": CODES,
    "diagnostic": tuple(s.code for s in STATEMENTS if s.diagnostic),
    "subclass": SUBCLASSES,
    "superclass": SUPERCLASSES,
    "form": tuple(s.code for s in STATEMENTS if s.form),
    "rhythm": tuple(s.code for s in STATEMENTS if s.rhythm),
}
"""Label names of each task, in column order."""

_BY_CODE = {s.code: s for s in STATEMENTS}


def check_task(task: str) -> None:
    """Raise BadInput unless ``task`` is one of the six."""
    if task not in TASKS:
        raise BadInput(f"unknown task {task!r}; known tasks are {', '.join(TASKS)}")


def check_statements(codes: Iterable[str], where: str) -> None:
    """Raise BadInput, naming ``where``, if a code is not one of the 71 SCP statements."""
    unknown = sorted(set(codes) - set(CODES))
    if unknown:
        raise BadInput(f"{where}: unknown SCP statement {', '.join(unknown)}; PTB-XL knows {', '.join(CODES)}")


def parse_scp_codes(text: str, where: str) -> dict[str, float]:
    """Read one ``scp_codes`` cell, such as ``"{'NORM': 100.0, 'SR': 0.0}"``.

    Args:
        text: the cell.
        where: what to call the cell in an error, for example ``"ecg_id 17"``.

    Returns:
        Likelihood in percent (0 to 100) of each statement; 0 means that none was given.

    Raises:
        BadInput: the cell is no such dictionary, or names an unknown statement.
    """
    try:
        codes = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        codes = None
    if not isinstance(codes, dict) or not all(_is_likelihood(v) for v in codes.values()):
        raise BadInput(f"{where}: scp_codes is not a dictionary of statement: likelihood: {str(text)[:80]!r}")
    check_statements(map(str, codes), where)
    return {str(code): float(likelihood) for code, likelihood in codes.items()}


def _is_likelihood(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100


def label_matrix(scp_codes: pd.Series, likelihood_at_least: float = 0.0) -> pd.DataFrame:
    """Turn the ``scp_codes`` column into the multi-hot table of all 71 statements.

    Args:
        scp_codes: cells as PhysioNet ships them, indexed by ecg_id.
        likelihood_at_least: a statement counts as present from this likelihood on (percent). 0, as in the benchmark,
            counts every statement. Likelihood 0 means "not given", so above 0 form and rhythm statements, which
            carry none, stay present.

    Returns:
        bool ``(record, 71)``, columns in alphabetical order.
    """
    present = np.zeros((len(scp_codes), len(CODES)), dtype=bool)
    column = {code: position for position, code in enumerate(CODES)}
    for row, (ecg_id, text) in enumerate(scp_codes.items()):
        for code, likelihood in parse_scp_codes(text, f"ecg_id {ecg_id}").items():
            if likelihood >= likelihood_at_least or not _BY_CODE[code].diagnostic:
                present[row, column[code]] = True
    return pd.DataFrame(present, index=scp_codes.index, columns=list(CODES))


def task_labels(labels: pd.DataFrame, task: str) -> pd.DataFrame:
    """Return the label table of one task from the table of all statements.

    A superclass or subclass is present when any of its diagnostic statements is.

    Args:
        labels: bool ``(record, 71)`` as `label_matrix` makes it.
        task: one of `TASKS`.

    Returns:
        bool ``(record, label)``; every record is kept, also one without any label of the task.
    """
    check_task(task)
    if task not in ("superclass", "subclass"):
        return labels[list(TASKS[task])]
    return pd.DataFrame({name: labels[codes].any(axis=1) for name, codes in members(task).items()}, index=labels.index)


def members(task: str) -> dict[str, list[str]]:
    """Return the diagnostic statements under each label of ``superclass`` or ``subclass``."""
    found: dict[str, list[str]] = {name: [] for name in TASKS[task]}
    for statement in STATEMENTS:
        if statement.diagnostic:
            found[getattr(statement, task)].append(statement.code)
    return found


def describe_label(label: str, task: str) -> str:
    """Say what a label of a task means; one that sums up several statements names them."""
    held = members(task)[label] if task in ("superclass", "subclass") else [label]
    return _BY_CODE[held[0]].description if len(held) == 1 else f"any of {', '.join(held)}"


def labelled_records(labels: pd.DataFrame, task: str) -> pd.DataFrame:
    """Return `task_labels` without the records that have none of the task's labels, as in the published benchmark.

    Args:
        labels: bool ``(record, 71)`` as `label_matrix` makes it.
        task: one of `TASKS`.
    """
    table = task_labels(labels, task)
    return table[table.any(axis=1)]


def label_of_statement(code: str, task: str) -> str | None:
    """Name the label under which a statement counts in a task; None where the task leaves it out."""
    label = getattr(_BY_CODE[code], task) if task in ("superclass", "subclass") else code
    return label if label in TASKS[task] else None


def label_set(statements: pd.DataFrame) -> dict[str, Any]:
    """Describe the labels of this data set after checking its ``scp_statements.csv`` against the registry.

    Args:
        statements: PhysioNet's table, indexed by code.

    Returns:
        JSON-able: per statement its description, kinds, superclass and subclass; per task its label names.

    Raises:
        BadInput: a statement is missing, unknown, or of another kind than the registry says.
    """
    check_statements(statements.index, "scp_statements.csv")
    missing = sorted(set(CODES) - set(statements.index))
    if missing:
        raise BadInput(f"scp_statements.csv: missing statement {', '.join(missing)}")
    for statement in STATEMENTS:
        row = statements.loc[statement.code]
        kinds = "".join(
            letter for letter, name in zip("DFR", ("diagnostic", "form", "rhythm"), strict=True) if row[name] == 1
        )
        superclass = row["diagnostic_class"] if isinstance(row["diagnostic_class"], str) else ""
        if (kinds, superclass) != (statement.kinds, statement.superclass):
            raise BadInput(
                f"scp_statements.csv: {statement.code} is {kinds} {superclass}, "
                f"expected {statement.kinds} {statement.superclass}"
            )
    return {
        "statements": {
            s.code: {
                "description": s.description,
                "kinds": s.kinds,
                "superclass": s.superclass,
                "subclass": s.subclass,
            }
            for s in STATEMENTS
        },
        "tasks": {task: list(names) for task, names in TASKS.items()},
    }


def present_statements(row: Mapping[str, bool] | pd.Series) -> list[str]:
    """List the codes that are true in one row of a label table, in column order."""
    return [str(code) for code, present in row.items() if present]


def statement_rows(codes: Sequence[Sequence[str]], index: pd.Index) -> pd.DataFrame:
    """Build the bool ``(record, 71)`` table from lists of codes."""
    table = pd.DataFrame(False, index=index, columns=list(CODES))
    for ecg_id, present in zip(index, codes, strict=True):
        check_statements(present, f"record {ecg_id}")
        table.loc[ecg_id, list(present)] = True
    return table
