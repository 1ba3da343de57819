"""Recordings as rows of numbers: statistics, spectrum, wavelets and the median beat of each lead, many records at once.

The wavelet bands are those of the PTB-XL benchmark's classifier on features (Strodthoff et al. 2021,
doi:10.1109/JBHI.2020.3022989): Daubechies 6, five levels.
"""

from itertools import pairwise

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.median_beats import beat_measures, heart_measures, lead_table, median_beats

BAND_HZ = (0.5, 40.0)
"""Of the filter before everything but the spectrum and the wavelets, which see the wandering baseline as it is."""
SPECTRAL_EDGES_HZ = (0.0, 0.5, 2.0, 4.0, 7.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0)
EDGE_SHARE = 0.95  # of the power that lies below the spectral edge
WAVELET, LEVELS = "db6", 5
WAVELET_BANDS = ("a5", "d5", "d4", "d3", "d2", "d1")
_TINY = 1e-12


def signal_features(signal_mv: np.ndarray, fs: int, peaks: np.ndarray) -> pd.DataFrame:
    """Describe each recording by about nine hundred numbers.

    Args:
        signal_mv: mV ``(record, 12, sample)`` in `LEADS` order, finite.
        fs: sampling rate in Hz, 100 or more.
        peaks: samples of the R peaks, ``(record, beat)``, NaN after the last, as `beat_rows` returns them.

    Returns:
        a row per record, float32: ``<lead>_<feature>`` of `lead_statistics`, `lead_spectra`, `lead_wavelets` and
        `beat_measures`, then those of `heart_measures`. NaN where a record has no beat.

    Raises:
        BadInput: the signals are not ``(record, 12, sample)`` or not finite, or ``fs`` is below 100.
    """
    if signal_mv.ndim != 3 or signal_mv.shape[1] != len(LEADS):
        raise BadInput(f"recordings to describe must be (record, {len(LEADS)}, sample), got {signal_mv.shape}")
    if fs < 100:
        raise BadInput(f"the features need a sampling rate of at least 100 Hz, got {fs}")
    if not np.isfinite(signal_mv).all():
        raise BadInput("a recording holds values that are not finite")
    steady = without_wander(signal_mv, fs)
    beats = median_beats(steady, fs, peaks)
    parts = [
        lead_table(lead_statistics(steady) | lead_spectra(signal_mv, fs) | lead_wavelets(signal_mv)),
        beat_measures(beats, fs),
        heart_measures(beats, fs),
    ]
    return pd.concat(parts, axis=1).astype(np.float32)


def without_wander(signal_mv: np.ndarray, fs: int) -> np.ndarray:
    """Return the signals between 0.5 and 40 Hz, float32; the filter runs forwards and backwards, so no wave moves."""
    from scipy.signal import butter, sosfiltfilt

    passed = butter(2, BAND_HZ, "bandpass", fs=fs, output="sos")
    return np.asarray(sosfiltfilt(passed, signal_mv, axis=-1), dtype=np.float32)


def lead_statistics(signal_mv: np.ndarray) -> dict[str, np.ndarray]:
    """Return statistics of mV ``(record, lead, sample)`` by name, ``(record, lead)`` each.

    ``mean``, ``sd``, ``median``, ``min``, ``max`` and ``range`` in mV; ``skewness``, ``kurtosis`` (0 for a normal
    distribution; both 0 for a flat lead); ``energy``, the mean square in mV²; ``line_length``, the mean change per
    sample in mV.
    """
    mean = signal_mv.mean(axis=-1, dtype=np.float64)
    deviation = signal_mv - mean[..., None].astype(np.float32)
    square = deviation * deviation
    variance = square.mean(axis=-1, dtype=np.float64)
    safe = np.maximum(variance, _TINY)
    lowest, highest = signal_mv.min(axis=-1), signal_mv.max(axis=-1)
    return {
        "mean": mean,
        "sd": np.sqrt(variance),
        "median": np.median(signal_mv, axis=-1),
        "min": lowest,
        "max": highest,
        "range": highest - lowest,
        "skewness": (square * deviation).mean(axis=-1, dtype=np.float64) / safe**1.5,
        "kurtosis": np.where(variance > _TINY, (square * square).mean(axis=-1, dtype=np.float64) / safe**2 - 3, 0),
        "energy": variance + mean**2,
        "line_length": np.abs(np.diff(signal_mv, axis=-1)).mean(axis=-1),
    }


def lead_spectra(signal_mv: np.ndarray, fs: int) -> dict[str, np.ndarray]:
    """Return what the power spectrum of mV ``(record, lead, sample)`` says, by name, ``(record, lead)`` each.

    ``power_a_b``, the share of the power from a to b Hz; ``power``, the logarithm of the whole of it; ``centroid_hz``;
    ``edge_hz``, below which 95 % of the power lies; ``spectral_entropy``, 0 to 1. A flat lead has zeros.
    """
    frequency, power = power_spectra(signal_mv, fs)
    total = power.sum(axis=-1)
    share = power / np.maximum(total, _TINY)[..., None]
    starts = np.searchsorted(frequency, SPECTRAL_EDGES_HZ[:-1])
    bands = np.add.reduceat(share[..., frequency < SPECTRAL_EDGES_HZ[-1]], starts, axis=-1)
    names = [f"power_{low:g}_{high:g}" for low, high in pairwise(SPECTRAL_EDGES_HZ)]
    return {
        **{name: bands[..., place] for place, name in enumerate(names)},
        "power": np.log10(np.maximum(total, _TINY)),
        "centroid_hz": share @ frequency,
        "edge_hz": frequency[(share.cumsum(axis=-1) >= EDGE_SHARE).argmax(axis=-1)],
        "spectral_entropy": _entropy(share),
    }


def power_spectra(signal_mv: np.ndarray, fs: int) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies in Hz ``(frequency,)`` and the power at each of them, ``(record, lead, frequency)``.

    One Hann window over the whole recording, about its mean; power is in mV²/Hz, one-sided, as in
    ``scipy.signal.periodogram``.
    """
    from scipy.signal import periodogram

    frequency, power = periodogram(signal_mv, fs, window="hann", detrend="constant", axis=-1)
    return frequency, power


def lead_wavelets(signal_mv: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the wavelet bands of mV ``(record, lead, sample)`` say, by name, ``(record, lead)`` each.

    For each of `WAVELET_BANDS`: ``<band>_rms``, ``<band>_entropy`` (of the energy over the coefficients, 0 to 1) and
    ``<band>_crossings`` (share of neighbours with different signs).

    Raises:
        BadInput: the recordings are too short for five levels.
    """
    import pywt

    if pywt.dwt_max_level(signal_mv.shape[-1], WAVELET) < LEVELS:
        raise BadInput(f"recordings of {signal_mv.shape[-1]} samples are too short for {LEVELS} levels of {WAVELET}")
    found = {}
    for band, values in zip(WAVELET_BANDS, pywt.wavedec(signal_mv, WAVELET, level=LEVELS, axis=-1), strict=True):
        energy = values.astype(np.float64) ** 2
        total = energy.sum(axis=-1)
        above = values > 0
        found[f"{band}_rms"] = np.sqrt(total / values.shape[-1])
        found[f"{band}_entropy"] = _entropy(energy / np.maximum(total, _TINY)[..., None])
        found[f"{band}_crossings"] = (above[..., 1:] != above[..., :-1]).mean(axis=-1)
    return found


def _entropy(share: np.ndarray) -> np.ndarray:
    """Return Shannon's entropy over the last axis, 1 where all shares are alike, 0 where one is all."""
    from scipy.special import xlogy

    return -xlogy(share, share).sum(axis=-1) / np.log(share.shape[-1])
