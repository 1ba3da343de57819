"""The few records of a set that are nearest to each query, and how far away they are."""

import numpy as np

from ecg_forge.ecg.errors import BadInput


def nearest_distances(queries: np.ndarray, reference: np.ndarray, count: int, block: int = 1024) -> np.ndarray:
    """Return the root mean square differences to the ``count`` nearest reference records, nearest first.

    They are found by |q|² + |r|² − 2 q·r and then computed directly, as in ``memorisation.nearest_distance``.

    Args:
        queries: mV ``(query, lead, sample)``.
        reference: mV ``(record, lead, sample)``; a memory map is read one block at a time.
        count: how many.
        block: records per block.

    Returns:
        mV ``(query, count)``.

    Raises:
        BadInput: shapes differ, there are fewer than ``count`` reference records, ``count`` or ``block`` is not
            positive, or a query is not finite.
    """
    if queries.shape[1:] != reference.shape[1:]:
        raise BadInput(f"queries {queries.shape} and reference {reference.shape} must agree in leads and samples")
    if not 1 <= count <= len(reference) or block < 1:
        raise BadInput(f"asked for {count} of {len(reference)} records, {block} at a time; give counts from 1 on")
    if not np.isfinite(queries).all():
        raise BadInput("a query is not finite")
    distances = np.empty((len(queries), count))
    for start in range(0, len(queries), block):
        rows = slice(start, start + block)
        for row, found in enumerate(_nearest(_flat(queries[rows]), reference, count, block), start=start):
            apart = reference[found].astype(np.float64) - queries[row]
            distances[row] = np.sort(np.sqrt((apart**2).mean(axis=(1, 2))))
    return distances


def _nearest(queries: np.ndarray, reference: np.ndarray, count: int, block: int) -> np.ndarray:
    """Return the rows of the nearest records, ``(query, count)``, in any order."""
    best = np.empty((len(queries), 0), dtype=np.float32)
    rows = np.empty((len(queries), 0), dtype=np.int64)
    for start in range(0, len(reference), block):
        records = _flat(reference[start : start + block])
        # |q|² is the same for all records, so it does not decide which are nearest.
        score = np.einsum("rf,rf->r", records, records) - 2 * (queries @ records.T)
        best = np.concatenate([best, score], axis=1)
        rows = np.concatenate([rows, np.tile(np.arange(start, start + len(records)), (len(queries), 1))], axis=1)
        kept = np.argsort(best, axis=1, kind="stable")[:, :count]
        best, rows = np.take_along_axis(best, kept, axis=1), np.take_along_axis(rows, kept, axis=1)
    return rows


def _flat(signals: np.ndarray) -> np.ndarray:
    return signals.reshape(len(signals), -1).astype(np.float32, copy=False)
