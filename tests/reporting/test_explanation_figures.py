import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.reporting import explanation_figures as figures
from ecg_forge.reporting.words import signed

TRACE = np.sin(np.arange(400) / 20)


def test_a_map_is_scaled_by_its_size_and_keeps_its_signs() -> None:
    values = np.linspace(-2, 1, 1000)
    said = figures.scaled(values)
    assert (said.min(), said.max()) == (-1, pytest.approx(0.5, abs=0.02))
    assert (np.sign(said) == np.sign(values)).all()


def test_a_map_of_zeros_stays_and_a_single_spike_is_not_lost() -> None:
    assert not figures.scaled(np.zeros((12, 50))).any()
    spike = np.zeros(1000)
    spike[3] = -0.2
    assert figures.scaled(spike)[3] == -1


def test_smoothing_keeps_what_is_there() -> None:
    spike = np.zeros((2, 100))
    spike[0, 50] = 5.0
    found = figures.smoothed(spike, fs=100)
    assert found[0, 48:53].tolist() == pytest.approx([1.0] * 5)
    assert not found[1].any()


def test_no_trace_of_an_explained_ecg_is_a_path() -> None:
    figure = figures.draw_explained(np.zeros((12, 1000)), np.ones((12, 1000)), 100, "NORM")
    assert all(line.get_rasterized() for line in figure.axes[0].lines)
    assert len(figure.axes[0].images) == 4


def test_every_method_has_a_row_and_leads_have_bars() -> None:
    maps = {"saliency": np.ones(400), "grad_cam": -np.ones(400)}
    figure = figures.draw_methods(TRACE, maps, np.arange(12.0) - 3, 100, "MI")
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        *("Saliency", "Grad-CAM", "Occlusion by lead: fall of the logit")
    ]
    assert all(axes.lines[0].get_rasterized() for axes in figure.axes[:2])
    assert [bar.get_height() for bar in figure.axes[2].patches] == list(np.arange(12.0) - 3)


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(BadInput, match="no explanation to draw"):
        figures.draw_methods(TRACE, {}, None, 100, "MI")
    with pytest.raises(BadInput, match="no occlusion to draw"):
        figures.draw_occlusion(pd.DataFrame({"label": [], "part": [], "name": [], "median": []}))


def test_mean_beats_stand_in_the_order_of_leads_on_one_scale() -> None:
    rows = [
        {"lead": lead, "sample": sample, "attribution": place * sample, "millivolts": place / 10}
        for place, lead in enumerate(LEADS)
        for sample in range(-30, 50)
    ]
    shuffled = pd.DataFrame(rows).sample(frac=1, random_state=0)
    figure = figures.draw_beats(shuffled, 100, "LVH")
    assert [axes.get_title(loc="left") for axes in figure.axes] == list(LEADS)
    assert [axes.lines[0].get_ydata()[0] for axes in figure.axes] == pytest.approx([place / 10 for place in range(12)])
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert all(axes.lines[0].get_rasterized() for axes in figure.axes)


def test_occlusion_prints_the_median_of_every_lead_and_wave() -> None:
    rows = [("NORM", "lead", lead, place - 2.0) for place, lead in enumerate(LEADS)]
    rows += [("NORM", "wave", wave, 1.5) for wave in ("between", "P", "QRS", "ST-T")]
    figure = figures.draw_occlusion(pd.DataFrame(rows, columns=["label", "part", "name", "median"]))
    leads, waves = ([text.get_text() for text in axes.texts] for axes in figure.axes)
    assert leads == [signed(place - 2.0, 1) for place in range(12)]
    assert waves == ["+1.5"] * 4


def test_curves_are_means_over_labels_and_the_random_order_is_dashed() -> None:
    rows = [
        {"label": label, "method": method, "share": share, "deletion": at - share, "insertion": share}
        for label, at in (("NORM", 1.0), ("MI", 2.0))
        for method in ("saliency", "random")
        for share in (0.0, 0.5, 1.0)
    ]
    deletion = figures.draw_curves(pd.DataFrame(rows)).axes[0]
    assert deletion.lines[0].get_ydata().tolist() == [1.5, 1.0, 0.5]
    assert deletion.lines[0].get_xdata().tolist() == [0, 50, 100]
    assert [line.get_linestyle() for line in deletion.lines] == ["-", "--"]
