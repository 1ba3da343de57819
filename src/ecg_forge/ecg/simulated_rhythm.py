"""Rhythms of the simulated PTB-XL: when the ventricles beat, which beats are premature, what the atria do meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ecg_forge.ecg.errors import BadInput

CONDUCTED, PREMATURE_ATRIAL, PREMATURE_VENTRICULAR = 0, 1, 2
_LEAD_IN_S = 2.5  # the rhythm starts before the recording, so that its first beat has a predecessor
_BREATHS_HZ = (0.18, 0.30)


@dataclass(frozen=True)
class Beats:
    """The beats of one recording, also those shortly before and after it, in order.

    Attributes:
        times: R wave in seconds after the first sample, ``(beat,)``.
        kinds: ``CONDUCTED``, ``PREMATURE_ATRIAL`` or ``PREMATURE_VENTRICULAR``, ``(beat,)``.
        flutter_hz: how often a second the atria go round in flutter, 0 in other rhythms.
    """

    times: np.ndarray
    kinds: np.ndarray
    flutter_hz: float = 0.0

    @property
    def intervals(self) -> np.ndarray:
        """Seconds since the beat before, ``(beat,)``; the first beat takes its successor's."""
        gaps = np.diff(self.times)
        return np.concatenate([gaps[:1], gaps])


@dataclass(frozen=True)
class Tempo:
    """Heart rate per minute over records, and the range of the share by which breathing changes the RR interval."""

    mean: float
    spread: float
    lowest: float
    highest: float
    breathing: tuple[float, float] = (0.005, 0.045)


TEMPI: Mapping[str, Tempo] = {
    "SR": Tempo(72, 10, 59, 99),
    "SBRAD": Tempo(53, 4, 40, 60),
    "STACH": Tempo(113, 11, 99, 150),
    "SARRH": Tempo(68, 9, 55, 95, (0.09, 0.20)),
    "BIGU": Tempo(76, 9, 60, 99),
    "AFIB": Tempo(92, 20, 55, 155),
    "PACE": Tempo(68, 6, 55, 85, (0.0, 0.002)),
}
"""Bounds are the usual ones (bradycardia below 60, tachycardia from 100 a minute) with a beat of readers' tolerance."""


def draw_beats(rng: np.random.Generator, rhythm: str, premature: frozenset[str], duration_s: float) -> Beats:
    """Draw the beats of a recording.

    Args:
        rng: source of chance.
        rhythm: a key of ``TEMPI``, or AFLT.
        premature: PAC or PVC or both, when such beats occur; ten seconds show one of each if there is room.
        duration_s: seconds recorded.
    """
    flutter_hz = float(np.clip(rng.normal(290, 18), 245, 345)) / 60 if rhythm == "AFLT" else 0.0
    times = np.cumsum(_intervals(rng, rhythm, duration_s, flutter_hz)) - _LEAD_IN_S
    beats = Beats(times, np.full(len(times), CONDUCTED), flutter_hz)
    if rhythm == "BIGU":
        return _with_premature(rng, beats, np.arange(1 + rng.integers(2), len(times), 2), PREMATURE_VENTRICULAR)
    for code, kind in (("PVC", PREMATURE_VENTRICULAR), ("PAC", PREMATURE_ATRIAL)):
        if code in premature:
            beats = _with_premature(rng, beats, _places(rng, beats, duration_s), kind)
    return beats


def _intervals(rng: np.random.Generator, rhythm: str, duration_s: float, flutter_hz: float) -> np.ndarray:
    """Draw enough RR intervals in seconds to cover lead-in, recording and a little more."""
    span = _LEAD_IN_S + duration_s + 2.5
    if rhythm == "AFLT":  # the AV node passes every second, third or fourth flutter wave, sometimes one more
        ratio = rng.choice([2, 3, 4], p=[0.4, 0.25, 0.35])
        steps = ratio + (rng.random(int(span * 4)) < rng.choice([0.0, 0.2]))
        return steps / flutter_hz
    if rhythm not in TEMPI:
        raise BadInput(f"no simulated rhythm {rhythm!r}; known are AFLT, {', '.join(TEMPI)}")
    tempo = TEMPI[rhythm]
    mean_rr = 60.0 / np.clip(rng.normal(tempo.mean, tempo.spread), tempo.lowest, tempo.highest)
    count = int(span / mean_rr * 1.5) + 4
    if rhythm == "AFIB":
        return np.maximum(mean_rr * np.exp(rng.normal(0.0, rng.uniform(0.15, 0.30), count)), 0.32)
    breaths = 2 * np.pi * (rng.uniform(*_BREATHS_HZ) * mean_rr * np.arange(count) + rng.uniform())
    jitter = 0.0005 if rhythm == "PACE" else 0.010
    return mean_rr * (1 + rng.uniform(*tempo.breathing) * np.sin(breaths) + rng.normal(0.0, jitter, count))


def _places(rng: np.random.Generator, beats: Beats, duration_s: float) -> np.ndarray:
    """Choose which conducted beats come early: one or more, no neighbours, all well inside the recording."""
    inside = (beats.times > 1.3) & (beats.times < duration_s - 0.7) & (beats.kinds == CONDUCTED)
    inside[1:] &= beats.kinds[:-1] == CONDUCTED
    free = np.flatnonzero(inside).tolist()
    chosen: list[int] = []
    wanted = 1 + rng.poisson(0.9)
    while free and len(chosen) < wanted:
        place = free[rng.integers(len(free))]
        chosen.append(place)
        free = [other for other in free if abs(other - place) > 1]
    return np.array(sorted(chosen), dtype=int)


def _with_premature(rng: np.random.Generator, beats: Beats, places: np.ndarray, kind: int) -> Beats:
    """Let these beats come early; the pause after a ventricular one is fully compensatory, after an atrial one less."""
    times, kinds = beats.times.copy(), beats.kinds.copy()
    coupling = rng.uniform(0.52, 0.68) if kind == PREMATURE_VENTRICULAR else rng.uniform(0.58, 0.74)
    for place in places:
        early = (1 - coupling) * (times[place] - times[place - 1]) * rng.uniform(0.92, 1.08)
        times[place] -= early
        kinds[place] = kind
        if kind == PREMATURE_ATRIAL:
            times[place + 1 :] -= 0.8 * early
    return Beats(times, kinds, beats.flutter_hz)


def atrial_activity(rng: np.random.Generator, rhythm: str, beats: Beats, clock: np.ndarray) -> np.ndarray:
    """Return the heart vector of fibrillating or fluttering atria, ``(3, sample)`` in mV; zero in other rhythms.

    Args:
        rng: source of chance.
        rhythm: AFIB (waves of 4 to 9 Hz, largest in V1), AFLT (saw teeth, downwards in II, III, aVF) or another.
        beats: the ventricles' beats; flutter waves keep step with them.
        clock: seconds of each sample, ``(sample,)``.
    """
    if rhythm == "AFIB":
        rates = rng.uniform(4.5, 8.5) + rng.normal(0.0, 0.6, 4)
        swell = 1 + 0.5 * np.sin(2 * np.pi * (rng.uniform(0.1, 0.5, (4, 1)) * clock + rng.random((4, 1))))
        waves = swell * np.sin(2 * np.pi * (rates[:, None] * clock + rng.random((4, 1))))
        size = 0.026 * np.exp(rng.normal(0.0, 0.5))
        return size * np.array([[0.4], [0.5], [-1.0]]) * rng.uniform(0.5, 1.5, (3, 1)) * waves.sum(axis=0) / np.sqrt(2)
    if rhythm == "AFLT":
        turns = 2 * np.pi * (beats.flutter_hz * (clock - beats.times[0]) + rng.random())
        teeth = np.sin(turns) + np.sin(2 * turns) / 2 + np.sin(3 * turns) / 3
        return rng.uniform(0.07, 0.17) * np.array([[0.10], [-1.0], [-0.40]]) * teeth
    return np.zeros((3, len(clock)))
