"""Whether a map of what a classifier looks at means anything: deletion, insertion, and what random weights leave of it.

Deletion and insertion follow Petsiuk et al. 2018 (arXiv:1806.07421), with pieces of a lead in place of pixels: single
samples put back or taken out make spikes that no ECG has, and a classifier answers to the spikes.
"""

import numpy as np

from ecg_forge.ecg.errors import BadInput


def removal_order(attribution: np.ndarray, piece: int, seed: int) -> np.ndarray:
    """Rank the pieces of a record by their mean attribution, highest first.

    Args:
        attribution: ``(lead, sample)``.
        piece: samples of a piece; the last one of a lead may be shorter.
        seed: of the order among equals, as all pieces of a lead are to occlusion by lead.

    Returns:
        int64 ``(lead, sample)``: the rank of the piece that each sample lies in, from 0.
    """
    leads, samples = attribution.shape
    starts = np.arange(0, samples, piece)
    means = np.add.reduceat(attribution.astype(np.float64), starts, axis=1) / np.diff([*starts, samples])
    among_equals = np.random.default_rng(seed).permutation(means.size)
    rank = np.empty(means.size, dtype=np.int64)
    rank[np.lexsort((among_equals, -means.ravel()))] = np.arange(means.size)
    return np.repeat(rank.reshape(leads, -1), piece, axis=1)[:, :samples]


def removal_masks(order: np.ndarray, steps: int) -> np.ndarray:
    """Return what is gone after each step, bool ``(steps + 1, lead, sample)``: from nothing to everything.

    Args:
        order: as `removal_order` gives it.
        steps: equal shares of the pieces.

    Raises:
        BadInput: fewer than one step.
    """
    if steps < 1:
        raise BadInput(f"deletion needs at least one step, got {steps}")
    gone = np.arange(steps + 1) / steps * (order.max() + 1)
    return order[None] < gone[:, None, None]


def area_under(curve: np.ndarray) -> float:
    """Return the area under values at equally spaced shares from 0 to 1, ``(share,)``, by trapezoids."""
    values = np.asarray(curve, dtype=np.float64)
    return float((values[1:] + values[:-1]).mean() / 2)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's correlation of two maps of one shape; NaN where one of them is the same everywhere.

    Raises:
        BadInput: the shapes differ.
    """
    from scipy.stats import rankdata

    if first.shape != second.shape:
        raise BadInput(f"maps to compare must have one shape, got {first.shape} and {second.shape}")
    ranks = [rankdata(each.ravel()) for each in (first, second)]
    if any(np.ptp(each) == 0 for each in ranks):
        return float("nan")
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def completeness_gap(attributions: np.ndarray, rise: np.ndarray) -> np.ndarray:
    """Return by how much maps miss what they should add up to, as a share of it, ``(record,)``.

    Args:
        attributions: integrated gradients, ``(record, lead, sample)``.
        rise: logit of each record above that of its reference, ``(record,)``.
    """
    sums = attributions.sum(axis=(1, 2), dtype=np.float64)
    return np.abs(sums - rise) / np.maximum(np.abs(rise), np.finfo(np.float32).tiny)
