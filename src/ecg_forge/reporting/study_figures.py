"""Figures of the study: forests of paired differences, and what an arm scores at each dose.

All are narrow with large letters, so that they can be read on a phone, and white, for as images they cannot follow the
page's colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.reporting.figures import arm_colours
from ecg_forge.reporting.study_content import BASELINE, DOSES, Setting, StudyContent
from ecg_forge.reporting.study_tables import capital
from ecg_forge.reporting.study_words import measure_name
from ecg_forge.reporting.words import TONES, known, row_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 4.6  # inches; on a phone of 390 px a point is then a little more than a pixel
INCHES_PER_LINE = 0.34
INCHES_AROUND = 0.85  # of one panel: its title and its axis
LETTERS, SMALL = 9, 8  # pt
INK, FAINT, BAND, ZERO = "#14181f", "#e3e6ea", "#eef1f4", "#6b7480"
COLOURS = {True: "#d55e00", False: "#0072b2"}
MARKERS = {True: "D", False: "o"}
"""By whether the reference is a control; else it is the baseline."""


Interval = tuple[float, tuple[float, float]]
"""Where an interval stands, and its ends."""


@dataclass(frozen=True)
class Mark:
    """One paired difference: from which reference, with its interval, and whether it was shown."""

    reference: str
    difference: float
    low: float
    high: float
    shown: bool

    @property
    def controlled(self) -> bool:
        """Whether the reference is a control."""
        return self.reference != BASELINE


@dataclass(frozen=True)
class Line:
    """One line of a forest: its name and its differences."""

    name: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Panel:
    """One panel of a forest."""

    title: str
    lines: tuple[Line, ...]


def overview(content: StudyContent) -> "Figure":
    """Draw each setting's measure: the arm against its control and against the baseline, a panel per experiment."""
    panels = []
    for experiment, settings in content.experiments.items():
        lines = (
            Line(setting.title, _marks(content, setting, content.arm, content.measured(setting)))
            for setting in settings
        )
        panels.append(Panel(experiment.replace("_", " "), tuple(lines)))
    return draw_forest(panels, content.margin)


def arms_forest(content: StudyContent, setting: Setting, label: str) -> "Figure":
    """Draw what every arm of a setting does to the average precision of a label, or of an average over labels."""
    arms = dict.fromkeys(arm for arm, _ in content.pairs(setting))
    lines = tuple(Line(arm, _marks(content, setting, arm, label)) for arm in arms)
    return draw_forest([Panel(capital(measure_name(label)), lines)], content.margin)


def targets_forest(content: StudyContent, setting: Setting, arm: str) -> "Figure":
    """Draw what one arm does to the average precision of each target of a setting, and to the macro averages."""
    labels = dict.fromkeys([*content.averages(setting), *content.targets(setting)])
    lines = tuple(Line(row_name(label), _marks(content, setting, arm, label)) for label in labels)
    return draw_forest([Panel(f"{arm}: average precision", lines)], content.margin)


def draw_forest(panels: Sequence[Panel], margin: float) -> "Figure":
    """Draw paired differences with their 95 % intervals, panel under panel.

    A filled mark is a difference that was shown, a hollow one a difference that was not; the band is ±margin.

    Args:
        panels: what to draw; a line without a mark stays empty.
        margin: differences within it do not matter.

    Raises:
        BadInput: there is nothing to draw.
    """
    from matplotlib.figure import Figure

    if not any(panel.lines for panel in panels):
        raise BadInput("the study holds no difference to draw")
    heights = [INCHES_AROUND + INCHES_PER_LINE * len(panel.lines) for panel in panels]
    figure = Figure(figsize=(WIDTH, sum(heights) + 0.3), facecolor="white", layout="constrained")
    grid = figure.add_gridspec(len(panels), 1, height_ratios=heights)
    for place, panel in enumerate(panels):
        _draw_panel(figure.add_subplot(grid[place]), panel, margin)
    _draw_legend(figure, [mark for panel in panels for line in panel.lines for mark in line.marks])
    return figure


def draw_doses(content: StudyContent, experiment: str) -> "Figure":
    """Draw the settings' measure by dose: what each arm scores, and how the arm differs from control and baseline.

    Doses stand evenly apart.

    Args:
        content: of the study.
        experiment: one of `DOSES`.

    Raises:
        BadInput: the experiment was not run.
    """
    from matplotlib.figure import Figure

    settings = sorted(content.experiments.get(experiment, []), key=lambda setting: setting.dose)
    if not settings:
        raise BadInput(f"the study holds no setting of {experiment} to draw")
    figure = Figure(figsize=(WIDTH, 7.6), facecolor="white", layout="constrained")
    scores, differences = figure.subplots(2, 1)
    _draw_scores(scores, content, settings)
    _draw_differences(differences, content, settings)
    titles = (measure_name(content.measured(settings[0])), f"{content.arm}: difference in it, 95 %")
    doses = [f"{100 * each.dose:g} %" if experiment == "low_data" else f"{each.dose:g}" for each in settings]
    for axes, title in zip((scores, differences), titles, strict=True):
        _dress(axes, DOSES[experiment])
        axes.set_title(capital(title), fontsize=LETTERS, fontweight="bold", color=INK, loc="left", parse_math=False)
        axes.tick_params(axis="y", labelsize=SMALL, length=0)
        axes.set_xticks(range(len(doses)), doses)
        axes.set_xlim(-0.4, len(doses) - 0.6)
        axes.legend(fontsize=SMALL, frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.42, -0.19))
    return figure


def _draw_scores(axes: "Axes", content: StudyContent, settings: Sequence[Setting]) -> None:
    """Draw the average precision of every arm, those in question bold."""
    found: dict[str, list[tuple[int, float]]] = {}
    for place, setting in enumerate(settings):
        of_baseline = [pair for pair in content.pairs(setting) if pair[1] == BASELINE]
        rows = [content.row(setting, pair, content.measured(setting), "ap") for pair in of_baseline]
        there = [row for row in rows if row is not None]
        scores = {BASELINE: there[0]["reference_value"]} if there else {}
        for arm, score in (scores | {row["arm"]: row["value"] for row in there}).items():
            found.setdefault(str(arm), []).append((place, float(score)))
    for arm, colour in arm_colours(list(found)).items():
        bold = arm in (content.arm, content.control, BASELINE)
        width, size, style = (1.8, 4, "-") if bold else (0.9, 2.5, "--")
        look: dict[str, Any] = {"linewidth": width, "markersize": size, "linestyle": style, "marker": "o"}
        axes.plot(*zip(*found[arm], strict=True), color=colour, label=arm, **look)


def _draw_differences(axes: "Axes", content: StudyContent, settings: Sequence[Setting]) -> None:
    axes.axhspan(-content.margin, content.margin, color=BAND, zorder=0)
    axes.axhline(0, color=ZERO, linewidth=0.9, zorder=1)
    for reference, shift in ((content.control, -0.06), (BASELINE, 0.06)):
        rows = [content.row(each, (content.arm, reference), content.measured(each), "ap") for each in settings]
        drawn = [(place + shift, row) for place, row in enumerate(rows) if row is not None and known(row["low"])]
        if not drawn:
            continue
        controlled = reference != BASELINE
        _draw_upright(axes, [(place, (row["low"], row["high"])) for place, row in drawn], COLOURS[controlled])
        look: dict[str, Any] = {"marker": MARKERS[controlled], "markersize": 5, "markerfacecolor": "white"}
        places, heights = [place for place, _ in drawn], [row["difference"] for _, row in drawn]
        look |= {"linewidth": 0.9, "color": COLOURS[controlled], "label": f"against {reference}"}
        axes.plot(places, heights, zorder=3, **look)


def _marks(content: StudyContent, setting: Setting, arm: str, label: str) -> tuple[Mark, ...]:
    """Return an arm's differences from whatever it was compared with, controls first."""
    pairs = [pair for pair in content.pairs(setting) if pair[0] == arm]
    rows = ((reference, content.row(setting, (arm, reference), label, "ap")) for _, reference in pairs)
    return tuple(_mark(reference, row) for reference, row in rows if row is not None and known(row["difference"]))


def _mark(reference: str, row: pd.Series) -> Mark:
    return Mark(reference, float(row["difference"]), float(row["low"]), float(row["high"]), row["verdict"] in TONES)


def _draw_panel(axes: "Axes", panel: Panel, margin: float) -> None:
    axes.axvspan(-margin, margin, color=BAND, zorder=0)
    axes.axvline(0, color=ZERO, linewidth=0.9, zorder=1)
    placed = [
        (place + 0.32 * (order - (len(line.marks) - 1) / 2), mark)
        for place, line in enumerate(panel.lines)
        for order, mark in enumerate(line.marks)
    ]
    for controlled, colour in COLOURS.items():
        mine = [(height, mark) for height, mark in placed if mark.controlled == controlled]
        _draw_level(axes, [(height, (mark.low, mark.high)) for height, mark in mine], colour)
        for shown, fill in ((True, colour), (False, "white")):
            heights = [height for height, mark in mine if mark.shown == shown]
            look: dict[str, Any] = {"marker": MARKERS[controlled], "markersize": 5, "markerfacecolor": fill}
            differences = [mark.difference for _, mark in mine if mark.shown == shown]
            axes.plot(differences, heights, linestyle="none", color=colour, zorder=3, **look)
    axes.set_ylim(len(panel.lines) - 0.4, -0.6)
    names = [line.name for line in panel.lines]
    axes.set_yticks(range(len(names)), names, fontsize=LETTERS, parse_math=False)
    # Above the whole panel and not the axes alone, since the names left of these take a third of the width.
    axes.annotate(
        panel.title,
        (0, 1),
        xycoords=("figure fraction", "axes fraction"),
        xytext=(4, 6),
        textcoords="offset points",
        fontsize=LETTERS,
        fontweight="bold",
        color=INK,
        parse_math=False,
    )
    _dress(axes, "difference in average precision, 95 %")
    axes.tick_params(axis="y", length=0)


def _draw_level(axes: "Axes", intervals: Sequence[Interval], colour: str) -> None:
    ends, places = _broken(intervals)
    axes.plot(ends, places, color=colour, linewidth=1.4, zorder=2)


def _draw_upright(axes: "Axes", intervals: Sequence[Interval], colour: str) -> None:
    ends, places = _broken(intervals)
    axes.plot(places, ends, color=colour, linewidth=1.4, zorder=2)


def _broken(intervals: Sequence[Interval]) -> tuple[list[float], list[float]]:
    """Return ends and places of intervals as one line with gaps: one line each would be most of the SVG."""
    ends = [end for _, (low, high) in intervals for end in (low, high, np.nan)]
    return ends, [place for place, _ in intervals for _ in range(3)]


def _dress(axes: "Axes", xlabel: str) -> None:
    axes.set_xlabel(xlabel, fontsize=SMALL, color=INK)
    axes.tick_params(axis="x", labelsize=SMALL, length=0)
    axes.locator_params(axis="x", nbins=6)
    axes.grid(color=FAINT, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)


def _draw_legend(figure: "Figure", marks: Sequence[Mark]) -> None:
    from matplotlib.lines import Line2D

    references = {kind: sorted({mark.reference for mark in marks if mark.controlled == kind}) for kind in COLOURS}
    handles = [
        Line2D(
            *([], []),
            color=COLOURS[kind],
            marker=MARKERS[kind],
            markerfacecolor="white",
            label=f"against {' or '.join(names)}",
        )
        for kind, names in references.items()
        if names
    ]
    if handles:
        figure.legend(handles=handles, loc="outside upper left", ncols=2, fontsize=SMALL, frameon=False)
