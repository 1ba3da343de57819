import made_up
import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.summary import summary
from ecg_forge.reporting import tables, words


def texts(table: tables.Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_the_summary_has_a_row_per_arm_over_all_and_over_rare_labels() -> None:
    metrics = {arm: made_up.metrics_table(place) for place, arm in enumerate(made_up.ARMS)}
    table = tables.summary_table(metrics)
    assert [row[:2] for row in texts(table)] == [
        [arm, name] for name in ("macro, all labels", "macro, rare labels") for arm in made_up.ARMS
    ]
    row = metrics["baseline"].loc["macro"]
    assert table.rows[0][1].note == "10 labels"
    assert table.rows[0][3].text == f"{row['ap']:.3f}"
    assert table.rows[0][3].note == f"{row['ap_low']:.3f}–{row['ap_high']:.3f}"


def test_without_rare_labels_the_summary_has_only_the_macro_row() -> None:
    table = tables.summary_table({"baseline": made_up.metrics_table(0).drop(index="macro_rare")})
    assert [row[1] for row in texts(table)] == ["macro, all labels"]


def test_macro_differences_hold_every_arm_and_metric_with_its_verdict() -> None:
    rows = texts(tables.paired_differences(made_up.comparison_table(), "baseline"))
    assert len(rows) == 2 * 3 * 2
    wanted = next(row for row in rows if row[:3] == ["macro, all labels", "average precision", "augmented"])
    assert wanted[5:] == ["+0.004", "−0.010 to +0.018", "0.420", "1.000", "no difference shown"]


def test_label_differences_run_from_gain_to_loss_with_the_unmeasured_last() -> None:
    table = tables.label_differences(made_up.comparison_table(), "augmented", "ap", {"WPW": 7})
    labels = [row[0] for row in texts(table)]
    assert (labels[0], labels[-2], labels[-1]) == ("WPW", "PVC", "1AVB")
    assert set(labels) == set(made_up.LABELS)
    assert table.rows[0][0].note == "Wolf-Parkinson-White syndrome"
    assert [row[1] for row in texts(table)][:2] == ["7", "–"]
    assert {row[-1].text: row[-1].tone for row in table.rows} == {
        "better": "better",
        "worse": "worse",
        "no difference shown": "",
        "cannot tell": "",
    }


def test_verdicts_are_counted_null_results_too() -> None:
    table = made_up.comparison_table()
    assert tables.verdict_counts(table, "augmented", "ap") == (
        "10 labels: 1 better, 1 worse, 7 with no difference shown, 1 cannot tell"
    )
    told = table[table["verdict"] != "cannot tell"]
    assert tables.verdict_counts(told, "augmented", "auc") == "9 labels: 0 better, 0 worse, 9 with no difference shown"


def test_label_metrics_put_summaries_on_top_and_the_rarest_label_next() -> None:
    table = tables.label_metrics(made_up.metrics_table(0))
    labels = [row[0] for row in texts(table)]
    assert labels[:3] == ["macro, all labels", "macro, rare labels", made_up.LABELS[-1]]
    assert table.pinned == 2
    assert table.rows[0][1].text == "–"
    assert table.rows[2][1].text == "30"


def test_the_scores_of_the_whole_split_have_a_row_each_and_a_column_per_arm() -> None:
    scores = made_up.split_scores()
    table = tables.whole_split_table(scores)
    assert table.columns == ("Score", *made_up.ARMS)
    names = [row[0] for row in texts(table)]
    assert names[:2] == ["AUC, micro", "AUC, weighted"]
    assert names[-2:] == ["subset accuracy", "Hamming loss"]
    assert texts(table)[0][1:] == [f"{scores[arm]['micro_auc']:.3f}" for arm in made_up.ARMS]


def test_every_score_of_the_table_is_one_the_summary_makes() -> None:
    truth = np.array([[True, False], [False, True], [True, True]])
    made = summary(
        Predictions("test", np.arange(3), np.arange(3), ("A", "B"), truth, truth * 0.9), {"A": 0.5, "B": 0.5}
    )
    assert set(words.SPLIT_SCORES) <= set(made)


def test_calibration_has_a_row_per_arm_with_both_errors_before_and_after() -> None:
    rows = texts(tables.calibration_table(made_up.calibrations()))
    assert rows[0] == ["baseline", "1.40", "0.0310", "0.0062", "0.0440", "0.0147"]
    assert [row[0] for row in rows] == list(made_up.ARMS)


def test_groups_stand_below_all_records_with_counts_and_intervals() -> None:
    groups = made_up.subgroup_table(0)
    table = tables.subgroup_rows(groups)
    assert table.pinned == 1
    assert [row[0] for row in texts(table)][:4] == ["all records", "sex: female", "sex: male", "age: under 40"]
    assert texts(table)[0][1:4] == ["2,198", "1,888", "10"]
    assert table.rows[1][5].note == f"{groups['ap_low'][1]:.3f}–{groups['ap_high'][1]:.3f}"


def test_a_group_without_a_score_has_dashes() -> None:
    empty = made_up.subgroup_table(0).assign(auc=np.nan, auc_low=np.nan, auc_high=np.nan)
    cell = tables.subgroup_rows(empty).rows[0][4]
    assert (cell.text, cell.note) == ("–", "–")


def test_a_label_that_stands_twice_is_refused() -> None:
    metrics = made_up.metrics_table(0)
    with pytest.raises(BadInput, match="2 rows for label NORM"):
        tables.label_metrics(pd.concat([metrics, metrics.loc[["NORM"]]]))


def test_the_plan_counts_planned_accepted_and_rejected_per_target() -> None:
    plan, verdicts = made_up.plan_and_verdicts()
    expected = [["WPW", "20", "2", "20", "0", "100%"], ["1AVB", "20", "2", "10", "10", "50%"]]
    assert texts(tables.plan_table(plan, verdicts)) == expected
    assert texts(tables.plan_table(plan.set_index("ecg_id"), verdicts)) == expected


def test_a_planned_record_without_verdict_is_neither_accepted_nor_rejected() -> None:
    plan, verdicts = made_up.plan_and_verdicts()
    assert texts(tables.plan_table(plan, verdicts.iloc[:0])) == [
        ["WPW", "20", "2", "0", "0", "–"],
        ["1AVB", "20", "2", "0", "0", "–"],
    ]


def test_a_verdict_without_plan_is_refused() -> None:
    plan, verdicts = made_up.plan_and_verdicts()
    with pytest.raises(BadInput, match="1000001 has a verdict but is not in the plan"):
        tables.plan_table(plan.iloc[1:], verdicts)


def test_rejections_are_counted_by_reason_and_the_long_tail_together() -> None:
    _, verdicts = made_up.plan_and_verdicts()
    rows = texts(tables.rejection_table(verdicts))
    assert sorted(rows) == [
        ["near-copy of a training record", "5"],
        ["the baseline does not recognise the target", "5"],
    ]
    many = pd.DataFrame({"accepted": False, "reason": [f"reason {k}" for k in range(25)]})
    assert texts(tables.rejection_table(many))[-1] == ["5 other reasons", "5"]


def test_the_console_table_shows_arms_intervals_and_differences_in_straight_columns() -> None:
    metrics = {arm: made_up.metrics_table(place) for place, arm in enumerate(made_up.ARMS)}
    text = tables.console_table(metrics, {"baseline": made_up.comparison_table()})
    lines = text.splitlines()
    assert lines[0].split()[:2] == ["Arm", "Labels"]
    base = metrics["baseline"].loc["macro"]
    assert f"{base['auc']:.3f} ({base['auc_low']:.3f}–{base['auc_high']:.3f})" in text
    assert "+0.004  −0.010 to +0.018" in text
    ends = {line.index("shown") for line in lines if line.endswith("no difference shown")}
    assert len(ends) == 1


def test_the_inputs_stay_as_they_were() -> None:
    plan, verdicts = made_up.plan_and_verdicts()
    metrics, comparison = made_up.metrics_table(0), made_up.comparison_table()
    copies = [table.copy(deep=True) for table in (plan, verdicts, metrics, comparison)]
    tables.plan_table(plan, verdicts)
    tables.label_metrics(metrics)
    tables.label_differences(comparison, "augmented", "ap", {})
    for table, copy in zip((plan, verdicts, metrics, comparison), copies, strict=True):
        pd.testing.assert_frame_equal(table, copy)


def test_missing_training_counts_are_dashes() -> None:
    metrics = made_up.metrics_table(0).assign(n_train=np.nan)
    assert {row[1] for row in texts(tables.label_metrics(metrics))} == {"–"}
