"""A few ECGs, small and plain: what a denoiser in training makes of the same noise, epoch by epoch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS, lead_positions
from ecg_forge.ecg.plotting import INK, QUIET_INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN_LEADS = ("II", "V1", "V5")
HEIGHT_MV = 3.0  # of a panel; every panel has the same scale, so that epochs can be compared


def draw_sheet(signals_mv: np.ndarray, fs: int, titles: Sequence[str], heading: str) -> "Figure":
    """Draw leads II, V1 and V5 of each ECG in a row, all at one scale.

    Args:
        signals_mv: mV ``(ECG, 12, sample)`` in ``LEADS`` order.
        fs: sampling rate in Hz.
        titles: one for each ECG.
        heading: of the sheet.

    Raises:
        BadInput: the signals are not ``(ECG, 12, sample)``, or not as many as titles.
    """
    from matplotlib.figure import Figure

    if signals_mv.ndim != 3 or signals_mv.shape[:2] != (len(titles), len(LEADS)):
        raise BadInput(
            f"a sheet of {len(titles)} ECGs needs ({len(titles)}, {len(LEADS)}, sample), got {signals_mv.shape}"
        )
    figure = Figure(figsize=(12, 1 + 1.2 * len(titles)), layout="constrained")
    figure.suptitle(heading, fontsize=10, color=INK, x=0.01, ha="left")
    panels = figure.subplots(len(titles), len(SHOWN_LEADS), squeeze=False)
    seconds = np.arange(signals_mv.shape[2]) / fs
    for row, (title, signal) in enumerate(zip(titles, signals_mv[:, lead_positions(SHOWN_LEADS, LEADS)], strict=True)):
        for axes, lead, trace in zip(panels[row], SHOWN_LEADS, signal, strict=True):
            axes.plot(seconds, trace - np.median(trace), color=INK, linewidth=0.5)
            axes.set(xlim=(0, seconds[-1]), ylim=(-HEIGHT_MV / 2, HEIGHT_MV / 2), xticks=[], yticks=[])
            axes.set_title(f"{title}, {lead}", fontsize=7, color=QUIET_INK, loc="left", pad=2)
            axes.spines[:].set_visible(False)
    return figure
