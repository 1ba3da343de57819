"""Figures of how near synthetic ECGs are to real ones: intervals, spectra, features and closest training records.

Colours are Okabe and Ito's, told apart by colour-blind readers (https://jfly.uni-koeln.de/color/). Figures are small
enough as SVG (``ecg.plotting.figure_svg``) to be committed with the documentation.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {"synthetic": "#d55e00", "real": "#0072b2"}
INK, FAINT = "#14181f", "#dfe3e8"

INTERVAL_TITLES = {
    "heart_rate_bpm": "Heart rate, /min",
    "rr_variation": "Variation of RR, of its mean",
    "pr_ms": "PR, ms",
    "qrs_ms": "QRS, ms",
    "qt_ms": "QT, ms",
    "qtc_ms": "QTc (Bazett), ms",
    "amplitude_mv": "Largest peak-to-peak, mV",
}
BINS = 40
COMMON_RANGE = (0.005, 0.995)  # of the values of both sides; a few beyond would squeeze the rest


def draw_intervals(synthetic: pd.DataFrame, real: pd.DataFrame) -> "Figure":
    """Draw the distributions of rhythm, intervals and amplitude, a panel each, and how many records have none.

    Args:
        synthetic: one row per record, columns of ``INTERVAL_TITLES``; NaN where a record has no such value.
        real: the same of real records.

    Raises:
        BadInput: a table lacks a column.
    """
    for name, table in (("synthetic", synthetic), ("real", real)):
        if missing := [column for column in INTERVAL_TITLES if column not in table]:
            raise BadInput(f"the {name} measurements lack {', '.join(missing)}; there is nothing to draw")
    figure, panels = _panels(len(INTERVAL_TITLES), columns=4, size=(2.8, 2.3))
    for axes, (column, title) in zip(panels, INTERVAL_TITLES.items(), strict=True):
        sides = {"synthetic": synthetic[column], "real": real[column]}
        known = pd.concat(list(sides.values())).dropna()
        low, high = known.quantile(list(COMMON_RANGE)) if len(known) else (0.0, 1.0)
        edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
        for side, values in sides.items():
            without = 1 - values.notna().mean()
            label = f"{side}, {100 * without:.0f} % without" if without >= 0.005 else side
            _draw_histogram(axes, values.dropna().to_numpy(), edges, COLOURS[side], label)
        _dress(axes, title)
        axes.set_yticks([])
        axes.legend(fontsize=6.5, frameon=False, loc="upper right")
    return figure


def draw_spectra(frequency: np.ndarray, synthetic: np.ndarray, real: np.ndarray, leads: Sequence[str]) -> "Figure":
    """Draw the mean power spectral density of each lead, both sides in one panel.

    Args:
        frequency: Hz ``(bin,)``.
        synthetic: mV²/Hz ``(lead, bin)``, as ``metrics.fidelity.mean_spectrum`` gives it.
        real: the same of real records.
        leads: names along the lead axis.

    Raises:
        BadInput: the shapes do not fit.
    """
    if {synthetic.shape, real.shape} != {(len(leads), len(frequency))}:
        raise BadInput(f"spectra must be ({len(leads)}, {len(frequency)}), got {synthetic.shape} and {real.shape}")
    figure, panels = _panels(len(leads), columns=4, size=(2.4, 1.8))
    shown = frequency > 0
    for place, (axes, lead) in enumerate(zip(panels, leads, strict=True)):
        for side, density in (("real", real), ("synthetic", synthetic)):
            power = np.where(density[place, shown] > 0, density[place, shown], np.nan)
            axes.plot(frequency[shown], 10 * np.log10(power), color=COLOURS[side], linewidth=1.1, label=side)
        axes.set_title(lead, fontsize=8, fontweight="bold", color=INK, loc="left")
        _dress(axes, "Hz")
        if place == 0:
            axes.set_ylabel("dB re 1 mV²/Hz", fontsize=7, color=INK)
            axes.legend(fontsize=6.5, frameon=False)
    return figure


def draw_projection(synthetic: np.ndarray, real: np.ndarray) -> "Figure":
    """Draw the classifier's features of both sides along the first two principal components of the real ones.

    Args:
        synthetic: ``(record, feature)``.
        real: the same of real records, at least three; they alone decide the directions.

    Raises:
        BadInput: fewer than three real records or different features.
    """
    if real.ndim != 2 or len(real) < 3 or synthetic.shape[1:] != real.shape[1:]:
        raise BadInput(f"a projection needs the same features of three or more real records: {real.shape}")
    centre = real.mean(axis=0)
    _, sizes, directions = np.linalg.svd(real - centre, full_matrices=False)
    shares = sizes**2 / max(float((sizes**2).sum()), np.finfo(float).tiny)
    figure, (together, alone_synthetic, alone_real) = _panels(3, columns=3, size=(3.1, 3.1))
    places = {side: (values - centre) @ directions[:2].T for side, values in (("real", real), ("synthetic", synthetic))}
    reach = np.concatenate(list(places.values()))
    for axes, sides in ((together, places), (alone_synthetic, ["synthetic"]), (alone_real, ["real"])):
        for side in sides:
            _draw_cloud(axes, places[side], COLOURS[side], f"{side} ({len(places[side]):,})")
        axes.set(xlim=_padded(reach[:, 0]), ylim=_padded(reach[:, 1]))
        _dress(axes, f"first component ({100 * shares[0]:.0f} % of the real variance)")
        axes.tick_params(labelsize=6)
        axes.legend(fontsize=6.5, frameon=False, loc="upper right", markerscale=2.5)
    together.set_ylabel(f"second component ({100 * shares[1]:.0f} %)", fontsize=7, color=INK)
    return figure


def draw_closest(synthetic: np.ndarray, heldout: np.ndarray) -> "Figure":
    """Draw how well records correlate with their closest training record: a copy would stand at 1.

    Args:
        synthetic: correlations ``(record,)``.
        heldout: the same of real records the generator never saw.

    Raises:
        BadInput: either side is empty.
    """
    if len(synthetic) == 0 or len(heldout) == 0:
        raise BadInput("the figure of memorisation needs synthetic and held-out records")
    figure, (axes,) = _panels(1, columns=1, size=(6.2, 2.8))
    lowest = min(float(np.min(synthetic)), float(np.min(heldout)))
    edges = np.linspace(min(lowest, 0.99), 1, BINS + 1)
    for side, values, label in (("real", heldout, "real, held out"), ("synthetic", synthetic, "synthetic")):
        _draw_histogram(axes, values, edges, COLOURS[side], f"{label} ({len(values):,})")
    limit = float(np.quantile(heldout, 0.99))
    axes.axvline(limit, color=INK, linewidth=0.8, linestyle="--")
    beyond = float(np.mean(synthetic > limit))
    text = f"99 % of held-out below; {100 * beyond:.1f} % of synthetic above"
    axes.text(limit, 1.02, text, fontsize=6.5, color=INK, ha="right", transform=axes.get_xaxis_transform())
    _dress(axes, "correlation with the closest training record, at the best lag")
    axes.set_yticks([])
    axes.legend(fontsize=7, frameon=False, loc="upper left")
    return figure


def _panels(count: int, columns: int, size: tuple[float, float]) -> "tuple[Figure, list[Axes]]":
    from matplotlib.figure import Figure

    rows = -(-count // columns)
    figure = Figure(figsize=(columns * size[0], rows * size[1]), facecolor="white", layout="constrained")
    return figure, [figure.add_subplot(rows, columns, place + 1) for place in range(count)]


def _draw_histogram(axes: "Axes", values: np.ndarray, edges: np.ndarray, colour: str, label: str) -> None:
    """Draw the share of values in each bin as a step line over a light fill; what lies beyond counts in the last."""
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    shares = counts / max(len(values), 1)
    axes.stairs(shares, edges, color=colour, linewidth=1.2, label=label)
    axes.stairs(shares, edges, color=colour, alpha=0.15, fill=True)


def _draw_cloud(axes: "Axes", places: np.ndarray, colour: str, label: str) -> None:
    axes.plot(places[:, 0], places[:, 1], "o", color=colour, markersize=1.6, markeredgewidth=0, alpha=0.45, label=label)


def _padded(values: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(values, [0.002, 0.998])
    room = 0.08 * max(float(high - low), np.finfo(float).tiny)
    return float(low - room), float(high + room)


def _dress(axes: "Axes", xlabel: str) -> None:
    axes.set_xlabel(xlabel, fontsize=7, color=INK)
    axes.tick_params(labelsize=6.5, color=FAINT, length=2)
    axes.grid(color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
