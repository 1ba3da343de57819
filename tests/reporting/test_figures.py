import made_up
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from ecg_forge.ecg.errors import BadInput
from ecg_forge.reporting import figures


def lines(figure: object, arm: str) -> list:
    return [trace for trace in figure.data if trace.name == arm]


def test_an_arm_has_the_same_colour_in_every_figure() -> None:
    truth, probability = made_up.predictions()
    drawn = [
        figures.learning_curves(made_up.histories()),
        figures.roc_curves(truth, probability, ["NORM"]),
        figures.precision_recall_curves(truth, probability, ["NORM"]),
    ]
    for arm in made_up.ARMS:
        assert {trace.line.color for figure in drawn for trace in lines(figure, arm)} == {figures.ARM_COLOURS[arm]}
    forest = figures.comparison_forest(made_up.comparison_table())
    assert {trace.marker.color for trace in lines(forest, "augmented")} == {figures.ARM_COLOURS["augmented"]}


def test_arms_never_share_a_colour() -> None:
    arms = [*figures.ARM_COLOURS, "half", "quarter", "tenth"]
    assert len(set(figures.arm_colours(arms).values())) == len(arms)


def test_learning_curves_draw_loss_and_auc_and_name_each_arm_once() -> None:
    figure = figures.learning_curves(made_up.histories())
    assert len(figure.data) == 3 * 3
    assert [trace.name for trace in figure.data if trace.showlegend] == list(made_up.ARMS)
    assert {trace.line.dash for trace in lines(figure, "baseline")} == {"solid", "dash"}


def test_a_history_without_auc_has_one_panel() -> None:
    history = made_up.histories()["baseline"][["epoch", "train_loss", "val_loss"]]
    figure = figures.learning_curves({"denoiser": history})
    assert len(figure.layout.annotations) == 1
    np.testing.assert_allclose(figure.data[0].y, history["val_loss"], atol=1e-5)


def test_a_history_without_epochs_is_refused() -> None:
    with pytest.raises(BadInput, match="history of baseline has no column epoch"):
        figures.learning_curves({"baseline": pd.DataFrame({"loss": [1.0]})})


def test_the_area_under_the_drawn_roc_curve_is_the_auc() -> None:
    truth, probability = made_up.predictions()
    figure = figures.roc_curves(truth, probability, ["AFIB"])
    (line,) = lines(figure, "augmented")
    area = np.trapezoid(line.y, line.x)
    assert area == pytest.approx(roc_auc_score(truth["AFIB"], probability["augmented"]["AFIB"]), abs=1e-3)


def test_the_area_under_the_drawn_steps_is_average_precision() -> None:
    truth, probability = made_up.predictions()
    rounded = {arm: table.round(1) for arm, table in probability.items()}  # many ties
    figure = figures.precision_recall_curves(truth, rounded, ["AFIB"])
    (line,) = lines(figure, "augmented")
    assert line.line.shape == "vh"
    area = np.sum(np.diff(line.x) * np.asarray(line.y)[1:])
    assert area == pytest.approx(average_precision_score(truth["AFIB"], rounded["augmented"]["AFIB"]), abs=1e-3)


def test_curves_match_records_by_ecg_id() -> None:
    truth, probability = made_up.predictions()
    shuffled = {arm: table.iloc[::-1] for arm, table in probability.items()}
    assert figures.roc_curves(truth, probability, ["WPW"]) == figures.roc_curves(truth, shuffled, ["WPW"])


def test_a_panel_per_label_says_how_many_records_hold_it() -> None:
    truth, probability = made_up.predictions()
    figure = figures.roc_curves(truth, probability, list(truth))
    count = int(truth["CLBBB"].sum())
    assert f"CLBBB ({count} of 300)" in [note.text for note in figure.layout.annotations]
    assert len(lines(figure, "baseline")) == 6


def test_an_unfinished_row_has_no_empty_panel() -> None:
    truth, probability = made_up.predictions()
    figure = figures.roc_curves(truth, probability, ["NORM", "SR", "AFIB", "WPW"])
    assert len(list(figure.select_xaxes())) == 4


def test_curves_refuse_what_they_cannot_draw() -> None:
    truth, probability = made_up.predictions()
    with pytest.raises(BadInput, match="at least one label"):
        figures.roc_curves(truth, probability, [])
    with pytest.raises(BadInput, match="the truth has no column LVH"):
        figures.roc_curves(truth, probability, ["LVH"])
    with pytest.raises(BadInput, match="augmented lacks records of the truth, first ecg_id 1"):
        figures.roc_curves(truth, {"augmented": probability["augmented"].iloc[1:]}, ["NORM"])
    with pytest.raises(BadInput, match="NORM is the same in all 300 records"):
        figures.precision_recall_curves(truth.assign(NORM=False), probability, ["NORM"])


def test_the_forest_starts_with_the_summaries_and_the_largest_gain() -> None:
    order = figures.forest_order(made_up.comparison_table())
    assert order[:3] == ["macro", "macro_rare", "WPW"]
    assert order[-1] == "1AVB"
    assert len(order) == len(made_up.LABELS) + 2


def test_the_forest_fills_only_the_differences_that_were_shown() -> None:
    figure = figures.comparison_forest(made_up.comparison_table())
    precision = lines(figure, "augmented")[1]
    filled = [text for text, symbol in zip(precision.text, precision.marker.symbol, strict=True) if symbol == "circle"]
    assert [text.split(":")[0] for text in sorted(filled)] == ["PVC", "WPW"]


def test_the_forest_draws_the_interval_around_the_difference() -> None:
    figure = figures.comparison_forest(made_up.comparison_table())
    trace = lines(figure, "augmented")[1]
    place = [text.startswith("WPW") for text in trace.text].index(True)
    assert trace.x[place] + trace.error_x.array[place] == pytest.approx(0.142)
    assert trace.x[place] - trace.error_x.arrayminus[place] == pytest.approx(0.024)


def test_a_difference_without_a_value_is_not_drawn() -> None:
    figure = figures.comparison_forest(made_up.comparison_table())
    assert not any(text.startswith("1AVB") for trace in figure.data for text in trace.text)


def test_reliability_is_drawn_before_and_after_the_temperature_beside_the_diagonal() -> None:
    figure = figures.reliability_curves(made_up.calibrations())
    before, after = lines(figure, "augmented")
    assert (before.xaxis, after.xaxis) == ("x", "x2")
    assert list(before.x) == [0.02, 0.4, 0.93]
    assert list(after.x) == [0.05, 0.36, 0.8]
    np.testing.assert_allclose(after.y, [0.08, 0.35, 0.77])
    assert before.text[0] == "9,000 record-label pairs"
    assert [trace.name for trace in figure.data if trace.showlegend] == list(made_up.ARMS)
    assert before.line.color == figures.ARM_COLOURS["augmented"]
    diagonals = [trace for trace in figure.data if trace.line.color == figures.FAINT]
    assert [list(trace.y) for trace in diagonals] == [[0, 1], [0, 1]]


def test_label_counts_are_sorted_and_leave_out_nought() -> None:
    counts = pd.DataFrame({"train": [5, 900], "test": [0, 100]}, index=["WPW", "NORM"])
    figure = figures.label_counts(counts)
    assert list(figure.data[0].y) == ["NORM", "WPW"]
    assert np.isnan(figure.data[1].x[1])


def test_names_are_shown_as_they_are_not_as_markup() -> None:
    truth, probability = made_up.predictions()
    truth = truth.rename(columns={"NORM": "<b>NORM</b>"})
    renamed = {"<i>arm</i>": probability["baseline"].rename(columns={"NORM": "<b>NORM</b>"})}
    figure = figures.roc_curves(truth, renamed, ["<b>NORM</b>"])
    assert figure.layout.annotations[0].text.startswith("&lt;b&gt;NORM")
    assert figure.data[0].name == "&lt;i&gt;arm&lt;/i&gt;"
