"""How a search for hyper-parameters went: AUC by trial, and the settings of each trial as a line over their axes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, GREY, INK, FAINT = "#0072b2", "#6b7480", "#14181f", "#e3e6ea"
COLOURS = "viridis_r"  # dark is good, and told apart by colour-blind readers


def draw_search(trials: pd.DataFrame, settings: Sequence[str], logarithmic: Sequence[str]) -> "Figure":
    """Draw the macro AUC of each trial, and parallel coordinates of its settings.

    Args:
        trials: columns trial, state (complete, pruned), val_auc and one per setting.
        settings: the columns to draw, in their order.
        logarithmic: those of them on a logarithmic axis.

    Raises:
        BadInput: no trial has an AUC.
    """
    from matplotlib.figure import Figure

    known = trials[trials["val_auc"].notna()].sort_values("val_auc", kind="stable")
    if known.empty:
        raise BadInput("no trial of the search was validated; there is nothing to draw")
    width = 3.4 + 1.5 * (len(settings) + 1)
    figure = Figure(figsize=(width, 3.6), facecolor="white", layout="constrained")
    grid = figure.add_gridspec(1, 2, width_ratios=[3.4, width - 3.4])
    _draw_history(figure.add_subplot(grid[0]), known.sort_values("trial"))
    figure.legend(fontsize=8, frameon=False, loc="outside lower left", ncols=3)
    _draw_settings(figure.add_subplot(grid[1]), known, settings, logarithmic)
    return figure


def _draw_history(axes: "Axes", trials: pd.DataFrame) -> None:
    from matplotlib.ticker import MaxNLocator

    complete = trials["state"] == "complete"
    for chosen, label, marker, colour in (
        (complete, "complete", "o", BLUE),
        (~complete, "pruned, its best epoch", "x", GREY),
    ):
        if chosen.any():
            x, y = trials["trial"][chosen], trials["val_auc"][chosen]
            axes.plot(x, y, color=colour, marker=marker, linestyle="none", markersize=4, label=label)
    if complete.any():
        best = trials[complete]
        axes.step(best["trial"], best["val_auc"].cummax(), where="post", color=BLUE, linewidth=1, label="best so far")
    axes.set_title("Macro AUC, validation fold", fontsize=9, fontweight="bold", loc="left", color=INK)
    axes.set_xlabel("trial", fontsize=8, color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(labelsize=8, color=FAINT)
    axes.grid(color=FAINT, linewidth=0.7)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_settings(axes: "Axes", trials: pd.DataFrame, settings: Sequence[str], logarithmic: Sequence[str]) -> None:
    """Draw a line per trial, the best one last and thickest."""
    from matplotlib import colormaps

    columns = [*settings, "val_auc"]
    heights = np.column_stack([_height(axes, at, trials[name], name in logarithmic) for at, name in enumerate(columns)])
    shades = colormaps[COLOURS](0.15 + 0.85 * heights[:, -1])
    for line, shade, state in zip(heights, shades, trials["state"], strict=True):
        axes.plot(range(len(columns)), line, color=shade, linewidth=1.2, linestyle="-" if state == "complete" else ":")
    best = np.flatnonzero(trials["state"] == "complete")
    if len(best):
        axes.plot(range(len(columns)), heights[best[-1]], color=shades[best[-1]], linewidth=2.6)
    axes.vlines(range(len(columns)), 0, 1, color=GREY, linewidth=0.8)
    axes.set_xticks(range(len(columns)), [*settings, "macro AUC"], fontsize=8)
    axes.set_title(
        "Settings (solid: complete, dotted: pruned; thick: best)", fontsize=9, fontweight="bold", loc="left", color=INK
    )
    axes.set(xlim=(-0.35, len(columns) - 0.35), ylim=(-0.1, 1.1))
    axes.set_yticks([])
    axes.tick_params(axis="x", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _height(axes: "Axes", at: int, values: pd.Series, logarithmic: bool) -> np.ndarray:
    """Write what the ends of one axis mean, and return where on it each value stands, from 0 to 1."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values) and values.notna().all():
        numbers = np.log(values.to_numpy(float)) if logarithmic else values.to_numpy(float)
        low, high = numbers.min(), numbers.max()
        ends = {0.0: f"{values.min():.3g}", 1.0: f"{values.max():.3g}"}
        place = (numbers - low) / (high - low) if high > low else np.full(len(numbers), 0.5)
    else:
        names = values.astype(object).where(values.notna(), "none").astype(str)
        known = sorted(names.unique())
        at_name = {name: (k / (len(known) - 1) if len(known) > 1 else 0.5) for k, name in enumerate(known)}
        ends, place = {height: name for name, height in at_name.items()}, names.map(at_name).to_numpy(float)
    for height, text in ends.items():
        side = {0.0: (at, -0.03, "center", "top"), 1.0: (at, 1.03, "center", "bottom")}
        x, y, across, along = side.get(height, (at + 0.05, height, "left", "center"))
        axes.text(x, y, text, fontsize=7, color=INK, ha=across, va=along, parse_math=False)
    return place
