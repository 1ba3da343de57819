"""What features and leads are worth to the models on features, drawn as bars."""

from typing import TYPE_CHECKING

import pandas as pd

from ecg_forge.reporting.leaderboard import FAINT, INK, OURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 20
MEASURES = {
    "random_forest": "random forest: share of the impurity taken away",
    "gradient_boosting": "gradient boosting: macro AUC lost when shuffled",
}


def draw_importance(importance: pd.DataFrame) -> "Figure":
    """Draw the kinds of features and the leads that are worth most, a row of panels for each, a column for each model.

    Args:
        importance: columns by (feature, lead), name, random_forest and gradient_boosting.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.8, 8.4), facecolor="white", layout="constrained")
    grid = figure.add_gridspec(2, len(MEASURES), height_ratios=[SHOWN, 13])
    for row, by in enumerate(("feature", "lead")):
        for column, (model, measure) in enumerate(MEASURES.items()):
            shown = importance[importance["by"] == by].nlargest(SHOWN, model)
            _draw_bars(figure.add_subplot(grid[row, column]), shown["name"].tolist(), shown[model].tolist(), measure)
    return figure


def _draw_bars(axes: "Axes", names: list[str], values: list[float], measure: str) -> None:
    axes.barh(range(len(names)), values, color=OURS, height=0.66)
    axes.set_yticks(range(len(names)), names, fontsize=8, color=INK, parse_math=False)
    axes.invert_yaxis()
    axes.set_xlabel(measure, fontsize=8, color=INK)
    axes.tick_params(axis="x", labelsize=8, color=FAINT)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=FAINT, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
