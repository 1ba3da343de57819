"""The sheet of a denoiser in training shows every ECG at one scale."""

import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.reporting.ecg_sheet import SHOWN_LEADS, draw_sheet


def test_every_ecg_has_a_row_of_leads_about_its_median_at_the_same_scale() -> None:
    signals = np.random.default_rng(0).normal(size=(2, 12, 300)) * [[[0.1]], [[0.4]]]
    signals[:, 1] += 5  # lead II on another baseline
    figure = draw_sheet(signals, 100, ["normal", "flutter"], "After epoch 3")
    panels = figure.get_axes()
    assert [axes.get_title(loc="left") for axes in panels] == [
        f"{t}, {n}" for t in ("normal", "flutter") for n in SHOWN_LEADS
    ]
    assert len({axes.get_ylim() for axes in panels}) == 1
    for axes in panels:
        assert np.median(axes.get_lines()[0].get_ydata()) == pytest.approx(0, abs=1e-9)


def test_as_many_titles_as_ecgs_are_needed() -> None:
    with pytest.raises(BadInput, match="a sheet of 1 ECGs needs"):
        draw_sheet(np.zeros((2, 12, 300)), 100, ["normal"], "")
