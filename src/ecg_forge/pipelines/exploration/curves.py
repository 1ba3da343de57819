"""What the signals of each superclass look like: quantiles over training records, never a single one of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.beats import beat_rows
from ecg_forge.ecg.delineation import beat_intervals
from ecg_forge.ecg.leads import LEADS, lead_positions
from ecg_forge.ecg.median_beats import beat_samples, median_beats
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.signal_features import power_spectra, without_wander

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q95": 0.95}
SPECTRUM_STEP_HZ = 0.5
DIGITS = 4
_BLOCK = 256  # recordings measured at a time; bounds the memory
_TINY = 1e-12

Groups = Mapping[str, np.ndarray]
"""By superclass, which of the records hold it, bool ``(record,)``."""


def measured(signals: Signals, beats: pd.DataFrame, ecg_ids: np.ndarray, leads: list[str]) -> dict[str, np.ndarray]:
    """Measure some records block by block.

    Returns:
        ``intervals`` ``(record, 4)`` in ms; ``spectrum`` ``(record, 12, band)``, log10 of the power in mV²/Hz, a band
        being `SPECTRUM_STEP_HZ` wide; ``variance`` in mV² and ``peak_to_rms``, both ``(record, lead)`` of these leads,
        as is ``beats``, mV ``(record, lead, sample)``.
    """
    peaks = beat_rows(beats, ecg_ids)
    chosen = lead_positions(leads, signals.leads)
    parts: list[dict[str, np.ndarray]] = []
    for start in range(0, len(ecg_ids), _BLOCK):
        block = signals.millivolts(ecg_ids[start : start + _BLOCK])
        steady = without_wander(block[:, chosen], signals.fs)
        variance = steady.var(axis=-1)
        parts.append(
            {
                "intervals": beat_intervals(block, signals.fs).to_numpy(),
                "spectrum": _spectrum(block, signals.fs),
                "variance": variance,
                "peak_to_rms": np.abs(steady).max(axis=-1) / np.sqrt(np.maximum(variance, _TINY)),
                "beats": median_beats(steady, signals.fs, peaks[start : start + _BLOCK]),
            }
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def quantiles_by_group(values: np.ndarray, groups: Groups) -> dict[str, dict[str, float | int]]:
    """Return number and quantiles of the known ``values`` ``(record,)`` in each group that has some."""
    found = {}
    for name, held in groups.items():
        known = values[held & np.isfinite(values)]
        if len(known):
            marks = np.quantile(known, list(QUANTILES.values()))
            found[name] = {"n": len(known), **dict(zip(QUANTILES, _rounded(marks), strict=True))}
    return found


def spectra_by_group(spectrum: np.ndarray, groups: Groups) -> dict[str, Any]:
    """Return the middle of each band in Hz, and by lead and group the median of log10 power there."""
    bands = spectrum.shape[-1]
    return {
        "hz": _rounded((np.arange(bands) + 0.5) * SPECTRUM_STEP_HZ),
        "leads": {
            lead: {name: _rounded(np.median(spectrum[held, place], axis=0)) for name, held in groups.items()}
            for place, lead in enumerate(LEADS)
        },
    }


def beats_by_group(beats: np.ndarray, leads: list[str], fs: int, groups: Groups) -> dict[str, Any]:
    """Return seconds from the R peak, and by lead and group the quartiles over the median beats of its records."""
    quartiles = ("q25", "q50", "q75")
    found: dict[str, Any] = {lead: {} for lead in leads}
    for place, lead in enumerate(leads):
        for name, held in groups.items():
            marks = np.nanquantile(beats[held, place], [QUANTILES[each] for each in quartiles], axis=0)
            found[lead][name] = dict(zip(quartiles, map(_rounded, marks), strict=True))
    return {"seconds": _rounded(beat_samples(fs) / fs), "leads": found}


def _spectrum(signal_mv: np.ndarray, fs: int) -> np.ndarray:
    frequency, power = power_spectra(signal_mv, fs)
    starts = np.arange(0, 50, SPECTRUM_STEP_HZ)
    first = np.searchsorted(frequency, starts)
    sums = np.add.reduceat(power[..., frequency < 50], first, axis=-1)
    counts = np.diff([*first, (frequency < 50).sum()])
    return np.log10(np.maximum(sums / counts, _TINY)).astype(np.float32)


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), DIGITS) for value in values]
