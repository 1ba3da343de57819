"""Where everything stands on a sheet of ECG paper, in millimetres, and the settings that decide it.

Paper speed 25 mm/s, gain 10 mm/mV, calibration pulse of 1 mV and 0.2 s: Kligfield et al. 2007,
doi:10.1161/CIRCULATIONAHA.106.180200. Places are measured from the page's upper left corner, x to the right, y down.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS, canonical_lead

MM_PER_SECOND = 25.0
MM_PER_MILLIVOLT = 10.0
LEFT_MM, RIGHT_MM, TOP_MM, BOTTOM_MM = 15.0, 5.0, 10.0, 5.0
PULSE_START_MM, PULSE_WIDTH_MM = 5.0, 5.0

_SECTION = "paper_ecg.sheet"
_FEWEST_PX_PER_MM = 3  # below, lines a millimetre apart run together


@dataclass(frozen=True)
class SheetConfig:
    """How sheets look.

    Attributes:
        px_per_mm: resolution.
        layouts: by name, ``leads`` (rows of lead names, top to bottom; the leads of a row share the time evenly) and
            ``row`` (mm from one row to the next).
        paper: its colour as #rrggbb.
        thin: colour of the lines every millimetre.
        strong: colour of the lines every 5 mm.
        ink: colour of the trace.
        thin_width: of the lines every millimetre, in mm.
        strong_width: of the lines every 5 mm, in mm.
        trace_width: in mm.
        name_height: of the lead names' letters, in mm.

    Raises:
        BadInput: a value is impossible; the message names it.
    """

    px_per_mm: float
    layouts: Mapping[str, Mapping[str, Any]]
    paper: str
    thin: str
    strong: str
    ink: str
    thin_width: float
    strong_width: float
    trace_width: float
    name_height: float

    def __post_init__(self) -> None:
        if not _FEWEST_PX_PER_MM <= self.px_per_mm < math.inf:
            raise BadInput(f"{_SECTION}.px_per_mm is {self.px_per_mm}; give a number from {_FEWEST_PX_PER_MM}")
        for name in ("thin_width", "strong_width", "trace_width", "name_height"):
            if not 0 < getattr(self, name) < math.inf:
                raise BadInput(f"{_SECTION}.{name} is {getattr(self, name)}; give millimetres above 0")
        for name in ("paper", "thin", "strong", "ink"):
            if not re.fullmatch(r"#[0-9a-fA-F]{6}", str(getattr(self, name))):
                raise BadInput(f"{_SECTION}.{name} is {getattr(self, name)!r}; give a colour as '#rrggbb'")
        for name in self.layouts:
            _check_layout(name, self.layouts[name])

    def colour(self, name: str) -> np.ndarray:
        """Return one of the four colours as float32 ``(3,)``, red, green, blue, 0 to 255."""
        return np.array([*bytes.fromhex(getattr(self, name)[1:])], dtype=np.float32)


def _check_layout(name: str, layout: Mapping[str, Any]) -> None:
    if set(layout) != {"row", "leads"} or not layout["leads"] or not all(layout["leads"]):
        raise BadInput(f"{_SECTION}.layouts.{name} needs 'row' and 'leads', rows of at least one lead each")
    if not layout["row"] > 0:
        raise BadInput(f"{_SECTION}.layouts.{name}.row is {layout['row']}; give millimetres above 0")
    shown = {canonical_lead(lead) for row in layout["leads"] for lead in row}
    if missing := [lead for lead in LEADS if lead not in shown]:
        raise BadInput(f"{_SECTION}.layouts.{name} shows no {', '.join(missing)}; a sheet shows all twelve leads")


@dataclass(frozen=True)
class Panel:
    """A stretch of one lead, from ``start_s`` to ``stop_s``, with ``start_s`` at ``x`` and 0 mV at ``y``."""

    lead: str
    row: int
    start_s: float
    stop_s: float
    x: float
    y: float

    @property
    def width(self) -> float:
        return (self.stop_s - self.start_s) * MM_PER_SECOND


@dataclass(frozen=True)
class Page:
    """The geometry of one sheet.

    Attributes:
        width, height: of the page.
        row: from one row of leads to the next.
        panels: row after row, each from left to right.
    """

    width: float
    height: float
    row: float
    panels: tuple[Panel, ...]

    @property
    def baselines(self) -> list[float]:
        """Where 0 mV stands in each row."""
        return sorted({panel.y for panel in self.panels})

    def box(self, panel: Panel) -> np.ndarray:
        """Return the four corners of a panel, clockwise from the upper left, ``(4, 2)`` as (x, y)."""
        left, right = panel.x, panel.x + panel.width
        top, bottom = panel.y - self.row / 2, panel.y + self.row / 2
        return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])

    @property
    def corners(self) -> np.ndarray:
        """The four corners of the page, clockwise from the upper left, ``(4, 2)`` as (x, y)."""
        return np.array([[0, 0], [self.width, 0], [self.width, self.height], [0, self.height]])


def lay_out(name: str, config: SheetConfig, seconds: float) -> Page:
    """Lay a recording of so many seconds out.

    Raises:
        BadInput: the layout is not in the table, or the recording is empty.
    """
    if name not in config.layouts:
        raise BadInput(f"unknown layout {name!r}; {_SECTION}.layouts has {', '.join(config.layouts)}")
    if not seconds > 0:
        raise BadInput(f"a recording to print must last longer than 0 s, got {seconds}")
    rows, height = config.layouts[name]["leads"], float(config.layouts[name]["row"])
    panels = [
        Panel(
            canonical_lead(lead),
            row,
            start_s=column / len(leads) * seconds,
            stop_s=(column + 1) / len(leads) * seconds,
            x=LEFT_MM + column / len(leads) * seconds * MM_PER_SECOND,
            y=TOP_MM + round((row + 0.5) * height),  # on a line of the grid
        )
        for row, leads in enumerate(rows)
        for column, lead in enumerate(leads)
    ]
    width = LEFT_MM + 5 * math.ceil(seconds * MM_PER_SECOND / 5) + RIGHT_MM
    return Page(width, TOP_MM + len(rows) * height + BOTTOM_MM, height, tuple(panels))
