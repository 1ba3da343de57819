"""Figures of the exploration: who was recorded, what the labels are, and what the signals of each superclass look like.

All are narrow with large letters, so that they can be read on a phone, and white, for as images they cannot follow the
page's colours. Boxes and curves are drawn from quantiles; no single record is shown.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.splits import SPLITS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 4.8  # inches
INK, FAINT = "#14181f", "#e3e6ea"
SMALL = 8  # pt
HIGHEST_HZ = 40  # above, the filter before the sampling at 100 Hz takes everything away
COLOURS = {"NORM": "#6b7480", "MI": "#d55e00", "STTC": "#c98a00", "CD": "#0072b2", "HYP": "#009e73"}
SPLIT_COLOURS = {"train": "#0072b2", "val": "#d55e00", "test": "#009e73"}
SEX_COLOURS = {"female": "#cc79a7", "male": "#0072b2"}
RHYTHM = {
    "heart_rate_bpm": "heart rate, per minute",
    "pr_ms": "PR, ms",
    "qrs_ms": "QRS, ms",
    "qt_ms": "QT, ms",
    "qtc_ms": "QTc (Bazett), ms",
}
SIZES = {"variance": "variance, mV² (log scale)", "peak_to_rms": "peak / root mean square"}

Counts = Mapping[str, Any]


def draw_all(data_card: Counts, counts: Counts, curves: Counts) -> dict[str, "Figure"]:
    """Return every figure by name.

    Args:
        data_card: as `data_engineering` makes it.
        counts, curves: as the pipeline `exploration` makes them.
    """
    return {
        "superclasses": draw_superclasses(data_card["labels"]["superclass"], counts["superclasses_per_record"]),
        "together": draw_together(counts["together"]),
        "statements": draw_statements(data_card["labels"]["all"]),
        "ages": draw_ages(counts["ages"]),
        "rhythm": draw_rhythm(curves["rhythm"]),
        "beats": draw_beats(curves["beats"]),
        "spectra": draw_spectra(curves["spectra"]),
        "sizes": draw_sizes(curves["sizes"]),
    }


def draw_superclasses(superclasses: Counts, per_record: Counts) -> "Figure":
    """Draw the share of each split's records that hold a superclass, and that hold none, one or several."""
    figure = _figure(4.6)
    totals = {split: sum(row[split] for row in per_record.values()) for split in SPLITS}
    for place, (rows, title) in enumerate(((superclasses, "superclass"), (per_record, "superclasses of a record"))):
        axes = figure.add_subplot(2, 1, place + 1)
        x = np.arange(len(rows))
        for number, split in enumerate(split for split in SPLITS if totals[split]):
            share = [100 * row.get(split, 0) / totals[split] for row in rows.values()]
            axes.bar(x + 0.27 * (number - 1), share, 0.25, color=SPLIT_COLOURS[split], label=split)
        axes.set_xticks(x, list(rows))
        axes.set_ylabel("% of records", fontsize=SMALL)
        _dress(axes, title, grid="y")
    axes.legend(fontsize=SMALL, frameon=False, loc="upper right")
    return figure


def draw_together(together: Counts) -> "Figure":
    """Draw, of the records that hold the superclass of a row, the share that hold that of a column too."""
    names = list(together)
    counts = np.array([[together[row][column] for column in names] for row in names], dtype=float)
    share = 100 * counts / np.maximum(np.diag(counts), 1)[:, None]
    figure = _figure(3.5)
    axes = figure.add_subplot()
    axes.imshow(np.where(np.eye(len(names)), np.nan, share), cmap="Blues", vmin=0, vmax=60, aspect="auto")
    for row, column in np.ndindex(share.shape):
        text = f"{int(counts[row, row]):,}" if row == column else f"{share[row, column]:.0f} %"
        colour = "white" if row != column and share[row, column] > 35 else INK
        weight = "bold" if row == column else "normal"
        axes.text(column, row, text, ha="center", va="center", fontsize=SMALL, color=colour, fontweight=weight)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    _dress(axes, "also held by records of the row", grid=None)
    return figure


def draw_statements(statements: Counts) -> "Figure":
    """Draw how many records hold each statement, on a log scale, the most frequent on top."""
    ordered = sorted(statements, key=lambda name: (-statements[name].get("train", 0), name))
    figure = _figure(0.9 + 0.165 * len(ordered))
    axes = figure.add_subplot()
    for split, colour in SPLIT_COLOURS.items():
        held = [(statements[name].get(split, 0), place) for place, name in enumerate(ordered)]
        known = [(count, place) for count, place in held if count]
        axes.plot([c for c, _ in known], [p for _, p in known], "o", color=colour, markersize=3.5, label=split)
    axes.set_xscale("log")
    axes.set_yticks(range(len(ordered)), ordered)
    axes.set_ylim(len(ordered) - 0.4, -0.6)
    axes.legend(fontsize=SMALL, frameon=False, loc="lower right")
    _dress(axes, "records (log scale; no dot: no record)", grid="both")
    axes.tick_params(axis="y", labelsize=7)
    return figure


def draw_ages(ages: Counts) -> "Figure":
    """Draw the ages of either sex; those of 90 and over, whose age PTB-XL does not tell, are one bar apart."""
    figure = _figure(3.0)
    axes = figure.add_subplot()
    edges = np.array(ages["edges"], dtype=float)
    width = 0.42 * (edges[1] - edges[0])
    for shift, (sex, colour) in zip((-0.5, 0.5), SEX_COLOURS.items(), strict=True):
        middle = (edges[:-1] + edges[1:]) / 2 + shift * width
        axes.bar(middle, ages["below_90"][sex], width, color=colour, label=sex)
        apart = edges[-1] + 7.5 + 2 * shift * width
        axes.bar(apart, ages["from_90"][sex], 2 * width, color=colour, hatch="///", edgecolor="white", linewidth=0)
    ticks = np.arange(0, edges[-1], 20)
    axes.set_xticks([*ticks, edges[-1] + 7.5], [*(f"{tick:g}" for tick in ticks), "90 and\nover"])
    axes.set_ylabel("training records", fontsize=SMALL)
    axes.legend(fontsize=SMALL, frameon=False, loc="upper left")
    _dress(axes, "age in years", grid="y")
    return figure


def draw_rhythm(rhythm: Counts) -> "Figure":
    """Draw heart rate and intervals of each superclass as boxes."""
    figure = _figure(1.45 * len(RHYTHM))
    for place, (name, title) in enumerate(RHYTHM.items(), start=1):
        axes = figure.add_subplot(len(RHYTHM), 1, place)
        _draw_boxes(axes, rhythm[name])
        _dress(axes, title, grid="x")
    return figure


def draw_sizes(sizes: Counts) -> "Figure":
    """Draw how large the signal of each superclass is, and how its peaks stand out, in each lead."""
    leads = list(next(iter(sizes.values())))
    figure = _figure(1.6 * len(leads) + 0.2)
    for row, lead in enumerate(leads):
        for column, (size, title) in enumerate(SIZES.items()):
            axes = figure.add_subplot(len(leads), len(SIZES), row * len(SIZES) + column + 1)
            _draw_boxes(axes, sizes[size][lead])
            axes.set_title(f"lead {lead}", fontsize=SMALL, loc="left", fontweight="bold", color=INK)
            if size == "variance":
                axes.set_xscale("log")
            if column:
                axes.set_yticklabels([])
            _dress(axes, title if row == len(leads) - 1 else "", grid="x")
    return figure


def draw_spectra(spectra: Counts) -> "Figure":
    """Draw the median power of each superclass over frequency, lead by lead."""
    by_lead = spectra["leads"]
    hz = [each for each in spectra["hz"] if each < HIGHEST_HZ]
    figure = _figure(6.6)
    axes_of = figure.subplots(4, 3, sharex=True, sharey=True)
    for axes, lead in zip(axes_of.T.ravel(), LEADS, strict=True):
        for name, power in by_lead[lead].items():
            axes.plot(hz, power[: len(hz)], color=COLOURS[name], linewidth=0.9, label=name)
        axes.set_title(lead, fontsize=SMALL, loc="left", fontweight="bold", color=INK, pad=2)
        axes.set_xticks([0, 20, 40])
        _dress(axes, "", grid="both")
    figure.supxlabel("Hz", fontsize=SMALL, color=INK)
    figure.supylabel("log10 of the power in mV²/Hz, median", fontsize=SMALL, color=INK)
    _legend(figure, axes_of[0, 0])
    return figure


def draw_beats(beats: Counts) -> "Figure":
    """Draw the median and the middle half of the median beats of each superclass, beside the median of NORM."""
    seconds, by_lead = beats["seconds"], beats["leads"]
    leads, names = list(by_lead), list(next(iter(by_lead.values())))
    figure = _figure(1.35 * len(names) + 0.6)
    axes_of = figure.subplots(len(names), len(leads), sharex=True, sharey="col", squeeze=False)
    for column, lead in enumerate(leads):
        for row, name in enumerate(names):
            axes, curve = axes_of[row, column], by_lead[lead][name]
            if name != "NORM" and "NORM" in by_lead[lead]:
                axes.plot(seconds, by_lead[lead]["NORM"]["q50"], color=COLOURS["NORM"], linewidth=0.8, dashes=(3, 1.5))
            axes.fill_between(seconds, curve["q25"], curve["q75"], color=COLOURS[name], alpha=0.25, linewidth=0)
            axes.plot(seconds, curve["q50"], color=COLOURS[name], linewidth=1.1)
            title = f"{name}, {lead}" if column == 0 else lead
            axes.set_title(title, fontsize=SMALL, loc="left", fontweight="bold", color=INK, pad=2)
            axes.set_xticks([-0.2, 0, 0.2, 0.4])
            _dress(axes, "", grid="both")
    figure.supxlabel("seconds from the R peak", fontsize=SMALL, color=INK)
    figure.supylabel("mV", fontsize=SMALL, color=INK)
    return figure


def _draw_boxes(axes: "Axes", quantiles: Counts) -> None:
    """Draw a box for the quartiles and whiskers to the 5 and 95 % quantiles of each superclass, the first on top."""
    boxes = [
        {"med": q["q50"], "q1": q["q25"], "q3": q["q75"], "whislo": q["q05"], "whishi": q["q95"], "label": name}
        for name, q in quantiles.items()
    ]
    drawn = axes.bxp(boxes, orientation="horizontal", showfliers=False, patch_artist=True, widths=0.62)
    for box, name in zip(drawn["boxes"], quantiles, strict=True):
        box.set(facecolor=COLOURS[name], edgecolor=INK, linewidth=0.6, alpha=0.75)
    for part in ("medians", "whiskers", "caps"):
        for line in drawn[part]:
            line.set(color=INK, linewidth=1.3 if part == "medians" else 0.7)
    axes.invert_yaxis()


def _figure(height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), facecolor="white", layout="constrained")


def _legend(figure: "Figure", axes: "Axes") -> None:
    handles: Sequence[Any]
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper left", ncols=len(names), fontsize=SMALL, frameon=False)


def _dress(axes: "Axes", xlabel: str, grid: str | None) -> None:
    axes.set_xlabel(xlabel, fontsize=SMALL, color=INK)
    axes.tick_params(labelsize=SMALL, color=FAINT, labelcolor=INK)
    axes.tick_params(axis="y", length=0)
    if grid:
        axes.grid(axis=grid, color=FAINT, linewidth=0.7)  # type: ignore[arg-type]
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
