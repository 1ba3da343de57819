import made_up_study_content as made_up
import numpy as np
import pandas as pd

from ecg_forge.reporting import study_tables as tables
from ecg_forge.reporting.words import METRIC_NAMES

PAIRS = len(made_up.ARMS) + len(made_up.CONTROLLED)


def texts(table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_the_answers_hold_every_setting_with_its_measure_first() -> None:
    table = tables.answer_table(made_up.content())
    assert [row[:4] for row in texts(table)] == [
        ["ILBBB +100", "ILBBB", "7", "3"],
        ["ILBBB +100", "macro, rare labels", "900", "3"],
        ["ILBBB +100", "macro, all labels", "900", "3"],
        ["PVC +900", "PVC", "32", "3"],
        ["PVC +900", "macro, rare labels", "900", "3"],
        ["PVC +900", "macro, all labels", "900", "3"],
        *(["3 statements +180", label, "900", "3"] for label in ("macro, rare labels", "macro, all labels")),
        *(["3 statements +180", label, str(7 + 5 * (2 + k)), "3"] for k, label in enumerate(made_up.RARE)),
    ]
    assert table.columns[4:6] == ("Average precision against oversampled", "Average precision against baseline")


def test_every_arm_reference_and_metric_has_a_row() -> None:
    content = made_up.content()
    setting = content.settings[0]
    table = tables.pair_table(content, setting, content.averages(setting), list(METRIC_NAMES))
    assert len(table.rows) == 3 * 3 * PAIRS
    assert len({tuple(row[:4]) for row in texts(table)}) == len(table.rows)
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_every_label_has_a_row_and_the_targets_come_first() -> None:
    content = made_up.content()
    table = tables.label_rows(content, content.settings[2])
    assert [row[0] for row in texts(table)][:3] == list(made_up.RARE)
    assert {row[0] for row in texts(table)} == set(made_up.LABELS)
    assert table.pinned == 3
    assert all(len(row) == len(table.columns) == 6 for row in table.rows)


def test_every_target_meets_every_pair_of_arms() -> None:
    content = made_up.content()
    table = tables.target_rows(content, content.settings[2])
    assert [len(row) for row in table.rows] == [1 + PAIRS] * 3


def test_a_verdict_has_its_tone_and_its_bounds_beside_it() -> None:
    key = ("per_label", "PVC", "augmented", "oversampled")
    figures = made_up.numbers(0.05, 0.01, verdict="better")
    cell = tables.answer_table(made_up.with_row(made_up.content(), key, "PVC", **figures)).rows[3][4]
    assert (cell.text, cell.note, cell.tone) == ("+0.050", "+0.040\u00a0to\u00a0+0.060, better", "better")


def test_what_could_have_been_shown_has_a_row_for_every_target() -> None:
    table = tables.power_rows(made_up.content())
    assert {row[1] for row in texts(table)} >= {"ILBBB", "PVC", *made_up.RARE}
    assert texts(table)[0][-3:] == ["0.040", "0.060", "yes"]


def test_cross_checks_count_seeds_below_the_level_uncorrected() -> None:
    content = made_up.content()
    rows = texts(tables.crosscheck_table(content.crosschecks, content.settings[0]))
    assert rows[0] == [
        "ILBBB",
        "augmented",
        "baseline",
        "3",
        "+0.010",
        "0 of 3",
        "4, 4, 4",
        "9, 9, 9",
        "3 of 3",
        "0.80",
    ]
    blank = content.crosschecks.assign(delong_p=np.nan, delong_difference=np.nan)
    assert texts(tables.crosscheck_table(blank, content.settings[0]))[0][4:6] == ["–", "–"]


def test_checks_are_counted_by_way_of_asking() -> None:
    rows = texts(tables.check_rows(made_up.CHECKS))
    assert rows[0] == ["label sets of real records", "100\u00a0%", "ILBBB", "150", "120", "80\u00a0%"]
    assert rows[1][3:] == ["150", "30", "20\u00a0%"]


def test_reasons_are_listed_the_most_frequent_first_and_the_many_together() -> None:
    rows = texts(tables.reason_rows(made_up.CHECKS))
    assert rows[0] == ["not recognised as ILBBB", "120", "25"]
    many = pd.DataFrame(
        {"kind": "real_sets", "share": 1.0, "target": "PVC", "reason": [f"r{k}" for k in range(25)], "count": 2}
    )
    listed = texts(tables.reason_rows(many))
    assert (len(listed), listed[-1]) == (21, ["5 other reasons", "10"])


def test_a_figure_of_memory_above_its_limit_stands_out_and_bounds_stand_beside_theirs() -> None:
    rows = tables.privacy_rows({**made_up.PRIVACY, "nearer_to_train": 0.71}).rows
    assert [cell.text for cell in rows[1]][1:] == ["0.71", "0.6", "no"]
    assert rows[1][3].tone == "worse"
    assert rows[0][1].note == "0.490–0.520"
    assert [row[0].text for row in rows][2:] == ["n members"]


def test_the_seeds_of_an_arm_share_a_row_in_order() -> None:
    rows = texts(tables.run_rows(made_up.runs()[::-1]))
    baseline = next(row for row in rows if row[1] == "baseline")
    assert baseline[:4] == ["real/100pct", "baseline", "17,418 real", "–"]
    assert baseline[6:] == ["2026-01-01; 2026-01-02; 2026-01-03", "0, 1, 2", "45, 45, 45", "30.0, 30.0, 30.0"]


def test_scores_begin_with_the_baseline_of_each_setting() -> None:
    rows = texts(tables.score_rows(made_up.content()))
    assert len(rows) == 3 * (1 + len(made_up.ARMS))
    assert [row[1] for row in rows if row[2] == "0.950" and row[3] == "0.500"][:1] == ["baseline"]
