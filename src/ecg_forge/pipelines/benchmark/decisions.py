"""What the decisions of a task's classifiers are worth, and which of any two is right more often."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ecg_forge.metrics.classification import confusion
from ecg_forge.metrics.decision_agreement import subset_table
from ecg_forge.metrics.decision_scores import DECISION_SCORES
from ecg_forge.metrics.single_label import PRECEDENCE, single_label_counts, single_label_scores
from ecg_forge.metrics.thresholds import decide
from ecg_forge.pipelines.benchmark.published import PublishedBenchmark
from ecg_forge.pipelines.benchmark.rows import Scored, rounded

_BOUNDED = tuple(f"{name}{end}" for name in ("f1", *DECISION_SCORES) for end in ("", "_low", "_high"))


def decision_board(scored: Sequence[Scored], best: Scored, published: PublishedBenchmark) -> dict[str, Any]:
    """Return what is known about decisions on one task, whose labels are the superclasses; JSON-able.

    Args:
        scored: every entry of the task.
        best: the one whose counts are shown.
        published: figures of others.

    Returns:
        ``rows`` (per entry, the highest subset accuracy first), ``published``, ``best`` (its counts per label and its
        single-label confusion matrix, true labels in rows), ``precedence`` (order of the single-label reduction),
        ``several`` (test records with more than one label), and ``pairs`` (McNemar's test of any two classifiers, of
        each the run of lowest seed).
    """
    rows = sorted(map(_row, scored), key=lambda row: (-row["subset_accuracy"], row["name"], row["seeds"]))
    test = best.entry.test
    return rounded(
        {
            "rows": rows,
            "published": published.decisions_on(best.entry.task),
            "best": {"name": best.entry.name, "seeds": best.entry.seeds, **_counts(best)},
            "precedence": list(PRECEDENCE),
            "n_test": len(test),
            "several": int((test.truth.sum(axis=1) > 1).sum()),
            "pairs": _pairs(scored).to_dict("records"),
        }
    )


def _row(scored: Scored) -> dict[str, Any]:
    entry = scored.entry
    values = {**scored.table.loc["macro"], **scored.decisions}
    single = single_label_scores(single_label_counts(entry.test))
    return {
        **{"kind": entry.kind, "name": entry.name, "seeds": entry.seeds},
        **{name: values[name] for name in _BOUNDED},
        **{f"single_{name}": value for name, value in single.items()},
    }


def _counts(scored: Scored) -> dict[str, Any]:
    test = scored.entry.test
    counts = confusion(test.truth, decide(test, scored.thresholds))
    named = {name: getattr(counts, name).tolist() for name in ("tn", "fp", "fn", "tp")}
    labels = pd.DataFrame({"label": list(test.labels), **named}).to_dict("records")
    return {"labels": labels, "single_label": single_label_counts(test).tolist()}


def _pairs(scored: Sequence[Scored]) -> pd.DataFrame:
    """Compare the classifiers as trained once, each with its lowest seed."""
    single = [each for each in scored if each.entry.kind == "run"]
    once = {each.entry.name: each for each in sorted(single, key=lambda each: -each.entry.members[0]["seed"])}
    ranked = sorted(once.values(), key=lambda each: (-each.decisions["subset_accuracy"], each.entry.name))
    return subset_table(
        {each.entry.name: each.entry.test for each in ranked}, {each.entry.name: each.thresholds for each in ranked}
    )
