"""Explanations of many records as one: over beats aligned at their R peak, and over leads and waves."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ecg_forge.ecg.beats import aligned_beats
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.waves import WAVES

BEFORE_S, AFTER_S = 0.30, 0.50  # of the R peak; what lies beyond belongs to the neighbours at 75 beats per minute


def beat_averages(
    signals_mv: np.ndarray, maps: Mapping[str, np.ndarray], peaks: Sequence[np.ndarray], fs: int
) -> pd.DataFrame:
    """Average signals and maps over the beats of each record, then over records, so that each record counts the same.

    Args:
        signals_mv: mV ``(record, lead, sample)``.
        maps: by method ``(record, lead, sample)``.
        peaks: samples of each record's R peaks.
        fs: sampling rate in Hz.

    Returns:
        method, lead, sample (from the R peak), attribution, millivolts (above each lead's median), and the numbers of
        records and beats behind them. A record without a whole beat is left out.

    Raises:
        BadInput: no record has a whole beat.
    """
    before, after = round(BEFORE_S * fs), round(AFTER_S * fs)
    level = signals_mv - np.median(signals_mv, axis=-1, keepdims=True)
    cut = [
        aligned_beats(np.stack(both), of_record, before, after)
        for *both, of_record in zip(level, *maps.values(), peaks, strict=True)
    ]
    whole = [beats for beats in cut if len(beats)]
    if not whole:
        raise BadInput(
            f"none of {len(cut)} records has a whole beat to average; raise explanation.averaged_records or name "
            "another statement"
        )
    mean = np.mean([beats.mean(axis=0) for beats in whole], axis=0)  # (signal and methods, lead, sample)
    index = pd.MultiIndex.from_product([maps, LEADS, range(-before, after)], names=["method", "lead", "sample"])
    return (
        pd.DataFrame({"attribution": mean[1:].ravel()}, index=index)
        .assign(
            millivolts=np.tile(mean[0].ravel(), len(maps)), records=len(whole), beats=sum(len(beats) for beats in whole)
        )
        .reset_index()
    )


def occlusion_rows(maps: Mapping[str, np.ndarray], parts: np.ndarray) -> pd.DataFrame:
    """Table by how much the logit falls without each lead, and without each wave, over records.

    Args:
        maps: by method ``(record, lead, sample)``; occlusion by lead and by wave are looked at, if they are there.
        parts: ``(record, sample)``, places in `WAVES`.

    Returns:
        part (lead or wave), name, and median, low and high: the middle and the quartiles of the records.
    """
    columns = ["part", "name", "low", "median", "high"]
    rows = []
    if (found := maps.get("occlusion_leads")) is not None:
        rows += [("lead", name, *_quartiles(found[:, place, 0])) for place, name in enumerate(LEADS)]
    if (found := maps.get("occlusion_waves")) is not None:
        for place, name in enumerate(WAVES):
            has = (parts == place).any(axis=1)
            falls = [one[0, part == place][0] for one, part in zip(found[has], parts[has], strict=True)]
            rows.append(("wave", name, *_quartiles(np.array(falls))))
    return pd.DataFrame(rows, columns=columns)


def _quartiles(values: np.ndarray) -> tuple[float, ...]:
    return tuple(np.quantile(values, (0.25, 0.5, 0.75)).tolist()) if len(values) else (np.nan,) * 3
