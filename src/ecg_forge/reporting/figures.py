"""Interactive figures of the report, from plain tables: learning, ROC, PR and reliability curves, differences, counts.

Colours are Okabe and Ito's, told apart by colour-blind readers (https://jfly.uni-koeln.de/color/); an arm keeps its
colour in every figure. Backgrounds are transparent, so that a figure sits on a light and on a dark page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.reporting.words import METRIC_NAMES, SUMMARY_ROWS, TONES, difference, row_name

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ARM_COLOURS = {
    "baseline": "#7d8794",
    "augmented": "#0072b2",
    "oversampled": "#d55e00",
    "synthetic_only": "#009e73",
}
OTHER_COLOURS = ("#cc79a7", "#56b4e9", "#e69f00", "#8c6bb1")
SPLIT_COLOURS = {"train": "#0072b2", "val": "#e69f00", "test": "#7d8794"}
FAINT = "rgba(125, 135, 148, 0.22)"
FIGURE_WIDTH_PANELS = 3


def arm_colours(arms: Sequence[str]) -> dict[str, str]:
    """Return one colour per arm: the known arms always have their own, others take the spare ones in order."""
    others = [arm for arm in arms if arm not in ARM_COLOURS]
    spare = {arm: OTHER_COLOURS[place % len(OTHER_COLOURS)] for place, arm in enumerate(others)}
    return {arm: ARM_COLOURS.get(arm) or spare[arm] for arm in arms}


def learning_curves(histories: Mapping[str, pd.DataFrame]) -> "Figure":
    """Draw loss and, where there is one, validation AUC by epoch, one colour per arm.

    Args:
        histories: per arm a table with column ``epoch`` and any of ``train_loss``, ``val_loss``, ``val_auc``.

    Raises:
        BadInput: a history has no column ``epoch``.
    """
    panels = [("Loss: training dashed, validation solid", {"val_loss": "solid", "train_loss": "dash"})]
    if any("val_auc" in history for history in histories.values()):
        panels.append(("Validation macro AUC", {"val_auc": "solid"}))
    figure = _panels([title for title, _ in panels], columns=len(panels), height=360)
    for arm, colour in arm_colours(list(histories)).items():
        history, named = histories[arm], False
        if "epoch" not in history:
            raise BadInput(f"the history of {arm} has no column epoch; it has {', '.join(map(str, history.columns))}")
        for place, (_, columns) in enumerate(panels, start=1):
            for column in [column for column in columns if column in history]:
                line = history["epoch"].to_numpy(), history[column].to_numpy()
                _Pen(arm, colour).draw(figure, *line, (1, place), named=not named, dash=columns[column])
                named = True
    figure.update_xaxes(title_text="epoch")
    return figure


def roc_curves(truth: pd.DataFrame, probabilities: Mapping[str, pd.DataFrame], labels: Sequence[str]) -> "Figure":
    """Draw the ROC curve of each arm, one panel per label.

    Args:
        truth: bool, index ecg_id, one column per label.
        probabilities: per arm, index ecg_id, one column per label; rows are matched by ecg_id.
        labels: the labels to draw.

    Raises:
        BadInput: a label or record is missing, or a label has no positive or no negative record.
    """
    figure = _curves(truth, probabilities, labels, _roc_points, "linear")
    for place in range(len(labels)):
        _add_faint_line(figure, (0, 1), _cell(place))
    return _name_axes(figure, "1 − specificity", "sensitivity")


def precision_recall_curves(
    truth: pd.DataFrame, probabilities: Mapping[str, pd.DataFrame], labels: Sequence[str]
) -> "Figure":
    """Draw the precision-recall curve of each arm as the steps whose area is average precision, one panel per label.

    Arguments and errors are those of :func:`roc_curves`. The faint line is the label's share of records.
    """
    figure = _curves(truth, probabilities, labels, _precision_recall_points, "vh")
    for place, label in enumerate(labels):
        share = float(truth[label].mean())
        _add_faint_line(figure, (share, share), _cell(place))
    return _name_axes(figure, "recall", "precision")


def comparison_forest(comparison: pd.DataFrame) -> "Figure":
    """Draw every paired difference with its interval, one row per label and one panel per metric.

    Summary rows stand on top, then labels by their largest difference in average precision. A filled mark is a
    difference that was shown, a hollow one a difference that was not.

    Args:
        comparison: columns arm, label, metric, difference, low, high, verdict.
    """
    metrics = [metric for metric in METRIC_NAMES if metric in set(comparison["metric"])]
    order = forest_order(comparison)
    titles = [f"Difference in {METRIC_NAMES[metric]}" for metric in metrics]
    figure = _panels(titles, columns=max(len(metrics), 1), height=130 + 26 * len(order), shared_yaxes=True)
    arms = list(dict.fromkeys(comparison["arm"]))
    for number, (arm, colour) in enumerate(arm_colours(arms).items()):
        shift = 0.26 * (number - (len(arms) - 1) / 2)
        for place, metric in enumerate(metrics, start=1):
            rows = comparison[(comparison["arm"] == arm) & (comparison["metric"] == metric)]
            rows = rows.dropna(subset=["difference"])
            heights = [order.index(label) + shift for label in rows["label"]]
            _add_intervals(figure, rows, heights, _Pen(arm, colour), place)
    for place in range(1, len(metrics) + 1):
        figure.add_vline(x=0, line={"color": "#7d8794", "width": 1}, row=1, col=place)
    names = [escape(row_name(label)) for label in order]
    figure.update_yaxes(
        tickvals=list(range(len(order))), ticktext=names, range=[len(order) - 0.4, -0.6], gridcolor=FAINT
    )
    return figure


def forest_order(comparison: pd.DataFrame) -> list[str]:
    """Return the labels of a comparison: summary rows first, then by the largest difference in average precision."""
    present = list(dict.fromkeys(comparison["label"]))
    precision = comparison[comparison["metric"] == "ap"].groupby("label")["difference"].max()
    labels = sorted(
        (label for label in present if label not in SUMMARY_ROWS),
        key=lambda label: (-np.nan_to_num(precision.get(label, np.nan), nan=-np.inf), label),
    )
    return [row for row in SUMMARY_ROWS if row in present] + labels


def label_counts(counts: pd.DataFrame) -> "Figure":
    """Draw how many records hold each label, on a log scale, most frequent label first.

    Args:
        counts: index label, one column of counts per split (``train``, ``val``, ``test``).
    """
    ordered = counts.sort_values(list(counts.columns), ascending=False)
    figure = _panels([""], columns=1, height=110 + 19 * len(ordered))
    for split in ordered.columns:
        figure.add_scatter(
            x=ordered[split].where(ordered[split] > 0),
            y=[escape(str(label)) for label in ordered.index],
            mode="markers",
            name=str(split),
            marker={"color": SPLIT_COLOURS.get(split, "#cc79a7"), "size": 8},
            hovertemplate="%{y}: %{x:,} records",
        )
    figure.update_xaxes(type="log", title_text="records (log scale; no dot: no record)", gridcolor=FAINT, dtick=1)
    figure.update_yaxes(autorange="reversed", type="category", dtick=1, gridcolor=FAINT)
    return figure


def reliability_curves(calibrations: Mapping[str, Mapping[str, Any]]) -> "Figure":
    """Draw what the probabilities said against what was so, before and after the temperature, one colour per arm.

    Args:
        calibrations: per arm, under ``before`` and ``after``, ``ece`` and ``reliability``: a list of bins with
            mean_probability, share_true and n.
    """
    stages = {"before": "As the classifier says", "after": "After the temperature from validation"}
    figure = _panels(list(stages.values()), columns=len(stages), height=430)
    for arm, colour in arm_colours(list(calibrations)).items():
        for place, stage in enumerate(stages, start=1):
            bins = calibrations[arm][stage]["reliability"]
            pen = _Pen(arm, colour)
            said, was = [row["mean_probability"] for row in bins], [row["share_true"] for row in bins]
            pen.draw(figure, said, was, (1, place), named=place == 1)
            figure.data[-1].update(
                mode="lines+markers",
                marker={"size": 6},
                text=[f"{row['n']:,} record-label pairs" for row in bins],
                hovertemplate="said %{x:.3f}, was %{y:.3f}: %{text}",
            )
    for place in range(1, len(stages) + 1):
        _add_faint_line(figure, (0, 1), (1, place))
    return _name_axes(figure, "mean probability given", "share of pairs that are so")


def _panels(titles: Sequence[str], columns: int, height: int, shared_yaxes: bool = False) -> "Figure":
    from plotly.subplots import make_subplots

    rows = -(-len(titles) // columns)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=list(titles),
        specs=[
            [{} if row * columns + column < len(titles) else None for column in range(columns)] for row in range(rows)
        ],
        shared_yaxes=shared_yaxes,
        horizontal_spacing=0.03 if shared_yaxes else 0.075,
        vertical_spacing=min(0.3, 110 / height),
    )
    figure.update_layout(
        template={},
        height=height,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif", "size": 13},
        margin={"l": 60, "r": 16, "t": 64, "b": 52},
        hovermode="closest",
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yref": "container", "yanchor": "top"},
    )
    figure.update_annotations(font={"size": 13.5})
    axis = {
        "gridcolor": FAINT,
        "zeroline": False,
        "linecolor": "#7d8794",
        "ticks": "outside",
        "tickcolor": FAINT,
        "title_font_size": 13,
    }
    figure.update_xaxes(**axis, automargin=True)
    figure.update_yaxes(**axis, automargin=True)
    return figure


def _cell(place: int) -> tuple[int, int]:
    return place // FIGURE_WIDTH_PANELS + 1, place % FIGURE_WIDTH_PANELS + 1


@dataclass(frozen=True)
class _Pen:
    """How the lines of one arm look."""

    arm: str
    colour: str

    def draw(
        self,
        figure: "Figure",
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        cell: tuple[int, int],
        *,
        named: bool,
        dash: str = "solid",
        shape: str = "linear",
    ) -> None:
        """Add one line to the panel ``cell`` (row, column); ``named`` lines stand in the legend."""
        figure.add_scatter(
            x=np.round(np.asarray(x, dtype=float), 4).tolist(),
            y=np.round(np.asarray(y, dtype=float), 5).tolist(),
            mode="lines",
            name=escape(self.arm),
            legendgroup=self.arm,
            showlegend=named,
            line={"color": self.colour, "width": 2, "dash": dash, "shape": shape},
            row=cell[0],
            col=cell[1],
        )


def _curves(
    truth: pd.DataFrame,
    probabilities: Mapping[str, pd.DataFrame],
    labels: Sequence[str],
    points: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
    shape: str,
) -> "Figure":
    _check_curves(truth, probabilities, labels)
    titles = [f"{escape(label)} ({int(truth[label].sum()):,} of {len(truth):,})" for label in labels]
    rows = -(-len(labels) // FIGURE_WIDTH_PANELS)
    figure = _panels(titles, columns=FIGURE_WIDTH_PANELS, height=90 + 340 * rows)
    for arm, colour in arm_colours(list(probabilities)).items():
        for place, label in enumerate(labels):
            scores = probabilities[arm].loc[truth.index, label].to_numpy()
            x, y = points(truth[label].to_numpy(bool), scores)
            _Pen(arm, colour).draw(figure, x, y, _cell(place), named=place == 0, shape=shape)
    return figure


def _check_curves(truth: pd.DataFrame, probabilities: Mapping[str, pd.DataFrame], labels: Sequence[str]) -> None:
    if not labels:
        raise BadInput("choose at least one label to draw curves of")
    for name, table in {"the truth": truth, **probabilities}.items():
        if missing := [label for label in labels if label not in table.columns]:
            raise BadInput(f"{name} has no column {', '.join(missing)}; choose labels it holds")
        if not truth.index.isin(table.index).all():
            raise BadInput(f"{name} lacks records of the truth, first ecg_id {truth.index.difference(table.index)[0]}")
    for label in labels:
        if truth[label].nunique() < 2:
            raise BadInput(f"{label} is the same in all {len(truth)} records: there is no curve to draw")


def _roc_points(truth: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.metrics import roc_curve

    false_positive, true_positive, _ = roc_curve(truth, score)
    return false_positive, true_positive


def _precision_recall_points(truth: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(truth, score, drop_intermediate=True)
    # At one recall only the highest precision counts: it is the one whose step adds to average precision.
    best = pd.Series(precision).groupby(recall).max()
    return best.index.to_numpy(), best.to_numpy()


def _add_faint_line(figure: "Figure", heights: tuple[float, float], cell: tuple[int, int]) -> None:
    """Add a faint line from x = 0 to x = 1 to the panel ``cell``, for comparison."""
    figure.add_scatter(
        x=[0, 1],
        y=list(heights),
        mode="lines",
        line={"color": FAINT, "width": 1},
        hoverinfo="skip",
        showlegend=False,
        row=cell[0],
        col=cell[1],
    )


def _name_axes(figure: "Figure", x: str, y: str) -> "Figure":
    figure.update_xaxes(title_text=x, title_standoff=6, range=[-0.01, 1.01], dtick=0.25)
    figure.update_yaxes(title_text=y, title_standoff=6, range=[-0.01, 1.02], dtick=0.25)
    return figure


def _add_intervals(figure: "Figure", rows: pd.DataFrame, heights: Sequence[float], pen: _Pen, place: int) -> None:
    shown = rows["verdict"].isin(TONES)
    figure.add_scatter(
        x=rows["difference"].round(5).tolist(),
        y=list(heights),
        error_x={
            "type": "data",
            "symmetric": False,
            "thickness": 1.4,
            "width": 0,
            "color": pen.colour,
            "array": (rows["high"] - rows["difference"]).round(5).tolist(),
            "arrayminus": (rows["difference"] - rows["low"]).round(5).tolist(),
        },
        mode="markers",
        name=escape(pen.arm),
        legendgroup=pen.arm,
        showlegend=place == 1,
        marker={
            "color": pen.colour,
            "size": 7,
            "line": {"color": pen.colour, "width": 1.6},
            "symbol": ["circle" if each else "circle-open" for each in shown],
        },
        text=[escape(_spoken(row)) for _, row in rows.iterrows()],
        hovertemplate="%{text}",
        row=1,
        col=place,
    )


def _spoken(row: pd.Series) -> str:
    change = difference(row["difference"], row["low"], row["high"])
    return f"{row_name(row['label'])}: {change}, {row['verdict']}"
