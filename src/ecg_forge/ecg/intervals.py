"""Beats and rhythm: a multi-lead QRS detector and the features that follow from its RR intervals.

The detector follows the scheme of Pan & Tompkins (1985, doi:10.1109/TBME.1985.325532): band-limited differences,
moving window, adaptive threshold, refractory period. Two things differ: the second difference takes the place of the
slope, since it weighs a tall T wave four times less against the QRS; and all leads are summed before the window, so a
complex that is small in one lead is found in the others.
"""

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput

SMOOTH_S = 0.02  # a mean over one period of 50 Hz mains
LAG_S = 0.04  # of the second difference: with the mean it passes about 5–20 Hz, where the QRS is
WINDOW_S = 0.1  # about one QRS complex
LEVEL_S = 2.0  # holds a beat down to 30 per minute
REFRACTORY_S = 0.25  # 240 beats per minute
THRESHOLD = 0.45  # share of the way from the noise level to the beat level
FLOOR_MV = 0.02  # of the envelope per lead: a sixth of the weakest threshold in 3,000 PTB-XL records
REFINE_S = 0.08
BLOCK = 16  # records at a time, so that the intermediate arrays stay in a core's cache

FEATURES = ("heart_rate_bpm", "rr_variation", "n_beats", "amplitude_mv", "rms_mv")


def r_peaks(signal_mv: np.ndarray, fs: int) -> np.ndarray:
    """Return the samples of the R peaks of one recording, rising int64 ``(beat,)``.

    Args:
        signal_mv: mV ``(lead, sample)``, any number of leads.
        fs: sampling rate in Hz, 100 or more.

    Raises:
        BadInput: the signal is not ``(lead, sample)``, is shorter than a second or not finite, or ``fs`` is below 100.
    """
    if signal_mv.ndim != 2:
        raise BadInput(f"one recording is (lead, sample), got {signal_mv.shape}")
    return find_beats(signal_mv[None], fs)[0]


def find_beats(signal_mv: np.ndarray, fs: int) -> list[np.ndarray]:
    """Return the samples of the R peaks of each recording, rising int64 ``(beat,)`` each.

    Args:
        signal_mv: mV ``(record, lead, sample)``, any number of leads.
        fs: sampling rate in Hz, 100 or more.

    Raises:
        BadInput: the signals are not ``(record, lead, sample)``, are shorter than a second or not finite, or ``fs`` is
            below 100.
    """
    if signal_mv.ndim != 3:
        raise BadInput(f"recordings are (record, lead, sample), got {signal_mv.shape}")
    if not np.isfinite(signal_mv).all():
        raise BadInput("a recording holds values that are not finite")
    blocks = [signal_mv[start : start + BLOCK] for start in range(0, len(signal_mv), BLOCK)]
    return [beats for block in blocks for beats in _r_peaks(_checked(block, fs), fs)]


def _r_peaks(signals: np.ndarray, fs: int) -> list[np.ndarray]:
    bend = _bend(signals, fs)
    envelope = _envelope(bend, fs)
    rows = zip(envelope, _thresholds(envelope, signals.shape[1], fs), bend, strict=True)
    return [_refined(_beats(smooth, threshold, fs), sharp, fs) for smooth, threshold, sharp in rows]


def rhythm_features(signal_mv: np.ndarray, fs: int) -> pd.DataFrame:
    """Describe the rhythm and the size of each recording.

    Args:
        signal_mv: mV ``(record, lead, sample)``.
        fs: sampling rate in Hz, 100 or more.

    Returns:
        one row per record: ``heart_rate_bpm`` (60 / median RR), ``rr_variation`` (standard deviation of RR / mean RR),
        ``n_beats``, ``amplitude_mv`` (distance of the 0.5 and 99.5 % quantiles, largest over leads), ``rms_mv`` (about
        each lead's mean, over all leads). With fewer than two beats there is no rate and no variation: NaN. A record
        with a value that is not finite has no beat and NaN elsewhere.

    Raises:
        BadInput: the signals are not ``(record, lead, sample)``, are shorter than a second, or ``fs`` is below 100.
    """
    if signal_mv.ndim != 3:
        raise BadInput(f"recordings are (record, lead, sample), got {signal_mv.shape}")
    blocks = [
        _features(_checked(signal_mv[start : start + BLOCK], fs), fs) for start in range(0, len(signal_mv), BLOCK)
    ]
    table = pd.DataFrame(np.concatenate([np.empty((0, len(FEATURES))), *blocks]), columns=list(FEATURES))
    return table.astype({"n_beats": np.int64})


def _features(signals: np.ndarray, fs: int) -> np.ndarray:
    """Return ``(record, feature)`` in the order of ``FEATURES``."""
    finite = np.isfinite(signals).all(axis=(1, 2))
    usable = signals if finite.all() else np.where(finite[:, None, None], signals, np.float32(0))
    envelope = _envelope(_bend(usable, fs), fs)
    rhythm = [
        _rhythm(_beats(*row, fs), fs) for row in zip(envelope, _thresholds(envelope, signals.shape[1], fs), strict=True)
    ]
    deviation = usable - usable.mean(axis=-1, keepdims=True)
    rms = np.sqrt(np.mean(deviation**2, axis=(1, 2)))
    size = np.stack([_amplitude(usable), rms], axis=1)
    return np.concatenate([np.array(rhythm), np.where(finite[:, None], size, np.nan)], axis=1)


def _rhythm(beats: np.ndarray, fs: int) -> tuple[float, float, int]:
    """Return heart rate, RR variation and number of beats."""
    if len(beats) < 2:
        return np.nan, np.nan, len(beats)
    rr = np.diff(beats) / fs
    return 60 / float(np.median(rr)), float(rr.std() / rr.mean()), len(beats)


def _amplitude(signals: np.ndarray) -> np.ndarray:
    """Return the largest peak-to-peak over leads, ``(record,)``, without the outermost 0.5 % of samples at each end."""
    samples = signals.shape[-1]
    trimmed = samples // 200
    ordered = np.sort(signals, axis=-1)  # measured twice as fast as a partition at two places
    return (ordered[..., samples - 1 - trimmed] - ordered[..., trimmed]).max(axis=-1)


def _bend(signals: np.ndarray, fs: int) -> np.ndarray:
    """Return |second difference| of the smoothed leads, summed over leads, ``(record, sample)``."""
    lag = round(LAG_S * fs)
    smooth = _moving_mean(signals, round(SMOOTH_S * fs))
    padded = np.pad(smooth, ((0, 0), (0, 0), (lag, lag)), mode="edge")
    return np.asarray(np.abs(2 * smooth - padded[..., : -2 * lag] - padded[..., 2 * lag :]).sum(axis=1))


def _envelope(bend: np.ndarray, fs: int) -> np.ndarray:
    """Average over one QRS complex, so that it makes one peak."""
    return _moving_mean(bend, round(WINDOW_S * fs))


def _thresholds(envelope: np.ndarray, leads: int, fs: int) -> np.ndarray:
    """Return the threshold of each record: between its noise level and the usual height of its beats."""
    width = min(round(LEVEL_S * fs), envelope.shape[-1])
    windows = envelope.shape[-1] // width
    highest = envelope[:, : windows * width].reshape(len(envelope), windows, width).max(axis=-1)
    noise = np.median(envelope, axis=-1)
    return np.maximum(noise + THRESHOLD * (np.median(highest, axis=-1) - noise), FLOOR_MV * leads)


def _beats(envelope: np.ndarray, threshold: float, fs: int) -> np.ndarray:
    from scipy.signal import find_peaks

    beats, _ = find_peaks(envelope, height=threshold, distance=round(REFRACTORY_S * fs))
    return beats


def _refined(beats: np.ndarray, bend: np.ndarray, fs: int) -> np.ndarray:
    """Move each beat to the sharpest deflection within 80 ms."""
    reach = round(REFINE_S * fs)
    starts = np.maximum(beats - reach, 0)
    moved = [start + np.argmax(bend[start : beat + reach + 1]) for start, beat in zip(starts, beats, strict=True)]
    return np.array(moved, dtype=np.int64)


def _moving_mean(values: np.ndarray, width: int) -> np.ndarray:
    """Average over ``width`` samples about each sample of the last axis, the ends repeated."""
    from scipy.ndimage import uniform_filter1d

    return np.asarray(uniform_filter1d(values, width, axis=-1, mode="nearest"))


def _checked(signals: np.ndarray, fs: int) -> np.ndarray:
    if fs < 100:
        raise BadInput(f"the beat detector needs at least 100 Hz, got {fs}")
    if signals.shape[-1] < fs:
        raise BadInput(f"the beat detector needs at least one second, got {signals.shape[-1]} samples at {fs} Hz")
    return signals.astype(np.float32)
