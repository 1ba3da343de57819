"""Has the generator copied its training records? Distances to the nearest one, set beside those of unseen real records.

The distance is sample by sample, so a copy shifted in time or rescaled is not seen.
"""

import numpy as np

from ecg_forge.ecg.errors import BadInput


def nearest_distance(queries: np.ndarray, reference: np.ndarray, block: int = 1024) -> tuple[np.ndarray, np.ndarray]:
    """Find, for each query, the reference record with the smallest root mean square difference.

    |q − r|² = |q|² + |r|² − 2 q·r, by float32 matrix products of ``block`` × ``block`` records; the distance to the
    record found is then computed directly, so that a copy has distance 0 and not a rounding error.

    Args:
        queries: mV ``(query, lead, sample)``.
        reference: mV ``(record, lead, sample)``; a memory map is read one block at a time.
        block: records per block.

    Returns:
        distance in mV ``(query,)`` and the row of the nearest reference record ``(query,)``.

    Raises:
        BadInput: shapes differ, there is no reference record, a query is not finite, or ``block`` is not positive.
    """
    if queries.shape[1:] != reference.shape[1:] or len(reference) == 0:
        raise BadInput(f"queries {queries.shape} and reference {reference.shape} must agree and not be empty")
    if block < 1:
        raise BadInput(f"block must be positive, got {block}")
    index = np.zeros(len(queries), dtype=np.int64)
    distance = np.zeros(len(queries))
    for start in range(0, len(queries), block):
        rows = slice(start, start + block)
        wanted = _flat(queries[rows])
        if not np.isfinite(wanted).all():
            raise BadInput(f"a query in rows {start}..{start + len(wanted) - 1} is not finite")
        index[rows] = _nearest(wanted, reference, block)
        for row, found in enumerate(index[rows], start=start):
            distance[row] = _rms(queries[row], reference[found])
    return distance, index


def memorisation(synthetic_distances: np.ndarray, heldout_distances: np.ndarray) -> dict[str, float | int]:
    """Set the synthetic records' distances to training beside those of held-out real records.

    Args:
        synthetic_distances: nearest distance of each synthetic record to the training records, mV ``(record,)``.
        heldout_distances: the same of real records the generator never saw, mV ``(record,)``.

    Returns:
        JSON-able dict: ``n_synthetic``, ``n_heldout``, both medians in mV, ``median_ratio`` (synthetic / held-out),
        ``share_below_median`` and ``share_below_5_percent``, the shares of synthetic records nearer than the median
        and the 5 % quantile of the held-out. Without memorisation and with real spread, about 1, 0.5 and 0.05; too
        little spread also brings records nearer, so read them with the fidelity.

    Raises:
        BadInput: either set is empty or the held-out median is zero.
    """
    if len(synthetic_distances) == 0 or len(heldout_distances) == 0:
        raise BadInput("memorisation needs at least one synthetic and one held-out record")
    low, middle = np.quantile(heldout_distances, [0.05, 0.5])
    if middle == 0:
        raise BadInput("held-out records equal training records; the sets are not disjoint")
    return {
        "n_synthetic": len(synthetic_distances),
        "n_heldout": len(heldout_distances),
        "synthetic_median_mv": float(np.median(synthetic_distances)),
        "heldout_median_mv": float(middle),
        "median_ratio": float(np.median(synthetic_distances) / middle),
        "share_below_median": float(np.mean(synthetic_distances < middle)),
        "share_below_5_percent": float(np.mean(synthetic_distances < low)),
    }


def near_copies(distances: np.ndarray, limit: float) -> np.ndarray:
    """Return bool ``(record,)``: nearer to a training record than ``limit`` mV.

    Raises:
        BadInput: the limit is negative or not finite.
    """
    if not 0 <= limit < np.inf:
        raise BadInput(f"the limit must be a distance in mV, not negative, got {limit}")
    return distances < limit


def _nearest(queries: np.ndarray, reference: np.ndarray, block: int) -> np.ndarray:
    best = np.full(len(queries), np.inf, dtype=np.float32)
    index = np.zeros(len(queries), dtype=np.int64)
    for start in range(0, len(reference), block):
        records = _flat(reference[start : start + block])
        # |q|² is the same for all records, so it does not decide which is nearest.
        score = np.einsum("rf,rf->r", records, records) - 2 * (queries @ records.T)
        nearest = score.argmin(axis=1)
        value = score[np.arange(len(queries)), nearest]
        closer = value < best
        best[closer], index[closer] = value[closer], start + nearest[closer]
    return index


def _flat(signals: np.ndarray) -> np.ndarray:
    return signals.reshape(len(signals), -1).astype(np.float32, copy=False)


def _rms(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.sqrt(np.mean((first.astype(np.float64) - second) ** 2)))
