"""PR, QRS, QT and QTc of each recording, measured on its representative beat over all leads at once.

This is how electrocardiographs measure: the beats of the dominant kind are aligned and their median taken, and each
interval runs from the earliest onset to the latest end in any lead (Kligfield et al. 2007, section "Global measurements
from simultaneous leads", doi:10.1161/CIRCULATIONAHA.106.180200). One lead by itself hides what is isoelectric in it,
and single beats hide P waves in noise; delineators that work so (neurokit2's, tried on PTB-XL at 100 Hz) did not tell
the QRS of a left bundle branch block from a normal one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.intervals import r_peaks
from ecg_forge.ecg.leads import LEADS, independent_leads

INTERVALS = ("pr_ms", "qrs_ms", "qt_ms", "qtc_ms")
PLAUSIBLE_MS = {"pr_ms": (70, 420), "qrs_ms": (50, 240), "qt_ms": (220, 700), "qtc_ms": (280, 700)}
"""Outside of these a value is a mistake of the delineator more often than one of the heart."""

GRID_HZ = 500  # interpolated to, so that an interval is not a multiple of 10 ms
BEFORE_S, AFTER_S = 0.50, 0.70  # of the R peak; holds any P and T wave of the beat
FEWEST_BEATS = 3
ALIGN_S = 0.04
COMPLEX_S = 0.10  # about the R peak, compared when beats are aligned
LIKENESS = 0.85  # correlation from which a beat is of the dominant kind
BAND_HZ = (0.5, 40.0)
"""Below the baseline wanders, above muscles move. The filter runs forwards and backwards, so no wave is moved."""

QRS_SLOPES = (0.06, 0.09, 0.13)
"""Shares of the steepest slope at which a QRS begins and ends; the next is tried where the ST segment is as steep."""

WIDEST_QRS_S = 0.20  # wider is rather a QRS whose end was missed
CALM_S = 0.012  # below that slope for so long, or the complex has a notch
T_SLOPE_FROM_S = 0.04  # after the end of QRS
P_AFTER_T_S = 0.03  # the tangent leaves a tail of T
P_GAP_S = 0.016  # between the end of P's search window and QRS
P_SMALLEST_MV = 0.075  # over leads (root of the sum of squares); what is left of f waves is smaller
P_SHARE = 0.20  # of the height of P at which it begins


def beat_intervals(signal_mv: np.ndarray, fs: int) -> pd.DataFrame:
    """Measure the intervals of each recording.

    Args:
        signal_mv: mV ``(record, 12, sample)`` in ``LEADS`` order.
        fs: sampling rate in Hz, a divisor of 500 and at least 100.

    Returns:
        one row per record in milliseconds: ``pr_ms``, ``qrs_ms``, ``qt_ms`` and ``qtc_ms`` (Bazett 1920, QT over the
        root of the median RR in seconds). NaN where there is no such wave, fewer than three alike beats, a value that
        is not finite, or an interval outside of ``PLAUSIBLE_MS``.

    Raises:
        BadInput: the signals are not ``(record, 12, sample)``, are shorter than a second, or ``fs`` does not fit.
    """
    if signal_mv.ndim != 3 or signal_mv.shape[1] != len(LEADS):
        raise BadInput(f"recordings to delineate must be (record, {len(LEADS)}, sample), got {signal_mv.shape}")
    if fs < 100 or GRID_HZ % fs:
        raise BadInput(f"the delineator needs a sampling rate that divides {GRID_HZ} Hz, from 100 on, got {fs}")
    rows = [_intervals(record, fs) for record in signal_mv]
    return pd.DataFrame(np.array(rows).reshape(-1, len(INTERVALS)), columns=list(INTERVALS))


@dataclass(frozen=True)
class Beat:
    """The representative beat of a recording.

    Attributes:
        leads: mV ``(lead, sample)``, the eight independent leads at 500 Hz.
        centre: sample of the R peak.
        rr_s: median RR interval of the recording in seconds.
    """

    leads: np.ndarray
    centre: int
    rr_s: float


def representative_beat(record_mv: np.ndarray, fs: int) -> Beat | None:
    """Take the median of a recording's beats of the dominant kind, aligned; None with fewer than three of them.

    Args:
        record_mv: mV ``(12, sample)`` in ``LEADS`` order, finite.
        fs: sampling rate in Hz.
    """
    from scipy.signal import butter, resample_poly, sosfiltfilt

    peaks = r_peaks(record_mv, fs)
    if len(peaks) < FEWEST_BEATS:
        return None
    up = GRID_HZ // fs
    steady = sosfiltfilt(butter(2, BAND_HZ, "bandpass", fs=fs, output="sos"), independent_leads(record_mv))
    signal = resample_poly(steady, up, 1, axis=-1)
    before, after, slack = (round(seconds * GRID_HZ) for seconds in (BEFORE_S, AFTER_S, ALIGN_S))
    inside = [peak * up for peak in peaks if before + slack <= peak * up < signal.shape[1] - after - slack]
    if len(inside) < FEWEST_BEATS:
        return None
    wide = np.stack([signal[:, peak - before - slack : peak + after + slack] for peak in inside])
    alike = _aligned(wide, before, slack)
    if len(alike) < FEWEST_BEATS:
        return None
    return Beat(np.median(alike, axis=0), before, float(np.median(np.diff(peaks))) / fs)


def _aligned(wide: np.ndarray, centre: int, slack: int) -> np.ndarray:
    """Return the beats of the dominant kind, shifted onto the one that is most like the others.

    Args:
        wide: ``(beat, lead, sample)`` with ``slack`` samples too many at either end.
        centre: sample of the R peak once these are cut off.
        slack: samples.
    """
    reach = round(COMPLEX_S * GRID_HZ)
    length = wide.shape[-1] - 2 * slack
    cores = wide[:, :, centre + slack - reach : centre + slack + reach]
    unit = _unit(cores)
    medoid = int(np.median(unit @ unit.T, axis=1).argmax())
    shifts = range(2 * slack + 1)
    likeness = np.stack(
        [_unit(wide[:, :, centre + shift - reach : centre + shift + reach]) @ unit[medoid] for shift in shifts], axis=1
    )
    best = likeness.argmax(axis=1)
    kept = np.flatnonzero(likeness.max(axis=1) >= LIKENESS)
    return np.stack([wide[beat, :, best[beat] : best[beat] + length] for beat in kept])


def _unit(beats: np.ndarray) -> np.ndarray:
    """Return beats ``(beat, lead, sample)`` as vectors ``(beat, lead·sample)`` of length 1 about each lead's mean."""
    flat = (beats - beats.mean(axis=-1, keepdims=True)).reshape(len(beats), -1)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), np.finfo(float).tiny)


def _intervals(record_mv: np.ndarray, fs: int) -> tuple[float, ...]:
    beat = representative_beat(record_mv, fs) if np.isfinite(record_mv).all() else None
    if beat is None:
        return (np.nan,) * len(INTERVALS)
    onset, end = qrs_bounds(beat)
    t_end = _t_end(beat, onset, end)
    pr, qrs, qt = onset - _p_onset(beat, onset, t_end), end - onset, t_end - onset
    measured = np.array([pr, qrs, qt, qt / np.sqrt(beat.rr_s)]) * 1000 / GRID_HZ
    limits = np.array([PLAUSIBLE_MS[name] for name in INTERVALS])
    return tuple(np.where((measured >= limits[:, 0]) & (measured <= limits[:, 1]), measured, np.nan))


def qrs_bounds(beat: Beat) -> tuple[int, int]:
    """Return onset and end of QRS: where the leads together start and stop changing fast."""
    speed = _speed(beat.leads)
    reach, calm = round(COMPLEX_S * GRID_HZ) // 2, round(CALM_S * GRID_HZ)
    peak = beat.centre - reach + int(speed[beat.centre - reach : beat.centre + reach].argmax())
    onset = end = peak
    for share in QRS_SLOPES:
        slow = speed < share * speed[peak]
        onset, end = peak - _first_calm(slow[peak::-1], calm), peak + _first_calm(slow[peak:], calm)
        if end - onset <= WIDEST_QRS_S * GRID_HZ:
            break
    return onset, end


def _speed(leads: np.ndarray) -> np.ndarray:
    """Return the length of the change per sample over all leads, ``(sample,)``."""
    return np.linalg.norm(np.gradient(leads, axis=-1), axis=0)


def _first_calm(slow: np.ndarray, calm: int) -> int:
    """Return the first place from which ``calm`` values in a row are true; the last place if there is none."""
    runs = np.convolve(slow, np.ones(calm), mode="valid") >= calm
    return int(runs.argmax()) if runs.any() else len(slow) - 1


def _t_end(beat: Beat, onset: int, end: int) -> float:
    """Return the end of T: where the tangent at its steepest descent meets the baseline (Lepeschkin & Surawicz 1952).

    T is looked at along its own direction among the leads, its first principal component.
    """
    start = end + round(T_SLOPE_FROM_S * GRID_HZ)
    latest_peak = onset + round(min(0.50 * np.sqrt(beat.rr_s), beat.rr_s - 0.20) * GRID_HZ)
    stop = onset + round(min(0.66 * np.sqrt(beat.rr_s), beat.rr_s - 0.08) * GRID_HZ)
    stop = min(stop, beat.leads.shape[1])
    if latest_peak - start < 10 or stop - latest_peak < 5:
        return np.nan
    wave = _along_itself(beat.leads[:, start:stop])
    peak = int(wave[: latest_peak - start].argmax())
    fall = np.gradient(wave)[peak:]
    steepest = peak + int(fall[: round(0.16 * GRID_HZ)].argmin())
    baseline = np.median(wave[steepest:][wave[steepest:] <= np.quantile(wave[steepest:], 0.3)])
    slope = float(np.gradient(wave)[steepest])
    if slope >= 0:
        return np.nan
    return start + steepest + (baseline - wave[steepest]) / slope


def _along_itself(leads: np.ndarray) -> np.ndarray:
    """Return ``(lead, sample)`` seen along its first principal component, upright, ``(sample,)``."""
    centred = leads - np.median(leads, axis=-1, keepdims=True)
    direction = np.linalg.eigh(centred @ centred.T)[1][:, -1]
    wave = direction @ centred
    return wave if wave.max() >= -wave.min() else -wave


def _without_slope(leads: np.ndarray) -> np.ndarray:
    """Take away the line from the first to the last sample of each lead, which a T wave before leaves sloping."""
    share = np.linspace(0, 1, leads.shape[-1])
    return leads - leads[:, :1] * (1 - share) - leads[:, -1:] * share


def _p_onset(beat: Beat, onset: int, t_end: float) -> float:
    """Return the onset of P, or NaN where no wave stands out between the end of the T wave before and QRS."""
    stop = onset - round(P_GAP_S * GRID_HZ)
    previous_t_end = (t_end if np.isfinite(t_end) else onset + 0.4 * GRID_HZ) - beat.rr_s * GRID_HZ
    start = max(0, onset - round(0.42 * GRID_HZ), round(previous_t_end + P_AFTER_T_S * GRID_HZ))
    if stop - start < round(0.08 * GRID_HZ):
        return np.nan
    wave = _along_itself(_without_slope(beat.leads[:, start:stop]))
    peak = int(wave.argmax())
    foot = wave[max(0, peak - round(0.12 * GRID_HZ)) : peak + 1]
    baseline = float(foot.min())
    height = wave[peak] - max(baseline, float(wave[peak:].min()))
    if height < P_SMALLEST_MV or peak < round(0.03 * GRID_HZ):
        return np.nan
    below = np.flatnonzero(foot <= baseline + P_SHARE * (wave[peak] - baseline))
    return start + peak - len(foot) + 1 + int(below[-1])
