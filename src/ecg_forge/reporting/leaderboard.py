"""Figures of the leaderboard, drawn from the numbers of its JSON: scores with intervals, and calibration.

Backgrounds are white, for the SVG stands on the page as an image and cannot follow the page's colours.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecg_forge.ecg.errors import BadInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = Mapping[str, Any]

STAGES = {"before": "#d55e00", "after": "#0072b2"}
OURS, PUBLISHED, SEED = "#0072b2", "#6b7480", "#7fb4d9"
INK, FAINT = "#14181f", "#e3e6ea"
PANEL_COLUMNS = 2
INCHES_PER_LINE = 0.215
INCHES_AROUND = 0.95  # of one panel: its title and its axis
PANEL_WIDTH = 5.4


@dataclass(frozen=True)
class Line:
    """One line of a panel: a classifier of ours, or a published one.

    Attributes:
        text: written left of it.
        published: whether others printed the score.
        auc, low, high: the score and its interval; bounds are None where none was printed.
        seeds: the scores of the single runs, where the score is that of their mean.
    """

    text: str
    published: bool
    auc: float
    low: float | None
    high: float | None
    seeds: tuple[float, ...] = ()


def draw_scores(tasks: Mapping[str, Mapping[str, Any]]) -> "Figure":
    """Draw macro AUC with its interval, one panel per task, the best on top.

    A classifier with several seeds is one line: the mean of their probabilities, and a small dot per seed.

    Args:
        tasks: by name, each with ``rows`` of columns kind (run, ensemble, published), name, seeds, source, auc,
            auc_low, auc_high, and with ``n_labels``.

    Raises:
        BadInput: there is no task.
    """
    from matplotlib.figure import Figure

    if not tasks:
        raise BadInput("the leaderboard holds no task to draw")
    lines = {task: lines_of(board["rows"]) for task, board in tasks.items()}
    columns = min(PANEL_COLUMNS, len(tasks))
    blocks = [list(lines)[start : start + columns] for start in range(0, len(lines), columns)]
    heights = [INCHES_AROUND + INCHES_PER_LINE * max(len(lines[task]) for task in block) for block in blocks]
    figure = Figure(figsize=(columns * PANEL_WIDTH, sum(heights) + 0.35), facecolor="white", layout="constrained")
    grid = figure.add_gridspec(len(blocks), columns, height_ratios=heights)
    for place, (task, drawn) in enumerate(lines.items()):
        axes = figure.add_subplot(grid[place // columns, place % columns])
        _draw_panel(axes, drawn, f"{task} ({tasks[task]['n_labels']} labels)")
    _draw_legend(figure, any(line.seeds for drawn in lines.values() for line in drawn))
    return figure


def lines_of(rows: Sequence[Row]) -> list[Line]:
    """Fold the rows of one task into lines, the highest score first; seeds of a name stand with their mean."""
    averaged = {row["name"] for row in rows if row["kind"] == "ensemble"}
    lines = []
    for row in rows:
        if row["kind"] == "run" and row["name"] in averaged:
            continue
        published = row["kind"] == "published"
        seeds = [each["auc"] for each in rows if each["kind"] == "run" and each["name"] == row["name"]]
        several = f"{row['name']}, mean of {len(seeds)} seeds"
        text = row["name"] if published or len(seeds) == 1 else several
        own = () if published or len(seeds) == 1 else tuple(seeds)
        lines.append(Line(text, published, row["auc"], row["auc_low"], row["auc_high"], own))
    return sorted(lines, key=lambda line: (-line.auc, line.published, line.text))


def draw_reliability(details: Mapping[str, Mapping[str, Any]]) -> "Figure":
    """Draw the share of true labels against the mean probability of each bin, before and after the temperature.

    Bins hold from one record-label pair to hundreds of thousands; a larger dot holds more.

    Args:
        details: by task, with ``name`` and ``calibration``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(max(len(details), 1) * 4.2, 4.6), facecolor="white", layout="constrained")
    for place, (task, detail) in enumerate(details.items(), start=1):
        axes = figure.add_subplot(1, len(details), place)
        axes.plot([0, 1], [0, 1], color=PUBLISHED, linewidth=0.8, linestyle="--", zorder=1)
        for stage, colour in STAGES.items():
            bins = detail["calibration"][stage]["reliability"]
            x, y = ([each[name] for each in bins] for name in ("mean_probability", "share_true"))
            axes.plot(x, y, color=colour, linewidth=1.3, zorder=2)
            sizes = [4 + 8 * math.log10(each["n"]) for each in bins]
            error = f"{stage}: ECE {detail['calibration'][stage]['ece']:.4f}"
            fill = "white" if stage == "before" else colour
            axes.scatter(x, y, s=sizes, facecolor=fill, edgecolor=colour, zorder=3, label=error)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        axes.set_title(f"{task}: {detail['name']}", fontsize=10, fontweight="bold", loc="left", parse_math=False)
        axes.set_ylabel("share that is true", fontsize=8, color=INK)
        axes.legend(fontsize=8, frameon=False, loc="upper left")
        axes.tick_params(axis="y", labelsize=8)
        _dress(axes, "mean probability of the bin")
    return figure


def _draw_panel(axes: "Axes", lines: Sequence[Line], title: str) -> None:
    for height, line in enumerate(reversed(lines)):
        colour = PUBLISHED if line.published else OURS
        if line.low is not None and line.high is not None:
            axes.plot([line.low, line.high], [height, height], color=colour, linewidth=1.3, zorder=2)
        axes.plot(line.seeds, [height] * len(line.seeds), "o", color=SEED, markersize=3, zorder=3)
        look = {"marker": "D", "markersize": 5, "markerfacecolor": "white"} if line.published else {"marker": "o"}
        axes.plot([line.auc], [height], linestyle="none", color=colour, zorder=4, **look)
    axes.set_ylim(-0.7, len(lines) - 0.3)
    axes.set_yticks(range(len(lines)), [line.text for line in reversed(lines)], fontsize=8, parse_math=False)
    for label, line in zip(axes.get_yticklabels(), reversed(lines), strict=True):
        label.set_color(PUBLISHED if line.published else INK)
    axes.set_title(title, fontsize=10, fontweight="bold", color=INK, loc="left")
    _dress(axes, "macro AUC, test fold")


def _dress(axes: "Axes", xlabel: str) -> None:
    axes.set_xlabel(xlabel, fontsize=8, color=INK)
    axes.tick_params(axis="x", labelsize=8, color=FAINT)
    axes.tick_params(axis="y", length=0)
    axes.grid(color=FAINT, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def _draw_legend(figure: "Figure", with_seeds: bool) -> None:
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], color=OURS, marker="o", label="ours, 95 % over test patients")]
    if with_seeds:
        marks.append(Line2D([], [], color=SEED, marker="o", markersize=3, linestyle="none", label="one seed"))
    look = {"marker": "D", "markersize": 5, "markerfacecolor": "white"}
    marks.append(Line2D([], [], color=PUBLISHED, label="published, interval as printed", **look))  # type: ignore[arg-type]
    figure.legend(handles=marks, loc="outside upper left", ncols=len(marks), fontsize=8, frameon=False)
