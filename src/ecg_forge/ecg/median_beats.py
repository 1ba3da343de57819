"""The median beat of each recording in every lead, and what is measured on it, many recordings at once.

Beats are cut about the R peaks that were found before and their median is taken sample by sample, so a premature beat
among normal ones hardly shows. `ecg_forge.ecg.delineation` measures more finely, record by record; this is for tables
of all records.
"""

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import INDEPENDENT_LEADS, LEADS, lead_positions

BEFORE_S, AFTER_S = 0.28, 0.52  # of the R peak; cut about P and T of the same beat at usual rates
STEP_S = 0.04  # between the samples of the median beat that stand in the table
LEVEL_S = (-0.12, -0.08)  # before QRS; what amplitudes are measured from
WAVES_S = {"p": (-0.28, -0.10), "qrs": (-0.10, 0.12), "t": (0.16, 0.52)}
"""Where a wave is looked for, in seconds from the R peak."""
ST_S = 0.12  # from the R peak: behind the end of a QRS of usual width
QRS_S = (-0.16, 0.20)  # where QRS may begin and end
QRS_SPEED = 0.12  # share of the steepest change at which QRS begins and ends


def median_beats(signal_mv: np.ndarray, fs: int, peaks: np.ndarray) -> np.ndarray:
    """Return the median beat of each record and lead, float32 mV ``(record, lead, sample)``.

    The first sample is `BEFORE_S` before the R peak, and the level before QRS is zero. Beats that the recording cuts
    off do not count; a record without any beat has NaN.

    Args:
        signal_mv: mV ``(record, lead, sample)``, finite.
        fs: sampling rate in Hz.
        peaks: samples of the R peaks, rising ``(record, beat)``, NaN after the last, as `beat_rows` returns them.

    Raises:
        BadInput: signals and peaks do not fit one another.
    """
    if signal_mv.ndim != 3 or peaks.ndim != 2 or len(signal_mv) != len(peaks):
        raise BadInput(
            f"signals {signal_mv.shape} and peaks {peaks.shape} must be (record, lead, sample), (record, beat)"
        )
    offsets = beat_samples(fs)
    inside = (peaks + offsets[0] >= 0) & (peaks + offsets[-1] < signal_mv.shape[-1])  # NaN is not inside
    most = int(np.isfinite(peaks).sum(axis=1).max(initial=1))
    inside, centres = inside[:, :most], np.where(inside, peaks, -offsets[0])[:, :most].astype(np.int64)
    samples = centres[:, None, :] + offsets[:, None]  # (record, sample, beat)
    cut = signal_mv[np.arange(len(signal_mv))[:, None, None], :, samples].transpose(0, 3, 1, 2)
    cut = np.where(inside[:, None, None, :], cut, np.float32(np.nan)).astype(np.float32)
    median = _median_of_known(cut, inside.sum(axis=1))
    return median - median[..., _window(LEVEL_S, fs)].mean(axis=-1, keepdims=True)


def beat_samples(fs: int) -> np.ndarray:
    """Return the samples of a median beat as distances from the R peak, int64 ``(sample,)``."""
    return np.arange(-round(BEFORE_S * fs), round(AFTER_S * fs))


def beat_measures(beats: np.ndarray, fs: int) -> pd.DataFrame:
    """Describe median beats lead by lead: samples every 40 ms, the size of the waves, and the ST segment.

    Args:
        beats: mV ``(record, 12, sample)`` as `median_beats` returns them, `LEADS` order.
        fs: sampling rate in Hz.

    Returns:
        a row per record with columns ``<lead>_<measure>``: ``beat+080ms`` and its like (mV); ``p_max``, ``qrs_max``,
        ``qrs_min``, ``t_max``, ``t_min`` (mV); ``st`` (mV) and ``st_slope`` (mV/s) after QRS; ``qrs_area`` and
        ``t_area`` (mV·s).
    """
    measures = _samples(beats, fs)
    for wave, part in {name: beats[..., _window(where, fs)] for name, where in WAVES_S.items()}.items():
        measures[f"{wave}_max"] = part.max(axis=-1)
        if wave != "p":
            measures[f"{wave}_min"] = part.min(axis=-1)
            measures[f"{wave}_area"] = part.sum(axis=-1) / fs
    st, later = (beats[..., _place(seconds, fs)] for seconds in (ST_S, ST_S + STEP_S))
    measures |= {"st": st, "st_slope": (later - st) / STEP_S}
    return lead_table(measures)


def heart_measures(beats: np.ndarray, fs: int) -> pd.DataFrame:
    """Describe median beats over all leads.

    Args:
        beats: mV ``(record, 12, sample)`` as `median_beats` returns them, `LEADS` order.
        fs: sampling rate in Hz.

    Returns:
        a row per record: ``qrs_ms``, from the first to the last change that is fast over all independent leads;
        ``qrs_axis_deg`` and ``t_axis_deg`` in the frontal plane (of the areas in I and aVF) and the ``qrs_t_angle_deg``
        between them, 0 to 180; ``sokolow_lyon_mv`` (S in V1 + R in V5 or V6; Sokolow & Lyon 1949) and ``cornell_mv``
        (R in aVL + S in V3; Casale et al. 1985).
    """
    one, avf, avl, v1, v3, v5, v6 = lead_positions(("I", "aVF", "aVL", "V1", "V3", "V5", "V6"), LEADS)
    qrs, t = (beats[..., _window(WAVES_S[wave], fs)] for wave in ("qrs", "t"))
    high, low = qrs.max(axis=-1), -qrs.min(axis=-1)
    qrs_axis, t_axis = (np.degrees(np.arctan2(a[:, avf], a[:, one])) for a in (qrs.sum(axis=-1), t.sum(axis=-1)))
    return pd.DataFrame(
        {
            "qrs_ms": _qrs_ms(beats, fs),
            "qrs_axis_deg": qrs_axis,
            "t_axis_deg": t_axis,
            "qrs_t_angle_deg": 180 - np.abs(180 - np.abs(qrs_axis - t_axis)),
            "sokolow_lyon_mv": low[:, v1] + np.maximum(high[:, v5], high[:, v6]),
            "cornell_mv": high[:, avl] + low[:, v3],
        }
    )


def lead_table(measures: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return measures ``(record, lead)`` by name as float32 columns ``<lead>_<measure>``, lead by lead."""
    values = np.stack(list(measures.values()), axis=-1).astype(np.float32)  # (record, lead, measure)
    names = [f"{lead}_{name}" for lead in LEADS for name in measures]
    return pd.DataFrame(values.reshape(len(values), -1), columns=names)


def _samples(beats: np.ndarray, fs: int) -> dict[str, np.ndarray]:
    steps = range(-round(0.24 / STEP_S), round(AFTER_S / STEP_S))
    return {f"beat{1000 * step * STEP_S:+04.0f}ms": beats[..., _place(step * STEP_S, fs)] for step in steps}


def _qrs_ms(beats: np.ndarray, fs: int) -> np.ndarray:
    """Measure QRS ``(record,)``; where it begins and ends between two samples is interpolated."""
    within = beats[:, lead_positions(INDEPENDENT_LEADS, LEADS)][..., _window(QRS_S, fs)]
    speed = np.linalg.norm(np.diff(within, axis=-1), axis=1)
    level = QRS_SPEED * speed.max(axis=-1, keepdims=True)
    begin, end = _first_crossing(speed, level), _first_crossing(speed[:, ::-1], level)
    return np.where(np.isfinite(level[:, 0]), (speed.shape[1] - 1 - end - begin) * 1000 / fs, np.nan)


def _first_crossing(values: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return where each row ``(row, sample)`` first rises to its level, in samples; 0 where it begins above."""
    first = (values >= level).argmax(axis=1)
    before = np.maximum(first - 1, 0)
    rows = np.arange(len(values))
    here, there = values[rows, first], values[rows, before]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (level[:, 0] - there) / (here - there)
    return np.where(first == 0, 0.0, before + share)


def _median_of_known(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the median of the last axis, of which the first ``known`` ``(record,)`` values in order are not NaN."""
    ordered = np.sort(values, axis=-1)  # NaN last
    low, high = (np.maximum(known - 1, 0) // 2, known // 2)
    low, high = (np.minimum(place, values.shape[-1] - 1)[:, None, None, None] for place in (low, high))
    pair = [np.take_along_axis(ordered, place, axis=-1)[..., 0] for place in (low, high)]
    return (pair[0] + pair[1]) / 2


def _window(seconds: tuple[float, float], fs: int) -> slice:
    return slice(_place(seconds[0], fs), _place(seconds[1], fs))


def _place(seconds: float, fs: int) -> int:
    """Return the sample of a median beat that is so many seconds after the R peak."""
    return round((seconds + BEFORE_S) * fs)
