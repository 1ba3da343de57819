"""What the leaderboard's page says of decisions: exact matches, confusion, one label a record, McNemar's test."""

from collections.abc import Mapping, Sequence
from typing import Any

from ecg_forge.reporting.markdown import table_lines
from ecg_forge.reporting.tables import Cell, Table
from ecg_forge.reporting.words import ABSENT, interval, number, p_value, plain

Row = Mapping[str, Any]


def decision_lines(decisions: Mapping[str, Row]) -> list[str]:
    """Return the section of the page as lines of Markdown; none where no task's decisions were counted.

    Args:
        decisions: by task, as `decision_board` makes it.
    """
    lines = ["", "## Decisions"] if decisions else []
    for task, board in decisions.items():
        best = board["best"]
        lines += [
            *("", f"### Task `{task}`", "", _opening(board), "", *table_lines(score_table(board)), ""),
            *_published_sources(board["published"]),
            *("", f"The decisions of {best['name']}, seed {best['seeds']}, on the test fold:", ""),
            *table_lines(count_table(best["labels"])),
            *("", _single_label_sentence(board), ""),
            *table_lines(confusion_table(board["precedence"], best["single_label"])),
            *_pair_lines(board["pairs"]),
        ]
    return lines


def score_table(board: Row) -> Table:
    """Return what each classifier's decisions are worth, the highest subset accuracy first, published ones behind."""
    columns = (
        *("Classifier", "From", "Seeds", "Macro F1", "Subset accuracy", "Hamming loss"),
        *("One label: accuracy", "One label: macro F1"),
    )
    rows = [*map(_score_cells, board["rows"]), *map(_published_cells, board["published"])]
    return Table(columns, tuple(rows), texts=3)


def count_table(labels: Sequence[Row]) -> Table:
    """Return true and false decisions on each label."""
    rows = [(Cell(row["label"]), *(Cell(plain(row[name])) for name in ("tn", "fp", "fn", "tp"))) for row in labels]
    return Table(("Label", "TN", "FP", "FN", "TP"), tuple(rows))


def confusion_table(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> Table:
    """Return records by true and by predicted label."""
    rows = [(Cell(label), *(Cell(plain(count)) for count in row)) for label, row in zip(labels, counts, strict=True)]
    return Table(("True, predicted", *labels), tuple(rows))


def pair_table(pairs: Sequence[Row]) -> Table:
    """Return Holm's p of every two classifiers, numbered in the order of their subset accuracy."""
    names = list(dict.fromkeys(row[side] for side in ("first", "second") for row in pairs))
    found = {(row["first"], row["second"]): p_value(row["mcnemar_p_holm"]) for row in pairs}
    rows = [
        (Cell(str(place)), Cell(name), *(Cell(found.get((other, name), "")) for other in names[:-1]))
        for place, name in enumerate(names, start=1)
    ]
    columns = ("", "Classifier", *(str(place) for place in range(1, len(names))))
    return Table(columns, tuple(rows), texts=2)


def _opening(board: Row) -> str:
    return (
        "At the thresholds chosen on the validation fold: macro F1, the share of records with every label right "
        "(subset accuracy), and the share of wrong decisions among all pairs of record and label (Hamming loss). "
        f"{plain(board['several'])} of the {plain(board['n_test'])} test records hold several labels. The last two "
        "columns reduce every record to one label, as below, without any threshold."
    )


def _score_cells(row: Row) -> tuple[Cell, ...]:
    bounded = [
        Cell(number(row[name]), interval(row[f"{name}_low"], row[f"{name}_high"]))
        for name in ("f1", "subset_accuracy", "hamming_loss")
    ]
    kind = "mean of seeds" if row["kind"] == "ensemble" else "run"
    single = [Cell(number(row[f"single_{name}"])) for name in ("accuracy", "macro_f1")]
    return (Cell(row["name"]), Cell(kind), Cell(row["seeds"]), *bounded, *single)


def _published_cells(row: Row) -> tuple[Cell, ...]:
    scores = [Cell(number(row[name])) for name in ("f1", "subset_accuracy", "hamming_loss")]
    return (Cell(f"*{row['name']}*"), Cell("*published*"), Cell(ABSENT), *scores, Cell(ABSENT), Cell(ABSENT))


def _published_sources(published: Sequence[Row]) -> list[str]:
    return [
        f"*Published*: {row['name']}, from {row['source']}, AUC {number(row['auc'])}. Mind that {row['caveat']}."
        for row in published
    ]


def _single_label_sentence(board: Row) -> str:
    order = ", ".join(board["precedence"])
    return (
        f"Reduced to one label: true is the first of {order} that a record holds, predicted the one of highest "
        "probability. The test records by true (rows) and predicted label, of the same classifier:"
    )


def _pair_lines(pairs: Sequence[Row]) -> list[str]:
    if not pairs:
        return []
    said = (
        "Is one of two classifiers right on more records, every label of a record counted together? McNemar's test of "
        "each pair as trained once (the run of lowest seed), p with Holm's correction over all pairs. They are "
        "numbered from the highest subset accuracy down, so that of two the one with the lower number is right on more "
        "records:"
    )
    return ["", said, "", *table_lines(pair_table(pairs))]
