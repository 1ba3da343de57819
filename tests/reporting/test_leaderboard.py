import made_up_board
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.plotting import figure_svg
from ecg_forge.reporting.leaderboard import draw_reliability, draw_scores, lines_of


def test_seeds_stand_on_the_line_of_their_mean() -> None:
    lines = lines_of(made_up_board.tasks()["all"]["rows"])
    assert [line.text for line in lines] == ["s4, mean of 2 seeds", "S4", "resnet", "wavelet"]
    assert [line.published for line in lines] == [False, True, False, True]
    assert [line.seeds for line in lines] == [(0.93, 0.91), (), (), ()]
    assert lines[1].low is None


def test_the_figure_has_a_panel_per_task_with_the_best_on_top() -> None:
    figure = draw_scores(made_up_board.tasks())
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["all (71 labels)", "superclass (5 labels)"]
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["wavelet", "resnet", "S4", "s4, mean of 2 seeds"]
    markers = [
        line.get_marker()
        for line in figure.axes[0].lines
        if line.get_marker() in ("D", "o") and len(line.get_xdata()) == 1
    ]
    assert markers == ["D", "o", "D", "o"]


def test_an_interval_is_drawn_where_there_is_one() -> None:
    axes = draw_scores(made_up_board.tasks()).axes[0]
    drawn = {
        line.get_ydata()[0]: tuple(line.get_xdata())
        for line in axes.lines
        if len(line.get_xdata()) == 2 and line.get_marker() == "None"
    }
    assert drawn[0] == pytest.approx((0.91, 0.93))
    assert 2 not in drawn, "the published S4 has no interval"


def test_one_task_takes_one_panel_and_none_is_refused() -> None:
    assert len(draw_scores({"all": made_up_board.tasks()["all"]}).axes) == 1
    with pytest.raises(BadInput, match="no task to draw"):
        draw_scores({})


def test_calibration_is_drawn_before_and_after_for_every_task_looked_at() -> None:
    figure = draw_reliability(made_up_board.board()["details"])
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["all: s4", "superclass: s4"]
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == ["before: ECE 0.0123", "after: ECE 0.0045"]


def test_without_a_task_to_look_at_the_calibration_is_an_empty_sheet() -> None:
    assert draw_reliability({}).axes == []


def test_the_same_numbers_give_the_same_svg_without_a_date() -> None:
    first, second = (figure_svg(draw_scores(made_up_board.tasks())) for _ in range(2))
    assert first == second
    assert "202" not in first.partition("<g")[0]
    assert "mean of 2 seeds" in first
