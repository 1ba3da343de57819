import re

import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.plotting import figure_svg
from ecg_forge.reporting.ecg_gallery import LEAD_MM, SHOWN_LEADS, Pair, draw_gallery


def ecg(seed=0, samples=1000):
    noise = np.random.default_rng(seed).normal(0, 0.1, (12, samples)).astype(np.float32)
    noise[:, ::80] += 1
    return noise


def pairs(n):
    return [Pair(f"S{place}", ecg(place), ecg(100 + place)) for place in range(n)]


def test_each_statement_stands_twice_synthetic_and_real():
    titles = [text.get_text() for text in draw_gallery(pairs(3), 100).axes[0].texts]
    for place in range(3):
        assert f"S{place}, synthetic" in titles
        assert f"S{place}, real" in titles


def test_three_leads_are_drawn_by_name_five_seconds_at_ten_millimetres_a_millivolt():
    signal = np.zeros((12, 1000), np.float32)
    signal[LEADS.index("V1"), 100] = 0.7
    lines = draw_gallery([Pair("WPW", signal, ecg())], 100).axes[0].lines
    assert len(lines) == 2 * len(SHOWN_LEADS)
    drawn = dict(zip(SHOWN_LEADS, lines[:3], strict=True))
    assert np.ptp(drawn["V1"].get_ydata()) == pytest.approx(7)
    assert np.ptp(drawn["II"].get_ydata()) == 0
    assert np.ptp(drawn["II"].get_xdata()) == pytest.approx(25 * 4.99)


def test_a_tall_wave_and_an_offset_stay_within_the_neighbours_room():
    signal = np.full((12, 1000), 3.0, np.float32)
    signal[:, 100] += 9
    line = draw_gallery([Pair("LVH", signal, ecg())], 100).axes[0].lines[0]
    assert np.ptp(line.get_ydata()) == pytest.approx(LEAD_MM)


def test_twenty_four_pairs_are_a_small_picture():
    assert len(figure_svg(draw_gallery(pairs(24), 100))) < 1_500_000


def test_samples_are_in_the_picture_only():
    one, other = (figure_svg(draw_gallery([Pair("WPW", ecg(0), ecg(seed))], 100)) for seed in (1, 2))
    assert one != other
    without = [re.sub("<image.*?/>", "", svg, flags=re.DOTALL) for svg in (one, other)]
    assert without[0] == without[1]


def test_nothing_to_draw_is_refused():
    with pytest.raises(BadInput, match="no pair"):
        draw_gallery([], 100)
    with pytest.raises(BadInput, match="\\(12, sample\\)"):
        Pair("NORM", np.zeros((8, 1000)), ecg())
