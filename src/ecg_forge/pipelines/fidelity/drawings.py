"""The drawings of a comparison of synthetic with real records."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ecg_forge.ecg.leads import LEADS
from ecg_forge.metrics.fidelity import mean_spectrum
from ecg_forge.metrics.fidelity_suite import RecordSet
from ecg_forge.metrics.matched_pairs import matched_pairs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PAIRS = 24
_DOTS = 600  # of each set in the projection; more only make the file larger


def draw_comparison(synthetic: RecordSet, heldout: RecordSet, closest: list[np.ndarray], fs: int) -> dict[str, str]:
    """Draw a gallery of pairs and the distributions behind the figures, each as SVG.

    Args:
        synthetic: the synthetic records.
        heldout: real records of fold 9.
        closest: correlation with the closest training record of records of either set, ``(record,)`` each.
        fs: sampling rate in Hz.
    """
    from ecg_forge.ecg.plotting import figure_svg
    from ecg_forge.reporting import fidelity_figures as figures

    frequency, made = mean_spectrum(synthetic.signals_mv, fs)
    _, real = mean_spectrum(heldout.signals_mv, fs)
    drawn = {
        "gallery": _gallery(synthetic, heldout, fs),
        "intervals": figures.draw_intervals(synthetic.measured, heldout.measured),
        "spectra": figures.draw_spectra(frequency, made, real, LEADS),
        "projection": figures.draw_projection(synthetic.features[:_DOTS], heldout.features[:_DOTS]),
        "closest": figures.draw_closest(*closest),
    }
    return {name: figure_svg(figure) for name, figure in drawn.items()}


def _gallery(synthetic: RecordSet, heldout: RecordSet, fs: int) -> "Figure":
    from ecg_forge.reporting.ecg_gallery import Pair, draw_gallery

    pairs = matched_pairs(synthetic.labels, heldout.labels, _PAIRS, seed=0)
    rows = [
        side.labels.index.get_indexer(pd.Index(pairs[name]))
        for name, side in (("synthetic", synthetic), ("real", heldout))
    ]
    shown = [
        Pair(str(statement), synthetic.signals_mv[ours], heldout.signals_mv[theirs])
        for statement, ours, theirs in zip(pairs["statement"], *rows, strict=True)
    ]
    return draw_gallery(shown, fs)
