"""The R peaks of many recordings: as a table with a row per beat, as rows of equal length, and as aligned beats."""

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput

MOST_BEATS = 48
"""Beats that a row can hold: more than the detector, which rests for 0.25 s after each, can find in 10 s."""


def beat_table(ecg_ids: np.ndarray, found: list[np.ndarray]) -> pd.DataFrame:
    """Table the beats of some recordings.

    Args:
        ecg_ids: ``(record,)``.
        found: for each recording the samples of its R peaks, rising int64 ``(beat,)``.

    Returns:
        One row per beat: ecg_id and sample, in the order given.
    """
    counts = [len(beats) for beats in found]
    samples = np.concatenate([np.empty(0, np.int64), *found])
    return pd.DataFrame({"ecg_id": np.repeat(ecg_ids, counts), "sample": samples.astype(np.int64)})


def beat_rows(beats: pd.DataFrame, ecg_ids: np.ndarray) -> np.ndarray:
    """Return the R peaks of each recording as float32 ``(record, MOST_BEATS)``, in samples, NaN after the last.

    Args:
        beats: as `beat_table` returns it; of these recordings and perhaps others.
        ecg_ids: ``(record,)``, each once; a recording without a beat has a row of NaN.

    Raises:
        BadInput: a recording has more than `MOST_BEATS` beats.
    """
    place = pd.Series(np.arange(len(ecg_ids)), index=ecg_ids)
    wanted = beats[beats["ecg_id"].isin(place.index)]
    number = wanted.groupby("ecg_id").cumcount().to_numpy()
    if (number >= MOST_BEATS).any():
        crowded = wanted["ecg_id"].iloc[int(number.argmax())]
        raise BadInput(f"ecg_id {crowded} has {number.max() + 1} beats, more than the {MOST_BEATS} a row can hold")
    rows = np.full((len(ecg_ids), MOST_BEATS), np.nan, np.float32)
    rows[place[wanted["ecg_id"]].to_numpy(), number] = wanted["sample"]
    return rows


def beats_of(beats: pd.DataFrame, ecg_id: int) -> np.ndarray:
    """Return the samples of one recording's R peaks, int64 ``(beat,)``, from a table as `beat_table` returns it."""
    return beats.loc[beats["ecg_id"] == ecg_id, "sample"].to_numpy(dtype=np.int64)


def aligned_beats(values: np.ndarray, peaks: np.ndarray, before: int, after: int) -> np.ndarray:
    """Cut the beats that lie wholly inside a recording, each with its R peak at place ``before``.

    Args:
        values: ``(..., sample)``: a signal, or anything else that is said of each sample.
        peaks: samples of the R peaks, ``(beat,)``.
        before, after: samples kept before each peak, and from the peak on.

    Returns:
        ``(beat, ..., before + after)``; no beat where none lies inside.
    """
    inside = [peak for peak in peaks if before <= peak <= values.shape[-1] - after]
    cut = [values[..., peak - before : peak + after] for peak in inside]
    return np.stack(cut) if cut else np.empty((0, *values.shape[:-1], before + after), values.dtype)
