"""Which samples of a recording belong to P, to QRS and to ST-T, by its R peaks and its representative beat."""

import numpy as np

from ecg_forge.ecg.delineation import GRID_HZ, beat_intervals, qrs_bounds, representative_beat

WAVES = ("between", "P", "QRS", "ST-T")
"""Parts of a recording; a sample's part is its place here. ``between`` lies from the end of T to the next P."""

USUAL_PR_S = 0.20  # where no P stands out, as in atrial fibrillation: the longest of a normal beat
USUAL_QT_S = 0.44  # where no end of T was found: a normal one at 60 to 80 beats per minute
USUAL_QRS_S = (0.05, 0.06)  # before and after the R peak, where fewer than three beats are alike


def wave_parts(record_mv: np.ndarray, peaks: np.ndarray, fs: int) -> np.ndarray:
    """Return the part of each sample as its place in `WAVES`, int64 ``(sample,)``.

    Every beat gets the bounds of the recording's representative beat (`ecg_forge.ecg.delineation`), moved to its own R
    peak. Where two beats meet, QRS goes before P and P before ST-T. Without a P wave, P is the stretch in which one
    would stand: 0.2 s before QRS.

    Args:
        record_mv: mV ``(12, sample)`` in ``LEADS`` order, finite.
        peaks: samples of the R peaks, ``(beat,)``.
        fs: sampling rate in Hz, a divisor of 500 and at least 100.
    """
    p_onset, onset, end, t_end = wave_bounds(record_mv, fs)
    parts = np.zeros(record_mv.shape[1], dtype=np.int64)
    for wave, first, last in (("ST-T", end, t_end), ("P", p_onset, onset), ("QRS", onset, end)):
        for peak in peaks:
            start, stop = (max(0, round(peak + seconds * fs)) for seconds in (first, last))
            parts[start:stop] = WAVES.index(wave)
    return parts


def wave_bounds(record_mv: np.ndarray, fs: int) -> tuple[float, float, float, float]:
    """Return onset of P, onset and end of QRS, and end of T, in seconds after the R peak (before it: negative)."""
    beat = representative_beat(record_mv, fs)
    if beat is None:
        onset, end = -USUAL_QRS_S[0], USUAL_QRS_S[1]
        return onset - USUAL_PR_S, onset, end, onset + USUAL_QT_S
    onset, end = ((sample - beat.centre) / GRID_HZ for sample in qrs_bounds(beat))
    measured = beat_intervals(record_mv[None], fs)[["pr_ms", "qt_ms"]].iloc[0].to_numpy() / 1000
    pr, qt = np.where(np.isfinite(measured), measured, (USUAL_PR_S, USUAL_QT_S))
    return onset - float(pr), onset, end, onset + float(qt)
