"""Figures of what a classifier looks at: over one ECG, over mean beats, by lead and wave, and how far to trust it.

Traces are pictures and not paths: the samples of real records are PTB-XL's to give away.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.plotting import AGAINST, FOR, INK, QUIET_INK, draw_ecg, shades
from ecg_forge.reporting.words import signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

METHOD_NAMES = {
    "saliency": "Saliency",
    "integrated_gradients": "Integrated gradients",
    "grad_cam": "Grad-CAM",
    "occlusion_leads": "Occlusion by lead",
    "occlusion_waves": "Occlusion by wave",
    "attention": "Attention",
    "random": "Random order",
}
SMOOTH_S = 0.05  # maps are drawn as means over so long, about half a QRS
BRIGHTEST = 0.99  # quantile of a map's size that gets the full colour
METHOD_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
FAINT = "#dfe3e8"


def draw_explained(signal_mv: np.ndarray, attribution: np.ndarray, fs: int, title: str) -> "Figure":
    """Draw an ECG on ECG paper, the paper coloured by what a map says of each sample.

    Args:
        signal_mv: mV ``(12, sample)`` in ``LEADS`` order.
        attribution: ``(12, sample)``.
        fs: sampling rate in Hz.
        title: written above the traces.
    """
    figure = draw_ecg(signal_mv, fs, title, shading=scaled(smoothed(attribution, fs)))
    _rasterise(figure)
    return figure


def draw_methods(
    trace_mv: np.ndarray, maps: Mapping[str, np.ndarray], worth: np.ndarray | None, fs: int, title: str
) -> "Figure":
    """Draw one lead once for each method, coloured by what the method says of each sample, and what each lead is worth.

    Args:
        trace_mv: mV ``(sample,)``.
        maps: by method ``(sample,)``, from −1 to 1, as `scaled` makes it over all leads.
        worth: by how much the logit falls without each lead, ``(12,)``; None where that was not asked.
        fs: sampling rate in Hz.
        title: written above the first.

    Raises:
        BadInput: there is nothing to draw.
    """
    from matplotlib.figure import Figure

    rows = len(maps) + (worth is not None)
    if not rows:
        raise BadInput("there is no explanation to draw")
    figure = Figure(figsize=(9, 0.4 + 0.95 * rows), layout="constrained")
    figure.suptitle(title, fontsize=9.5, fontweight="bold", color=INK, x=0.005, ha="left")
    panels = figure.subplots(rows, 1, squeeze=False)[:, 0]
    seconds, above = np.arange(len(trace_mv)) / fs, trace_mv - np.median(trace_mv)
    for axes, (method, said) in zip(panels, maps.items(), strict=False):
        _draw_shaded(axes, seconds, above, said, _limits(above))
        axes.set_title(METHOD_NAMES[method], fontsize=8, color=INK, loc="left", pad=2)
        axes.set(xticks=[], yticks=[])
    if worth is not None:
        _draw_worth(panels[-1], worth)
    return figure


def _draw_worth(axes: "Axes", worth: np.ndarray) -> None:
    axes.bar(range(len(LEADS)), worth, color=[FOR if value > 0 else AGAINST for value in worth], alpha=0.75, width=0.6)
    axes.axhline(0, color=QUIET_INK, linewidth=0.6)
    axes.set_title("Occlusion by lead: fall of the logit", fontsize=8, color=INK, loc="left", pad=2)
    axes.set_xticks(range(len(LEADS)), LEADS, fontsize=7, color=QUIET_INK)
    axes.tick_params(labelsize=7, colors=QUIET_INK, length=0)
    axes.spines[:].set_color(FAINT)


def draw_beats(beats: pd.DataFrame, fs: int, title: str) -> "Figure":
    """Draw the mean beat of every lead, coloured by the mean of one method's maps.

    Args:
        beats: of one label and method: lead, sample (from the R peak), attribution, millivolts.
        fs: sampling rate in Hz.
        title: written above.
    """
    from matplotlib.figure import Figure

    wide = {name: beats.pivot(index="lead", columns="sample", values=name) for name in ("attribution", "millivolts")}
    said = scaled(wide["attribution"].loc[list(LEADS)].to_numpy())
    mean_mv = wide["millivolts"].loc[list(LEADS)]
    seconds = mean_mv.columns.to_numpy() / fs
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    figure.suptitle(title, fontsize=9.5, fontweight="bold", color=INK, x=0.005, ha="left")
    panels = figure.subplots(2, 6, sharex=True, sharey=True).ravel()
    for axes, lead, trace, shade in zip(panels, LEADS, mean_mv.to_numpy(), said, strict=True):
        _draw_shaded(axes, seconds, trace, shade, _limits(mean_mv.to_numpy()))
        axes.axvline(0, color=QUIET_INK, linewidth=0.4, linestyle=":")
        axes.set_title(lead, fontsize=8, color=INK, loc="left", pad=2)
        axes.tick_params(labelsize=6.5, colors=QUIET_INK, length=2)
    figure.supxlabel("seconds after the R peak", fontsize=7, color=QUIET_INK)
    figure.supylabel("mV above the lead's median", fontsize=7, color=QUIET_INK)
    return figure


def draw_occlusion(occlusion: pd.DataFrame) -> "Figure":
    """Draw by how much the logit of each label falls without each lead and without each wave, medians over records.

    Args:
        occlusion: label, part (lead or wave), name, median.
    """
    from matplotlib.figure import Figure

    parts = [part for part in ("lead", "wave") if (occlusion["part"] == part).any()]
    if not parts:
        raise BadInput("there is no occlusion to draw")
    tables = [_medians(occlusion[occlusion["part"] == part]) for part in parts]
    figure = Figure(figsize=(9, 0.9 + 0.42 * len(tables[0])), layout="constrained")
    panels = figure.subplots(1, len(parts), squeeze=False, width_ratios=[table.shape[1] for table in tables])[0]
    for axes, part, table in zip(panels, parts, tables, strict=True):
        values = table.to_numpy()
        largest = np.nanmax(np.abs(values)) or 1.0
        axes.imshow(shades(np.nan_to_num(values / largest)), aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            axes.text(column, row, signed(value, 1), fontsize=6.5, ha="center", va="center", color=INK)
        axes.set_xticks(range(table.shape[1]), table.columns, fontsize=7.5, color=INK)
        axes.set_yticks(range(len(table)), table.index, fontsize=7.5, color=INK)
        axes.set_title(f"Fall of the logit without each {part}", fontsize=8.5, color=INK, loc="left")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure


def draw_curves(curves: pd.DataFrame) -> "Figure":
    """Draw the probability along deletion and insertion, one line a method, means over labels.

    Args:
        curves: label, method, share, deletion, insertion.
    """
    from matplotlib.figure import Figure

    mean = curves.groupby(["method", "share"], sort=False)[["deletion", "insertion"]].mean().reset_index()
    figure = Figure(figsize=(9, 3), layout="constrained")
    for axes, side, done in zip(
        figure.subplots(1, 2, sharey=True), ("deletion", "insertion"), ("removed", "put in"), strict=True
    ):
        colours = iter(METHOD_COLOURS)
        for method, group in mean.groupby("method", sort=False):
            of_nobody = method == "random"
            style = {"color": QUIET_INK, "linestyle": "--"} if of_nobody else {"color": next(colours)}
            axes.plot(100 * group["share"], group[side], label=METHOD_NAMES[str(method)], linewidth=1.3, **style)
        axes.set_title(side.capitalize(), fontsize=9, color=INK, loc="left")
        axes.set_xlabel(f"% of the record {done}, most attributed first", fontsize=7.5, color=QUIET_INK)
        axes.set(xlim=(0, 100), ylim=(0, 1))
        axes.tick_params(labelsize=7, colors=QUIET_INK)
        axes.grid(color=FAINT, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].set_ylabel("probability", fontsize=7.5, color=QUIET_INK)
    figure.axes[1].legend(fontsize=7, frameon=False, loc="lower right")
    return figure


def smoothed(attribution: np.ndarray, fs: int) -> np.ndarray:
    """Return means over `SMOOTH_S` about each sample of the last axis."""
    from scipy.ndimage import uniform_filter1d

    return np.asarray(uniform_filter1d(attribution, max(1, round(SMOOTH_S * fs)), axis=-1, mode="nearest"))


def scaled(attribution: np.ndarray) -> np.ndarray:
    """Return a map from −1 to 1: as a share of the size that all but the largest values have; 0 where all are 0."""
    size = float(np.quantile(np.abs(attribution), BRIGHTEST)) or float(np.abs(attribution).max()) or 1.0
    return np.clip(attribution / size, -1, 1)


def _draw_shaded(
    axes: "Axes", seconds: np.ndarray, trace: np.ndarray, said: np.ndarray, limits: tuple[float, float]
) -> None:
    axes.plot(seconds, trace, color=INK, linewidth=0.9, rasterized=True)
    extent = (float(seconds[0]), float(seconds[-1]), *limits)
    axes.imshow(shades(said)[None], extent=extent, aspect="auto", interpolation="nearest", zorder=0)
    axes.set(xlim=extent[:2], ylim=limits)
    axes.spines[:].set_color(FAINT)


def _limits(traces: np.ndarray) -> tuple[float, float]:
    low, high = float(traces.min()), float(traces.max())
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room


def _medians(occlusion: pd.DataFrame) -> pd.DataFrame:
    order: Sequence[str] = list(dict.fromkeys(occlusion["name"]))
    labels = list(dict.fromkeys(occlusion["label"]))
    return occlusion.pivot(index="label", columns="name", values="median").loc[labels, list(order)]


def _rasterise(figure: "Figure") -> None:
    for line in (line for axes in figure.axes for line in axes.lines):
        line.set_rasterized(True)
