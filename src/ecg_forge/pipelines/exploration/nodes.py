"""Look at the data before anything is trained on them: counts, curves, figures, and the pages that show them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.delineation import INTERVALS
from ecg_forge.ecg.labels import task_labels
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.splits import records_of, require_training_records
from ecg_forge.pipelines.exploration.config import ExplorationConfig
from ecg_forge.pipelines.exploration.counts import counted

SIZES = ("variance", "peak_to_rms")


def count_for_exploration(
    ptbxl_metadata: pd.DataFrame, records: pd.DataFrame, labels: pd.DataFrame, signal_quality: pd.DataFrame
) -> dict[str, Any]:
    """Count people, labels and flaws: by split, and of the training folds where it is more than a count."""
    return dict(counted(ptbxl_metadata, records, labels, signal_quality))


def measure_for_exploration(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    features: pd.DataFrame,
    beats: pd.DataFrame,
    signals: Signals,
    config: ExplorationConfig,
) -> dict[str, Any]:
    """Measure drawn training records, and describe each superclass by quantiles over those that hold it.

    A record with several superclasses counts in each. The heart rate is that of all training records.
    """
    from ecg_forge.pipelines.exploration import curves

    train = records_of(records, "train").index.to_numpy()
    rng = np.random.default_rng(config.seed)
    drawn = np.sort(rng.permutation(train)[: config.records])
    require_training_records(train, records, "the exploration")
    held = task_labels(labels, "superclass")
    groups = _groups(held.loc[drawn], config.fewest_records)
    found = curves.measured(signals, beats, drawn, config.leads)
    of_all = {name: held.loc[train, name].to_numpy() for name in groups}
    rates = features.loc[train, "heart_rate_bpm"].to_numpy()
    return {
        "records": len(drawn),
        "held": {name: int(group.sum()) for name, group in groups.items()},
        "rhythm": {
            "heart_rate_bpm": curves.quantiles_by_group(rates, of_all),
            **{
                name: curves.quantiles_by_group(found["intervals"][:, place], groups)
                for place, name in enumerate(INTERVALS)
            },
        },
        "spectra": curves.spectra_by_group(found["spectrum"], groups),
        "sizes": {
            size: {
                lead: curves.quantiles_by_group(found[size][:, place], groups)
                for place, lead in enumerate(config.leads)
            }
            for size in SIZES
        },
        "beats": curves.beats_by_group(found["beats"], config.leads, signals.fs, groups),
    }


def draw_exploration(
    data_card: dict[str, Any], exploration_counts: dict[str, Any], exploration_curves: dict[str, Any]
) -> dict[str, str]:
    """Draw every figure as SVG, by name."""
    from ecg_forge.ecg.plotting import figure_svg
    from ecg_forge.reporting.exploration_figures import draw_all

    return {
        name: figure_svg(figure) for name, figure in draw_all(data_card, exploration_counts, exploration_curves).items()
    }


def report_exploration(
    data_card: dict[str, Any],
    exploration_counts: dict[str, Any],
    exploration_curves: dict[str, Any],
    exploration_figures: Mapping[str, Callable[[], str]],
) -> tuple[str, str]:
    """Print what was found.

    Returns:
        the report, one HTML file that needs no network; and the same for the documentation, as Markdown.
    """
    from ecg_forge.reporting.exploration_page import exploration_page, render_exploration
    from ecg_forge.reporting.exploration_parts import exploration_parts

    parts = exploration_parts(data_card, exploration_counts, exploration_curves)
    drawings = {name: load() for name, load in exploration_figures.items()}
    return render_exploration(parts, drawings), exploration_page(parts)


def _groups(held: pd.DataFrame, fewest: int) -> dict[str, np.ndarray]:
    return {str(name): column.to_numpy() for name, column in held.items() if column.sum() >= fewest}
