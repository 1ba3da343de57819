"""From scored entries to rows of the leaderboard, and to what is told about the best classifier of a task."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.metrics.calibration import calibration
from ecg_forge.metrics.classification import auc, macro
from ecg_forge.metrics.classification_report import classification_report
from ecg_forge.metrics.decision_scores import DECISION_SCORES, decision_scores
from ecg_forge.metrics.report_table import METRICS, label_table
from ecg_forge.metrics.subgroups import subgroup_table
from ecg_forge.metrics.summary import summary
from ecg_forge.metrics.thresholds import fit_thresholds
from ecg_forge.pipelines.benchmark.runs import Entry

DECIMALS = 6
_WITH_BOUNDS = tuple(f"{metric}{end}" for metric in METRICS for end in ("", "_low", "_high"))
_WHOLE = ("n_labels", "rare_labels", "parameters", "epochs_trained", "best_epoch")
COLUMNS = (
    *("task", "kind", "name", "model", "seeds", "source"),
    *_WITH_BOUNDS,
    *(f"{name}{end}" for name in DECISION_SCORES for end in ("", "_low", "_high")),
    *("n_labels", "rare_labels", *(f"rare_{column}" for column in _WITH_BOUNDS)),
    *("temperature", "ece", "ece_calibrated", "label_ece", "label_ece_calibrated", "val_auc"),
    *("parameters", "seconds", "records_per_s", "peak_memory_gb", "epochs_trained", "best_epoch", "machine"),
)
"""Of the leaderboard; what a published figure does not say is missing."""


@dataclass(frozen=True)
class Scored:
    """One entry of the leaderboard with its scores.

    Attributes:
        entry: what was scored.
        thresholds: per label, chosen on validation.
        table: as `label_table` makes it, on the test fold.
        decisions: as `decision_scores` makes them, on the test fold.
        calibration: as `calibration` makes it.
        report: as `classification_report` makes it.
        val_auc: macro AUC on validation.
    """

    entry: Entry
    thresholds: dict[str, float]
    table: pd.DataFrame
    decisions: dict[str, float]
    calibration: dict[str, Any]
    report: pd.DataFrame
    val_auc: float

    @classmethod
    def of(cls, entry: Entry, weights: np.ndarray, training_counts: pd.Series, policy: str) -> "Scored":
        """Score an entry on the test fold.

        Args:
            entry: what to score.
            weights: ``(resample, record)``, records by rising ecg_id.
            training_counts: index label, positives in training.
            policy: how thresholds are chosen on validation.
        """
        thresholds = fit_thresholds(entry.val, policy)
        return cls(
            entry=entry,
            thresholds=thresholds,
            table=label_table(entry.test, thresholds, weights, training_counts),
            decisions=decision_scores(entry.test, thresholds, weights),
            calibration=calibration(entry.val, entry.test),
            report=classification_report(entry.test, thresholds).round(DECIMALS),
            val_auc=macro(auc(entry.val.truth, entry.val.probability)),
        )


def task_board(scored: Sequence[Scored], published: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is known about one task: its rows, the highest AUC first, and the spread over seeds; JSON-able."""
    test = scored[0].entry.test
    rows = [{column: row.get(column) for column in COLUMNS} for row in (*map(_row, scored), *published)]
    return rounded(
        {
            "n_labels": len(test.labels),
            "n_present": int(test.truth.any(axis=0).sum()),
            "n_test": len(test),
            "n_test_patients": len(np.unique(test.patient_id)),
            "rows": sorted(rows, key=lambda row: (-row["auc"], row["kind"], row["name"], row["seeds"] or "")),
            "seeds": _spreads(scored),
        }
    )


def chosen(scored: Sequence[Scored]) -> Scored:
    """Return the entry of highest macro AUC on validation, for a choice must not look at the test fold."""
    return max(scored, key=lambda each: each.val_auc)


def detail(scored: Scored, records: pd.DataFrame, resamples: int, seed: int) -> dict[str, Any]:
    """Look at one entry more closely: calibration, groups of patients, labels; JSON-able."""
    entry, table = scored.entry, scored.table
    groups = subgroup_table(entry.test, scored.thresholds, records, resamples, seed)
    labels = table.loc[list(entry.test.labels)].query("n_test > 0")
    columns = ["n_train", "n_test", *_WITH_BOUNDS, "threshold"]
    return rounded(
        {
            **{"task": entry.task, "kind": entry.kind, "name": entry.name, "seeds": entry.seeds},
            "val_auc": scored.val_auc,
            "calibration": scored.calibration,
            "summary": summary(entry.test, scored.thresholds),
            "subgroups": groups.to_dict("records"),
            "labels": labels[columns].reset_index().to_dict("records"),
        }
    )


def as_table(tasks: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return the rows of all tasks as one table with the columns `COLUMNS`."""
    table = pd.DataFrame([row for board in tasks.values() for row in board["rows"]], columns=list(COLUMNS))
    return table.astype(dict.fromkeys(_WHOLE, "Int64"))


def rounded(value: Any) -> Any:
    """Turn a value into what JSON can hold, numbers rounded to six decimals and nothing where there is no number."""
    if isinstance(value, Mapping):
        return {str(name): rounded(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    if isinstance(value, float | np.floating):
        return round(float(value), DECIMALS) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def _row(scored: Scored) -> dict[str, Any]:
    entry, macros = scored.entry, scored.table.loc["macro"]
    before, after = scored.calibration["before"], scored.calibration["after"]
    return {
        **{"task": entry.task, "kind": entry.kind, "name": entry.name, "model": entry.members[0]["model"]},
        "seeds": entry.seeds,
        **{column: macros[column] for column in _WITH_BOUNDS},
        **scored.decisions,
        "n_labels": macros["n_labels"],
        **_rare(scored.table),
        **{"temperature": scored.calibration["temperature"], "ece": before["ece"], "ece_calibrated": after["ece"]},
        **{"label_ece": before["label_ece"], "label_ece_calibrated": after["label_ece"], "val_auc": scored.val_auc},
        **_cost(entry),
    }


def _rare(table: pd.DataFrame) -> dict[str, Any]:
    if "macro_rare" not in table.index:
        return {"rare_labels": 0}
    rare = table.loc["macro_rare"]
    return {"rare_labels": rare["n_labels"], **{f"rare_{column}": rare[column] for column in _WITH_BOUNDS}}


def _cost(entry: Entry) -> dict[str, Any]:
    """What the training took; a mean of runs needs all of them."""
    members = entry.members
    single = members[0] if len(members) == 1 else {}
    parameters = [member["parameters"] for member in members]
    return {
        "parameters": None if None in parameters else sum(parameters),
        "seconds": sum(member["seconds"] for member in members),
        "peak_memory_gb": max(member["peak_memory_gb"] for member in members),
        **{name: single.get(name) for name in ("records_per_s", "epochs_trained", "best_epoch")},
        "machine": "; ".join(dict.fromkeys(member["provenance"]["machine"] for member in members)),
    }


def _spreads(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    """Return mean and standard deviation over the seeds of each name that has several."""
    groups: dict[str, list[list[float]]] = {}
    for each in scored:
        if each.entry.kind == "run":
            groups.setdefault(each.entry.name, []).append([float(each.table[m]["macro"]) for m in METRICS])
    spreads = []
    for name, values in groups.items():
        if len(values) > 1:
            table = pd.DataFrame(values, columns=list(METRICS))
            means = {f"{metric}_mean": table[metric].mean() for metric in METRICS}
            spreads.append({"name": name, "seeds": len(values), **means} | {f"{m}_sd": table[m].std() for m in METRICS})
    return sorted(spreads, key=lambda group: (-group["auc_mean"], group["name"]))
