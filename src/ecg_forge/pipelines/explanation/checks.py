"""Whether the explanations of one label mean anything, record by record."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ecg_forge.metrics.explanation_checks import (
    area_under,
    completeness_gap,
    rank_correlation,
    removal_masks,
    removal_order,
)
from ecg_forge.pipelines.explanation.config import ExplanationConfig
from ecg_forge.pipelines.explanation.maps import Explained

if TYPE_CHECKING:
    from ecg_forge.training.explanation import Explainer

RANDOM = "random"
"""In the place of a method: an order that none made."""


def check_label(
    explainer: "Explainer", shuffled: "Explainer", label: str, some: Iterable[Explained], config: ExplanationConfig
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Check every method on the records of one label.

    Args:
        explainer: of the trained classifier.
        shuffled: of the same one with shuffled weights.
        label: whose logit and probability are asked for.
        some: the records.
        config: methods, steps, length of pieces, seed.

    Returns:
        method, records, deletion, insertion, shuffled_correlation and completeness_gap, means over records; and
        method, share, deletion, insertion.
    """
    rows = [row for each in some for row in _check_batch(explainer, shuffled, label, each, config)]
    found = pd.DataFrame(rows)
    shares = np.arange(config.deletion_steps + 1) / config.deletion_steps
    checks, curves = [], []
    for method, group in found.groupby("method", sort=False):
        means = {side: np.stack(group[side].tolist()).mean(axis=0) for side in ("deletion", "insertion")}
        areas = {side: area_under(curve) for side, curve in means.items()}
        of_maps = group[["shuffled_correlation", "completeness_gap"]].mean()
        checks.append({"method": method, "records": len(group), **areas, **of_maps})
        curves.append(pd.DataFrame({"method": method, "share": shares, **means}))
    return pd.DataFrame(checks), pd.concat(curves, ignore_index=True)


def _check_batch(
    explainer: "Explainer", shuffled: "Explainer", label: str, some: Explained, config: ExplanationConfig
) -> list[dict[str, object]]:
    batch = some.batch
    rise = explainer.logits(batch.signal_mv, batch.metadata, label) - explainer.logits(
        batch.reference_mv, batch.metadata, label
    )
    rows: list[dict[str, object]] = []
    for method in config.methods:
        maps, others = (each.explain(method, batch, label) for each in (explainer, shuffled))
        adds_up = method == "integrated_gradients"
        gaps = completeness_gap(maps, rise) if adds_up else np.full(len(maps), np.nan)
        for row, (one, other, gap) in enumerate(zip(maps, others, gaps, strict=True)):
            kept = rank_correlation(np.abs(one), np.abs(other))
            curves = _curves(explainer, some, row, one, label, config)
            rows.append({"method": method, **curves, "shuffled_correlation": kept, "completeness_gap": gap})
    for row, signal in enumerate(some.signals_mv):
        curves = _curves(explainer, some, row, np.zeros_like(signal), label, config)
        rows.append({"method": RANDOM, **curves, "shuffled_correlation": np.nan, "completeness_gap": np.nan})
    return rows


def _curves(
    explainer: "Explainer", some: Explained, row: int, attribution: np.ndarray, label: str, config: ExplanationConfig
) -> dict[str, np.ndarray]:
    """Return the probability along deletion and insertion; a map that is 0 everywhere gives a random order."""
    piece = max(1, round(config.piece_s * explainer.classifier.fs))
    order = removal_order(attribution, piece, seed=config.seed + int(some.ecg_ids[row]))
    gone = removal_masks(order, config.deletion_steps)
    deletion, insertion = explainer.deletion_and_insertion(some.batch, row, gone, label)
    return {"deletion": deletion, "insertion": insertion}
