import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.plotting import figure_svg
from ecg_forge.reporting import fidelity_figures as figures
from ecg_forge.reporting.fidelity_figures import COLOURS, INTERVAL_TITLES


def measured(n=50, seed=0):
    return pd.DataFrame(
        np.random.default_rng(seed).normal(100, 10, (n, len(INTERVAL_TITLES))), columns=list(INTERVAL_TITLES)
    )


def legends(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def panel(figure, column):
    return figure.axes[list(INTERVAL_TITLES).index(column)]


def test_each_interval_has_a_panel_that_says_how_many_records_have_none():
    synthetic = measured()
    synthetic.loc[:9, "pr_ms"] = np.nan
    figure = figures.draw_intervals(synthetic, measured(seed=1))
    assert [axes.get_xlabel() for axes in figure.axes] == list(INTERVAL_TITLES.values())
    assert legends(panel(figure, "pr_ms")) == ["synthetic, 20 % without", "real"]


def test_a_histogram_loses_no_value():
    figure = figures.draw_intervals(measured(), measured(seed=1))
    outlines = [patch for axes in figure.axes for patch in axes.patches if not patch.get_fill()]
    assert len(outlines) == 2 * len(INTERVAL_TITLES)
    assert all(patch.get_data().values.sum() == pytest.approx(1) for patch in outlines)


def test_an_interval_that_no_record_has_leaves_its_panel_empty():
    none = measured().assign(qt_ms=np.nan)
    assert legends(panel(figures.draw_intervals(none, none), "qt_ms")) == [
        "synthetic, 100 % without",
        "real, 100 % without",
    ]


def test_spectra_are_drawn_in_decibel_a_panel_per_lead():
    density = np.full((12, 5), 0.01)
    figure = figures.draw_spectra(np.arange(5.0), density / 10, density, LEADS)
    assert [axes.get_title(loc="left") for axes in figure.axes] == list(LEADS)
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert lines["real"].get_ydata() == pytest.approx([-20] * 4)
    assert lines["synthetic"].get_ydata() == pytest.approx([-30] * 4)
    assert lines["synthetic"].get_color() == COLOURS["synthetic"]


def test_the_real_records_alone_decide_where_features_are_projected():
    rng = np.random.default_rng(0)
    real = rng.normal(size=(200, 5)) * [10, 5, 1, 1, 1]
    figure = figures.draw_projection(rng.normal(size=(100, 5)) * [1, 1, 100, 1, 1], real)
    shown = {line.get_label(): np.stack(line.get_data()) for line in figure.axes[0].lines}
    assert shown["real (200)"][0].std() == pytest.approx(10, rel=0.15)
    assert shown["synthetic (100)"][0].std() < 30  # its own first component has 100


def test_the_figure_of_memorisation_says_what_share_is_closer_than_held_out_records():
    figure = figures.draw_closest(np.r_[np.full(95, 0.6), np.full(5, 0.99)], np.linspace(0.4, 0.8, 100))
    assert "5.0 % of synthetic above" in figure.axes[0].texts[0].get_text()


def test_figures_are_small_and_the_same_each_time():
    drawn = [figure_svg(figures.draw_intervals(measured(), measured(seed=1))) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) < 100_000


@pytest.mark.parametrize(
    "draw",
    [
        lambda: figures.draw_intervals(measured().drop(columns="pr_ms"), measured()),
        lambda: figures.draw_spectra(np.arange(5.0), np.ones((12, 4)), np.ones((12, 5)), LEADS),
        lambda: figures.draw_projection(np.ones((5, 3)), np.ones((2, 3))),
        lambda: figures.draw_closest(np.ones(0), np.ones(3)),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw):
    with pytest.raises(BadInput):
        draw()
