"""Twelve-lead ECGs drawn on ECG paper, true to the millimetre, as figures and as small SVG texts.

Paper speed 25 mm/s, gain 10 mm/mV, thin lines every millimetre and strong ones every 5 mm, a calibration pulse of
1 mV and 0.2 s: Kligfield et al. 2007, *Recommendations for the standardization and interpretation of the
electrocardiogram, part I*, doi:10.1161/CIRCULATIONAHA.106.180200.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS, canonical_lead, lead_positions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Layout = tuple[tuple[str, ...], ...]
"""Rows of lead names, top to bottom; the leads of a row share the recording's time evenly, left to right."""

STANDARD_LAYOUT: Layout = (
    ("I", "aVR", "V1", "V4"),
    ("II", "aVL", "V2", "V5"),
    ("III", "aVF", "V3", "V6"),
    ("II",),
)

MM_PER_SECOND = 25.0
MM_PER_MILLIVOLT = 10.0
MM_PER_INCH = 25.4
ROW_MM = 30.0
PULSE_MM = 15.0  # room left of the traces; the pulse itself is 5 mm wide
RIGHT_MM = 5.0
TITLE_MM = 10.0
FOOT_MM = 5.0

PAPER = "#fffbfa"
THIN, STRONG = "#f7d9d6", "#eeb1ab"
INK, QUIET_INK = "#14181f", "#6f5552"
FOR, AGAINST = "#d55e00", "#0072b2"  # Okabe and Ito's, told apart by colour-blind readers
SHADE_MM = 12.0  # above and below the baseline


@dataclass(frozen=True)
class _Sheet:
    """The geometry of one sheet, in millimetres from its lower left corner."""

    seconds: float
    rows: int

    @property
    def width(self) -> float:
        return PULSE_MM + 5 * np.ceil(self.seconds * MM_PER_SECOND / 5) + RIGHT_MM

    @property
    def height(self) -> float:
        return FOOT_MM + self.rows * ROW_MM + TITLE_MM

    def baseline(self, row: int) -> float:
        """Return the height of 0 mV in a row; it lies on a strong line of the grid."""
        return FOOT_MM + (self.rows - row) * ROW_MM - ROW_MM / 2


def draw_ecg(
    signal_mv: np.ndarray,
    fs: float,
    title: str = "",
    leads: Sequence[str] = LEADS,
    layout: Layout = STANDARD_LAYOUT,
    shading: np.ndarray | None = None,
) -> "Figure":
    """Draw one ECG on ECG paper whose millimetres are millimetres of the figure's own size.

    The default layout is the usual 3 × 4 with continuous columns and lead II as rhythm strip. A trace that leaves its
    row is cut at the neighbours' baselines, never bent; missing samples (NaN) leave a gap.

    Args:
        signal_mv: ``(lead, sample)`` in mV.
        fs: sampling rate in Hz.
        title: written above the traces, as it is.
        leads: names along the lead axis; leads are taken by name.
        layout: rows of lead names.
        shading: ``(lead, sample)`` from −1 to 1, said of each sample: the paper behind it is coloured with `AGAINST`
            below 0 and with `FOR` above it.

    Raises:
        BadInput: the signal's shape does not fit ``leads`` or the shading's, it is empty, ``fs`` is not positive, or a
            lead of the layout is missing.
    """
    from matplotlib.figure import Figure

    _check(signal_mv, fs, leads, layout)
    if shading is not None and shading.shape != signal_mv.shape:
        raise BadInput(f"the shading of an ECG must have its shape {signal_mv.shape}, got {shading.shape}")
    sheet = _Sheet(signal_mv.shape[1] / fs, len(layout))
    figure = Figure(figsize=(sheet.width / MM_PER_INCH, sheet.height / MM_PER_INCH), facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, sheet.width), ylim=(0, sheet.height))
    axes.set_axis_off()
    _draw_grid(axes, sheet)
    for row, names in enumerate(layout):
        _draw_pulse(axes, sheet.baseline(row))
        chosen = lead_positions(names, leads)
        if shading is not None:
            _draw_shading(axes, shading[chosen], fs, sheet.baseline(row))
        _draw_row(axes, signal_mv[chosen], fs, names, sheet.baseline(row))
    _draw_words(axes, sheet, title, fs)
    return figure


def figure_svg(figure: "Figure", dpi: int = 150) -> str:
    """Return a figure as self-contained SVG text: the same text for the same figure, without date, fonts or links.

    What a figure has ``rasterized`` is drawn at ``dpi`` dots per inch.

    Path coordinates are rounded to 0.01 pt (0.0035 mm), which keeps a sheet of ten seconds under 60 kB at
    100 Hz and under 150 kB at 500 Hz.
    """
    import matplotlib

    buffer = io.StringIO()
    settings: dict[str, Any] = {
        "svg.hashsalt": "ecg-forge",
        "svg.fonttype": "none",
        "path.simplify": True,
        "path.simplify_threshold": 0.2,  # pt, a fifth of the pen's width
    }
    with matplotlib.rc_context(settings):  # type: ignore[arg-type]
        figure.savefig(
            buffer, format="svg", dpi=dpi, metadata={"Date": None, "Creator": None, "Type": None, "Format": None}
        )
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"'DejaVu Sans'[^;\"]*", "system-ui, Helvetica, Arial, sans-serif", text)
    return re.sub(r' d="([ML0-9.\-\sz]+)"', lambda match: f' d="{_relative_path(match[1])}"', text)


def _check(signal_mv: np.ndarray, fs: float, leads: Sequence[str], layout: Layout) -> None:
    if signal_mv.ndim != 2 or signal_mv.shape[0] != len(leads) or signal_mv.shape[1] == 0:
        raise BadInput(f"an ECG to draw must be (lead, sample) with {len(leads)} leads, got {signal_mv.shape}")
    if not fs > 0:
        raise BadInput(f"the sampling rate must be positive, got {fs}")
    if not layout or not all(layout):
        raise BadInput("a layout needs at least one row, and each row at least one lead")


def _draw_grid(axes: "Axes", sheet: _Sheet) -> None:
    for step, colour, width in ((1, THIN, 0.35), (5, STRONG, 0.55)):
        # One path per kind of line: hundreds of separate lines would be most of the SVG.
        vertical = [((x, 0.0), (x, sheet.height)) for x in np.arange(0, sheet.width + 0.1, step)]
        horizontal = [((0.0, y), (sheet.width, y)) for y in np.arange(0, sheet.height + 0.1, step)]
        _draw_strokes(axes, vertical + horizontal, colour, width)


def _draw_strokes(
    axes: "Axes", strokes: Sequence[tuple[tuple[float, float], tuple[float, float]]], colour: str, width: float
) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    codes = [Path.MOVETO, Path.LINETO] * len(strokes)
    path = Path(np.array(strokes, dtype=float).reshape(-1, 2), codes)
    axes.add_patch(PathPatch(path, fill=False, edgecolor=colour, linewidth=width, clip_on=False))


def _draw_pulse(axes: "Axes", baseline: float) -> None:
    x = np.array([2.5, 5.0, 5.0, 10.0, 10.0, 12.5])
    y = baseline + MM_PER_MILLIVOLT * np.array([0, 0, 1, 1, 0, 0])
    axes.plot(x, y, color=INK, linewidth=0.8, solid_joinstyle="miter", clip_on=False)


def _draw_row(axes: "Axes", traces: np.ndarray, fs: float, names: Sequence[str], baseline: float) -> None:
    """Draw one row from ``(lead, sample)``: each lead shows its own share of the time, so columns are continuous."""
    from matplotlib.patches import Rectangle

    samples = traces.shape[1]
    edges = np.linspace(0, samples, len(names) + 1).round().astype(int)
    width = samples / fs * MM_PER_SECOND
    room = Rectangle((PULSE_MM, baseline - ROW_MM), width, 2 * ROW_MM, transform=axes.transData)
    for name, trace, (start, stop) in zip(names, traces, _pairs(edges), strict=True):
        x = PULSE_MM + np.arange(start, stop) / fs * MM_PER_SECOND
        (line,) = axes.plot(x, baseline + MM_PER_MILLIVOLT * trace[start:stop], color=INK, linewidth=0.95)
        line.set(solid_joinstyle="round", gid=f"lead-{name}-{start}")
        line.set_clip_path(room)
        left = PULSE_MM + start / fs * MM_PER_SECOND
        if start:
            _draw_strokes(axes, [((left, baseline - 2.5), (left, baseline + 2.5))], INK, 0.8)
        axes.text(left + 1, baseline + 12, canonical_lead(name), color=INK, fontsize=9, fontweight="bold", va="center")


def _draw_shading(axes: "Axes", shading: np.ndarray, fs: float, baseline: float) -> None:
    """Colour the paper of one row from ``(lead, sample)``, as one picture; leads share the time as their traces do."""
    edges = np.linspace(0, shading.shape[1], len(shading) + 1).round().astype(int)
    shown = np.concatenate([said[start:stop] for said, (start, stop) in zip(shading, _pairs(edges), strict=True)])
    right = PULSE_MM + len(shown) / fs * MM_PER_SECOND
    extent = (PULSE_MM, right, baseline - SHADE_MM, baseline + SHADE_MM)
    axes.imshow(shades(shown)[None], extent=extent, aspect="auto", interpolation="nearest", zorder=1.5)


def shades(values: np.ndarray) -> np.ndarray:
    """Return the colours of values from −1 to 1, RGBA ``(..., 4)``: the nearer to 0, the more one sees through them."""
    from matplotlib.colors import to_rgb

    sides = np.array([to_rgb(AGAINST), to_rgb(FOR)])
    return np.concatenate([sides[(values > 0).astype(int)], 0.75 * np.abs(values)[..., None].clip(max=1)], axis=-1)


def _pairs(edges: np.ndarray) -> Iterator[tuple[int, int]]:
    return zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)


def _draw_words(axes: "Axes", sheet: _Sheet, title: str, fs: float) -> None:
    # parse_math off: a dollar sign in a title is a dollar sign.
    top = sheet.height - TITLE_MM / 2
    axes.text(2.5, top, title, color=INK, fontsize=10, fontweight="bold", va="center", parse_math=False)
    scale = f"{MM_PER_SECOND:g} mm/s · {MM_PER_MILLIVOLT:g} mm/mV · {fs:g} Hz"
    axes.text(sheet.width - 2.5, FOOT_MM / 2 + 0.5, scale, color=QUIET_INK, fontsize=7.5, ha="right", va="center")


def _relative_path(data: str) -> str:
    """Rewrite an SVG path of absolute M and L commands with relative steps in hundredths of a point."""
    steps, here, start = [], (0, 0), (0, 0)
    for command, x, y in re.findall(r"([MLz])\s*(?:(-?[\d.]+)\s+(-?[\d.]+))?", data):
        if command == "z":
            steps.append("z")
            here = start
            continue
        there = (round(float(x) * 100), round(float(y) * 100))
        step = f"{_hundredths(there[0] - here[0])} {_hundredths(there[1] - here[1])}"
        steps.append(command.lower() + step.replace(" -", "-"))
        here, start = there, there if command == "M" else start
    return "".join(steps)


def _hundredths(count: int) -> str:
    digits = f"{abs(count) / 100:.2f}".rstrip("0").rstrip(".")
    sign = "-" if count < 0 else ""
    return sign + (digits.removeprefix("0") or "0")
