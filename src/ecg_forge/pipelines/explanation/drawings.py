"""Draw what was explained: one record of each label, mean beats, occlusion, deletion and insertion."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ecg_forge.ecg.leads import LEADS, lead_positions
from ecg_forge.ecg.records import Signals
from ecg_forge.pipelines.explanation.maps import map_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAIN = "integrated_gradients"
KEY = "Orange speaks for the label, blue against it."
SECONDS_COMPARED = 4.0
DPI = 100  # of the traces; keeps the drawings of a label under 300 kB


def draw_explanations(
    explained_records: pd.DataFrame,
    explanations: pd.DataFrame,
    explanation_beats: pd.DataFrame,
    explanation_occlusion: pd.DataFrame,
    explanation_curves: pd.DataFrame,
    signals: Signals,
) -> dict[str, str]:
    """Draw every explanation.

    Returns:
        by name, SVG: ``<label>-record``, ``<label>-methods`` and ``<label>-beats`` of each label, ``curves``, and
        ``occlusion`` where leads or waves were occluded.
    """
    from ecg_forge.ecg.plotting import figure_svg
    from ecg_forge.reporting.explanation_figures import draw_curves, draw_occlusion

    drawn = {"curves": draw_curves(explanation_curves)}
    if len(explanation_occlusion):
        drawn["occlusion"] = draw_occlusion(explanation_occlusion)
    for _, shown in explained_records[explained_records["shown"]].iterrows():
        name = file_name(str(shown["label"]))
        record, methods = _draw_record(shown, explanations, signals)
        drawn[f"{name}-record"], drawn[f"{name}-methods"] = record, methods
        drawn[f"{name}-beats"] = _draw_beats(str(shown["label"]), explanation_beats, signals.fs)
    return {name: figure_svg(figure, DPI) for name, figure in drawn.items()}


def file_name(label: str) -> str:
    """Return a label as part of a file's name: ``LAO/LAE`` becomes ``LAO-LAE``."""
    return "".join(letter if letter.isalnum() or letter == "_" else "-" for letter in label)


def main_method(methods: Sequence[str]) -> str:
    """Return the method whose maps are drawn over whole ECGs and mean beats: integrated gradients, or the first."""
    return MAIN if MAIN in methods else methods[0]


def _draw_record(shown: pd.Series, explanations: pd.DataFrame, signals: Signals) -> tuple["Figure", "Figure"]:
    """Draw the ECG of one label's record, and all methods on the lead that the label rests on most."""
    from ecg_forge.reporting.explanation_figures import draw_explained, draw_methods, scaled, smoothed

    label, ecg_id, fs = str(shown["label"]), int(shown["ecg_id"]), signals.fs
    signal_mv = signals.millivolts([ecg_id])[0][lead_positions(LEADS, signals.leads)]
    methods = list(dict.fromkeys(explanations["method"]))
    maps = {method: map_of(explanations, label, method) for method in methods}
    over_all = maps[main_method(methods)]
    title = f"{label}, ecg_id {ecg_id}: probability {shown['probability']:.2f}"
    first = (signal_mv.shape[1] - round(SECONDS_COMPARED * fs)) // 2  # the middle, where every sample has two windows
    some = slice(max(0, first), max(0, first) + round(SECONDS_COMPARED * fs))
    lead = int(np.abs(over_all).sum(axis=1).argmax())
    worth = maps.pop("occlusion_leads")[:, 0] if "occlusion_leads" in maps else None
    compared = {method: scaled(smoothed(said, fs))[lead, some] for method, said in maps.items()}
    return (
        draw_explained(signal_mv, over_all, fs, f"{title}. {KEY}"),
        draw_methods(signal_mv[lead, some], compared, worth, fs, f"{title}, lead {LEADS[lead]}"),
    )


def _draw_beats(label: str, beats: pd.DataFrame, fs: int) -> "Figure":
    from ecg_forge.reporting.explanation_figures import draw_beats

    of_label = beats[beats["label"] == label]
    chosen = of_label[of_label["method"] == main_method(list(dict.fromkeys(of_label["method"])))]
    n_records, n_beats = int(chosen["records"].iloc[0]), int(chosen["beats"].iloc[0])
    return draw_beats(chosen, fs, f"{label}: mean of {n_beats:,} beats of {n_records} records")
