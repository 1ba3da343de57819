"""Has the generator copied its training records? Distances to the nearest one, set beside those of unseen real records.

The distance is sample by sample, so a copy shifted in time or rescaled is not seen; the correlation sees both.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ecg_forge.ecg.errors import BadInput

BAND_HZ = (0.5, 40.0)
"""What is correlated: a copy may lie on another baseline and under other noise."""

SEARCH_HZ = 50  # sampling rate of the search
SEARCH_BAND_HZ = (0.5, 12.5)  # of the search: half a sample of lag, 10 ms, changes little here
REFINED = 5  # records of the search whose correlation is computed at full rate
LARGEST_LAG = 0.5  # of the recording
_BLOCK = 64  # queries, and records, at a time: their correlations at all lags of 10 s fill 16 MB


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


def closest_correlation(queries: np.ndarray, reference: np.ndarray, fs: int) -> tuple[np.ndarray, np.ndarray]:
    """Find, for each query, the reference record it correlates with best at any lag of up to half a recording.

    The correlation is that of all leads together, from 0.5 to 40 Hz, over the stretch where the two overlap:
    Σ q·r / √(Σ q² · Σ r²), so 1 is a copy however shifted in time or scaled. Records are searched for at 50 Hz below
    12.5 Hz; the correlation of the five best is then computed at the recordings' own rate.

    Args:
        queries: mV ``(query, lead, sample)``; give independent leads, or some count twice.
        reference: mV ``(record, lead, sample)``; a memory map is read one block at a time.
        fs: sampling rate of both in Hz, a multiple of 50.

    Returns:
        correlation ``(query,)`` from −1 to 1, and the row of the closest reference record ``(query,)``.

    Raises:
        BadInput: shapes differ, there is no reference record, a query is not finite, or ``fs`` is no multiple of 50.
    """
    if queries.shape[1:] != reference.shape[1:] or len(reference) == 0:
        raise BadInput(f"queries {queries.shape} and reference {reference.shape} must agree and not be empty")
    if fs % SEARCH_HZ:
        raise BadInput(f"the correlation needs a sampling rate that is a multiple of {SEARCH_HZ} Hz, got {fs}")
    if not np.isfinite(queries).all():
        raise BadInput(f"query {int(np.argmin(np.isfinite(queries).all(axis=(1, 2))))} is not finite")
    correlation, index = np.zeros(len(queries)), np.zeros(len(queries), dtype=np.int64)
    for row, found in enumerate(_search(queries, reference, fs) if len(queries) else ()):
        query, records = (_filtered(side, fs, fs, BAND_HZ) for side in (queries[row : row + 1], reference[found]))
        exact = _Spectra.of(query).highest_correlations(_Spectra.of(records))[0]
        correlation[row], index[row] = exact.max(), found[exact.argmax()]
    return correlation, index


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


def correlation_summary(synthetic: np.ndarray, heldout: np.ndarray) -> dict[str, float | int]:
    """Set the synthetic records' closest correlation with training beside that of held-out real records.

    Args:
        synthetic: of each synthetic record, as :func:`closest_correlation` gives them, ``(record,)``.
        heldout: the same of real records the generator never saw, ``(record,)``.

    Returns:
        JSON-able dict: ``n_synthetic``, ``n_heldout``, ``synthetic_median``, ``heldout_median``, ``synthetic_highest``,
        ``heldout_highest`` and ``share_above_99_percent``, the share of synthetic records closer to a training record
        than the 99 % quantile of the held-out; without memorisation about 0.01.

    Raises:
        BadInput: either set is empty.
    """
    if len(synthetic) == 0 or len(heldout) == 0:
        raise BadInput("memorisation needs at least one synthetic and one held-out record")
    return {
        "n_synthetic": len(synthetic),
        "n_heldout": len(heldout),
        "synthetic_median": float(np.median(synthetic)),
        "heldout_median": float(np.median(heldout)),
        "synthetic_highest": float(np.max(synthetic)),
        "heldout_highest": float(np.max(heldout)),
        "share_above_99_percent": float(np.mean(synthetic > np.quantile(heldout, 0.99))),
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


def _search(queries: np.ndarray, reference: np.ndarray, fs: int) -> np.ndarray:
    """Return the rows of the reference records that each query correlates with best, ``(query, REFINED)`` or fewer."""
    wanted = [_Spectra.of(_filtered(block, fs, SEARCH_HZ, SEARCH_BAND_HZ)) for _, block in _blocks(queries)]
    best = np.empty((len(queries), 0), dtype=np.float32)
    rows = np.empty((len(queries), 0), dtype=np.int64)
    for start, block in _blocks(reference):
        records = _Spectra.of(_filtered(block, fs, SEARCH_HZ, SEARCH_BAND_HZ))
        found = [query.highest_correlations(records) for query in wanted]
        best = np.concatenate([best, np.concatenate(found)], axis=1)
        rows = np.concatenate([rows, np.tile(np.arange(start, start + len(block)), (len(queries), 1))], axis=1)
        order = np.argsort(-best, axis=1, kind="stable")[:, :REFINED]
        best, rows = np.take_along_axis(best, order, axis=1), np.take_along_axis(rows, order, axis=1)
    return rows


@dataclass(frozen=True)
class _Spectra:
    """Recordings ready to be correlated at every lag.

    Attributes:
        spectrum: complex64 ``(frequency, record, lead)`` of the recordings, with as many zeros behind each.
        energy: float64 ``(sample + 1, record)``, the sum of squares over leads of the samples before each.
    """

    spectrum: np.ndarray
    energy: np.ndarray

    @classmethod
    def of(cls, signals: np.ndarray) -> "_Spectra":
        from scipy.fft import rfft

        spectrum = rfft(signals.transpose(2, 0, 1), n=2 * signals.shape[-1], axis=0)
        squares = np.einsum("rls,rls->sr", signals, signals, dtype=np.float64)
        return cls(spectrum, np.concatenate([np.zeros((1, len(signals))), np.cumsum(squares, axis=0)]))

    def highest_correlations(self, other: "_Spectra") -> np.ndarray:
        """Return the highest correlation over lags, float32 ``(record, other record)``."""
        from scipy.fft import irfft

        length = len(self.energy) - 1
        furthest = round(LARGEST_LAG * length)
        # By the correlation theorem one product per frequency sums over leads: Σ_t q(t + lag)·r(t).
        product = self.spectrum @ np.conj(other.spectrum.transpose(0, 2, 1))  # (frequency, record, other record)
        overlap = irfft(product, n=2 * length, axis=0, overwrite_x=True)  # (lag, record, other record)
        forward, backward = np.arange(furthest + 1), np.arange(-furthest, 0)
        highest = [
            (part * self._scale(lags)[:, :, None] * other._scale(-lags)[:, None]).max(axis=0)
            for part, lags in ((overlap[: furthest + 1], forward), (overlap[-furthest:], backward))
        ]
        return np.maximum(*highest)

    def _scale(self, lags: np.ndarray) -> np.ndarray:
        """Return 1 / √energy of the stretch that overlaps another recording at each lag, ``(lag, record)``."""
        length = len(self.energy) - 1
        stretch = self.energy[length + np.minimum(lags, 0)] - self.energy[np.maximum(lags, 0)]
        enough = stretch > 1e-6 * self.energy[-1]  # a stretch without signal correlates with nothing
        return np.where(enough, 1 / np.sqrt(np.where(enough, stretch, 1)), 0).astype(np.float32)


def _filtered(signals: np.ndarray, fs: int, rate: int, band_hz: tuple[float, float]) -> np.ndarray:
    """Band-pass ``(record, lead, sample)`` forwards and backwards and sample it at a lower rate."""
    from scipy.signal import butter, sosfiltfilt

    steady = sosfiltfilt(butter(2, band_hz, "bandpass", fs=fs, output="sos"), signals, axis=-1)
    return np.asarray(steady[..., :: fs // rate], dtype=np.float32)


def _blocks(signals: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    return ((start, signals[start : start + _BLOCK]) for start in range(0, len(signals), _BLOCK))
