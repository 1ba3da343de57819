"""One's own records as others write them: any rate, shuffled leads, mV or µV."""

from pathlib import Path

import numpy as np
import wfdb

from ecg_forge.ecg.leads import LEADS, twelve_leads

UNITS_PER_MILLIVOLT = {"mV": 1, "uV": 1000}


def waves(fs: int, seconds: float) -> np.ndarray:
    """Return mV ``(12, sample)``: sines of another frequency below 40 Hz in each of the eight independent leads."""
    time = np.arange(round(seconds * fs)) / fs
    return twelve_leads(np.stack([0.4 * np.sin(2 * np.pi * (1.3 + 4.7 * lead) * time + lead) for lead in range(8)]))


def write_own_record(folder: Path, name: str, signal: np.ndarray, fs: int, unit: str = "mV", seed: int = 0) -> None:
    """Write mV ``(12, sample)`` with wfdb, its leads in an order of chance and in capitals.

    Args:
        folder: where; it is made.
        name: of the record.
        signal: leads in the order of `LEADS`.
        fs: sampling rate in Hz.
        unit: ``mV`` or ``uV``.
        seed: of the order.
    """
    order = np.random.default_rng(seed).permutation(len(LEADS))
    per_millivolt = UNITS_PER_MILLIVOLT[unit]
    folder.mkdir(parents=True, exist_ok=True)
    wfdb.wrsamp(
        name,
        fs=fs,
        units=[unit] * len(LEADS),
        sig_name=[LEADS[lead].upper() for lead in order],
        p_signal=signal[order].T.astype(np.float64) * per_millivolt,
        fmt=["16"] * len(LEADS),
        adc_gain=[1000.0 / per_millivolt] * len(LEADS),
        baseline=[0] * len(LEADS),
        write_dir=str(folder),
    )
