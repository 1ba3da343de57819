import subprocess
import sys
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.plotting import AGAINST, FOR, STANDARD_LAYOUT, _relative_path, draw_ecg, figure_svg

MM = 25.4


def noise(fs: int = 100, scale: float = 0.3) -> np.ndarray:
    return np.random.default_rng(1).normal(0, scale, (12, 10 * fs))


def traces(figure: Any) -> dict[str, Any]:
    """The drawn leads by id, ``lead-<name>-<first sample>``."""
    return {line.get_gid(): line for line in figure.axes[0].lines if line.get_gid()}


def test_the_sheet_is_as_large_as_ten_seconds_at_25_mm_per_second() -> None:
    width, height = draw_ecg(noise(), 100).get_size_inches() * MM
    assert width == pytest.approx(15 + 250 + 5)
    assert height == pytest.approx(5 + 4 * 30 + 10)


def test_the_axes_are_millimetres_of_the_figure() -> None:
    figure = draw_ecg(noise(), 100)
    corner = figure.axes[0].transData.transform((25.4, 50.8))
    assert corner == pytest.approx((figure.dpi, 2 * figure.dpi))


def test_one_second_is_25_mm_and_one_millivolt_10_mm() -> None:
    signal = np.zeros((12, 1000))
    signal[LEADS.index("I"), 100:] = 1
    line = traces(draw_ecg(signal, 100))["lead-I-0"]
    x, y = line.get_data()
    assert x[100] - x[0] == pytest.approx(25)
    assert y[100] - y[0] == pytest.approx(10)


def test_the_calibration_pulse_is_one_millivolt_for_a_fifth_of_a_second_on_every_row() -> None:
    pulses = [line for line in draw_ecg(noise(), 100).axes[0].lines if line.get_gid() is None]
    assert len(pulses) == len(STANDARD_LAYOUT)
    for pulse in pulses:
        x, y = pulse.get_data()
        assert np.ptp(y) == pytest.approx(10)
        assert np.ptp(x[y == y.max()]) == pytest.approx(5)


def test_baselines_lie_on_strong_lines() -> None:
    for line in traces(draw_ecg(np.zeros((12, 1000)), 100)).values():
        assert line.get_ydata()[0] % 5 == 0


def test_columns_are_continuous_and_the_rhythm_strip_is_lead_two() -> None:
    drawn = traces(draw_ecg(noise(), 100))
    expected = {f"lead-{name}-{250 * column}" for row in STANDARD_LAYOUT[:3] for column, name in enumerate(row)}
    assert set(drawn) == expected | {"lead-II-0"}
    first, second = drawn["lead-I-0"].get_xdata(), drawn["lead-aVR-250"].get_xdata()
    assert second[0] - first[-1] == pytest.approx(0.25)


def test_another_layout_shows_each_lead_for_its_share_of_the_time() -> None:
    drawn = traces(draw_ecg(noise(), 100, layout=(("V1", "V2"),)))
    assert {name: len(line.get_xdata()) for name, line in drawn.items()} == {"lead-V1-0": 500, "lead-V2-500": 500}


def test_leads_are_taken_by_name() -> None:
    signal = noise()
    shuffled = draw_ecg(signal[::-1], 100, leads=LEADS[::-1])
    assert figure_svg(shuffled) == figure_svg(draw_ecg(signal, 100))


def test_a_large_trace_is_cut_at_the_neighbours_baselines_not_bent() -> None:
    signal = np.zeros((12, 1000))
    signal[LEADS.index("aVL"), 300] = 9
    line = traces(draw_ecg(signal, 100))["lead-aVL-250"]
    baseline = line.get_ydata()[0]
    assert line.get_ydata().max() == pytest.approx(baseline + 90)
    box = line.get_clip_box()
    low, high = line.axes.transData.inverted().transform([(0, box.y0), (0, box.y1)])[:, 1]
    assert (low, high) == pytest.approx((baseline - 30, baseline + 30))


def test_missing_samples_leave_a_gap() -> None:
    signal = noise()
    signal[:, 100:200] = np.nan
    assert len(figure_svg(draw_ecg(signal, 100))) < len(figure_svg(draw_ecg(noise(), 100)))


@pytest.mark.parametrize("fs", [100, 500])
def test_the_svg_is_small_well_formed_and_needs_nothing_else(fs: int) -> None:
    svg = figure_svg(draw_ecg(noise(fs, 0.03), fs, "NORM + SR"))
    assert len(svg) < 150_000
    root = ElementTree.fromstring(svg)
    assert "".join(root.itertext()).count("aVR") == 1
    assert "href" not in svg
    assert "date" not in svg


def test_the_svg_is_as_large_as_the_sheet() -> None:
    root = ElementTree.fromstring(figure_svg(draw_ecg(noise(), 100)))
    assert float(root.attrib["width"].removesuffix("pt")) / 72 * MM == pytest.approx(270, abs=0.01)


def test_the_same_figure_gives_the_same_svg() -> None:
    assert figure_svg(draw_ecg(noise(), 100, "a")) == figure_svg(draw_ecg(noise(), 100, "a"))


def test_a_title_is_text_and_neither_markup_nor_mathematics() -> None:
    title = "<script>alert(1)</script> $x^2$"
    svg = figure_svg(draw_ecg(noise(), 100, title))
    assert "<script" not in svg
    assert title in "".join(ElementTree.fromstring(svg).itertext())


def test_the_input_stays_as_it_was() -> None:
    signal = noise()
    before = signal.copy()
    draw_ecg(signal, 100)
    np.testing.assert_array_equal(signal, before)


def test_paths_become_relative_steps_without_drift() -> None:
    assert _relative_path("M 10 20 \nL 10.5 20 \nL 10.5 18.25 \n") == "m10 20l.5 0l0-1.75"
    assert _relative_path("M 1 1 \nL 2 1 \nz\nM 5 5 \nL 6 6 \n") == "m1 1l1 0zm4 4l1 1"
    thirds = "M 0 0 \n" + "".join(f"L {k / 3:.6f} 0 \n" for k in range(1, 301))
    steps = [float(step.split(" ")[0]) for step in _relative_path(thirds).split("l")[1:]]
    assert sum(steps) == pytest.approx(100, abs=0.01)


@pytest.mark.parametrize(
    ("shape", "fs", "layout", "message"),
    [
        ((11, 1000), 100, STANDARD_LAYOUT, "12 leads"),
        ((12, 0), 100, STANDARD_LAYOUT, r"\(12, 0\)"),
        ((1000,), 100, STANDARD_LAYOUT, r"\(lead, sample\)"),
        ((12, 1000), 0, STANDARD_LAYOUT, "positive"),
        ((12, 1000), float("nan"), STANDARD_LAYOUT, "positive"),
        ((12, 1000), 100, (), "layout"),
        ((12, 1000), 100, (("V9",),), "V9"),
    ],
)
def test_what_cannot_be_drawn_is_refused(shape: tuple[int, ...], fs: float, layout: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        draw_ecg(np.zeros(shape), fs, layout=layout)


def test_importing_is_cheap() -> None:
    code = "import sys, ecg_forge.ecg.plotting; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_shading_colours_the_paper_behind_each_leads_own_share_of_the_time() -> None:
    shading = np.zeros((12, 1000))
    shading[LEADS.index("aVR"), 250:500] = 1
    shading[LEADS.index("V1"), 500:750] = -1
    shading[LEADS.index("V4"), :250] = 1  # where the row shows lead I
    pictures = draw_ecg(noise(), 100, shading=shading).axes[0].images
    assert len(pictures) == len(STANDARD_LAYOUT)
    row = np.asarray(pictures[0].get_array())[0]
    assert row.shape == (1000, 4)
    assert row[:250, 3].max() == row[750:, 3].max() == 0
    np.testing.assert_allclose(row[300], (*to_rgb(FOR), 0.75))
    np.testing.assert_allclose(row[600], (*to_rgb(AGAINST), 0.75))
    left, right, low, high = pictures[0].get_extent()
    assert (left, right - left, high - low) == (15, 250, 24)


def test_an_ecg_without_shading_has_no_picture() -> None:
    assert not draw_ecg(noise(), 100).axes[0].images


def test_shading_of_another_shape_is_refused() -> None:
    with pytest.raises(BadInput, match=r"the shading of an ECG must have its shape \(12, 1000\), got \(12, 900\)"):
        draw_ecg(noise(), 100, shading=np.zeros((12, 900)))
