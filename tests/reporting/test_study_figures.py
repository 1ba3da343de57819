import made_up_study_content as made_up
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.plotting import figure_svg
from ecg_forge.reporting import study_figures as figures

MIXES = [made_up.cell("mix_ratio", ratio, dict.fromkeys(made_up.RARE, 60)) for ratio in ("2", "0.5")]


def names(axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


def marks(axes, marker: str) -> list[tuple[float, float]]:
    lines = [line for line in axes.lines if line.get_marker() == marker]
    return [point for line in lines for point in zip(*line.get_data(), strict=True)]


def test_the_overview_has_a_panel_per_experiment_and_both_references() -> None:
    content = made_up.content()
    figure = figures.overview(content)
    assert [names(axes) for axes in figure.axes] == [["ILBBB +100", "PVC +900"], ["3 statements +180"]]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["against oversampled", "against baseline"]
    row = content.row(content.settings[0], ("augmented", "oversampled"), "ILBBB", "ap")
    assert marks(figure.axes[0], "D")[0] == pytest.approx((row["difference"], -0.16))


def test_every_arm_has_a_line_and_only_those_with_a_control_two_marks() -> None:
    content = made_up.content()
    axes = figures.arms_forest(content, content.settings[0], "ILBBB").axes[0]
    assert sorted(names(axes)) == sorted(made_up.ARMS)
    assert len(marks(axes, "o")) == len(made_up.ARMS)
    assert len(marks(axes, "D")) == len(made_up.CONTROLLED)


def test_every_target_has_a_line_below_the_averages() -> None:
    content = made_up.content()
    axes = figures.targets_forest(content, content.settings[2], "augmented").axes[0]
    assert names(axes) == ["macro, rare labels", "macro, all labels", *made_up.RARE]


def test_only_a_difference_that_was_shown_is_filled() -> None:
    key = ("per_label", "PVC", "augmented", "oversampled")
    content = made_up.with_row(made_up.content(), key, "PVC", verdict="better")
    drawn = [line for line in figures.overview(content).axes[0].lines if line.get_marker() == "D"]
    assert [(line.get_markerfacecolor(), len(line.get_xdata())) for line in drawn] == [("#d55e00", 1), ("white", 1)]


def test_a_control_of_another_name_is_in_the_legend_by_its_name() -> None:
    line = figures.Line("x", (figures.Mark("pretrained_on_copies", 0.0, -0.1, 0.1, False),))
    figure = figures.draw_forest([figures.Panel("t", (line,))], 0.005)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["against pretrained_on_copies"]


def test_doses_are_in_order_with_every_arm_and_both_differences() -> None:
    scores, differences = figures.draw_doses(made_up.content(MIXES), "mix_ratio").axes
    assert [tick.get_text() for tick in scores.get_xticklabels()] == ["0.5", "2"]
    assert {line.get_label() for line in scores.lines} == {"baseline", *made_up.ARMS}
    assert [text.get_text() for text in differences.get_legend().get_texts()] == [
        "against oversampled",
        "against baseline",
    ]


def test_where_nothing_is_added_the_doses_begin_with_the_baseline_alone() -> None:
    zero = made_up.cell("mix_ratio", "0", dict.fromkeys(made_up.RARE, 0), arms=("class_weighted",))
    scores, _ = figures.draw_doses(made_up.content([zero, *MIXES]), "mix_ratio").axes
    drawn = {line.get_label(): list(line.get_xdata()) for line in scores.lines}
    assert drawn["baseline"] == [0, 1, 2]
    assert drawn["augmented"] == [1, 2]


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(BadInput, match="no setting of low_data"):
        figures.draw_doses(made_up.content(), "low_data")
    with pytest.raises(BadInput, match="no difference to draw"):
        figures.draw_forest([figures.Panel("t", ())], 0.005)


def test_the_same_study_gives_the_same_drawing() -> None:
    first, second = (figure_svg(figures.overview(made_up.content())) for _ in range(2))
    assert first == second
