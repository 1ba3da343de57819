"""Noise of the simulated PTB-XL, made on the electrodes, so that it obeys the limb-lead identities too."""

from dataclasses import dataclass

import numpy as np

_TERMINAL = np.full(3, -1 / 3)
ELECTRODES_TO_LEADS = np.block(
    [
        [np.array([[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]]), np.zeros((2, 6))],
        [np.tile(_TERMINAL, (6, 1)), np.eye(6)],
    ]
)
"""Leads in ``INDEPENDENT_LEADS`` order from the potentials of RA, LA, LL, V1 to V6, ``(8, 9)``.

The chest leads are measured against Wilson's terminal, the mean of the limbs.
"""

MAINS_HZ = 50.0
_PASSBAND = 0.45  # of the sampling rate: PTB-XL's 100 Hz records hold next to nothing above 45 Hz
_MAINS_LEAK = 0.1


@dataclass(frozen=True)
class RecordingNoise:
    """Typical size of the noise of an electrode in mV: baseline wander, muscle and mains hum."""

    wander: float
    muscle: float
    mains: float


def draw_recording_noise(rng: np.random.Generator) -> RecordingNoise:
    """Draw the levels of one recording: mostly clean, now and then poor."""
    wander, muscle, mains = np.exp(rng.normal(np.log([0.017, 0.011, 0.004]), [0.75, 0.60, 0.90]))
    return RecordingNoise(float(min(wander, 0.40)), float(min(muscle, 0.08)), float(min(mains, 0.05)))


def lead_noise(rng: np.random.Generator, levels: RecordingNoise, fs: int, length: int) -> np.ndarray:
    """Return the noise of one recording on the eight independent leads, ``(8, length)`` in mV."""
    potentials = wander(rng, levels.wander, fs, length) + muscle(rng, levels.muscle, fs, length)
    return ELECTRODES_TO_LEADS @ (potentials + mains(rng, levels.mains, fs, length))


def wander(rng: np.random.Generator, level: float, fs: int, length: int) -> np.ndarray:
    """Return baseline wander on the nine electrodes, ``(9, length)``: sines of breathing and drift, below 0.6 Hz."""
    frequencies = np.concatenate([rng.uniform(0.03, 0.15, 2), rng.uniform(0.15, 0.35, 2), rng.uniform(0.35, 0.6, 1)])
    sizes = level * np.repeat([1.0, 0.7, 0.6, 0.4, 0.3], 2)
    turns = 2 * np.pi * frequencies[:, None] * np.arange(length) / fs
    sines = np.stack([np.sin(turns), np.cos(turns)], axis=1).reshape(10, length)
    return (rng.normal(0.0, 1.0, (9, 10)) * sizes) @ sines


def muscle(rng: np.random.Generator, level: float, fs: int, length: int) -> np.ndarray:
    """Return muscle noise on the nine electrodes, ``(9, length)``: flat from 5 Hz to ``_PASSBAND``, in slow swells."""
    spectrum = np.fft.rfft(rng.normal(0.0, level, (9, length)), axis=1)
    frequencies = np.fft.rfftfreq(length, 1 / fs)
    spectrum *= np.clip(frequencies / 5.0, 0.2, 1.0) * (frequencies <= _PASSBAND * fs)
    clock = np.arange(length) / fs
    swell = 1 + rng.uniform(0.0, 0.6) * np.sin(2 * np.pi * (rng.uniform(0.05, 0.3) * clock + rng.uniform()))
    return np.fft.irfft(spectrum, n=length, axis=1) * swell


def mains(rng: np.random.Generator, level: float, fs: int, length: int) -> np.ndarray:
    """Return mains hum on the nine electrodes, ``(9, length)``: one sine near 50 Hz, coupled differently into each.

    Where the passband ends below 50 Hz, as at 100 Hz, the recorder's low-pass lets a tenth through, folded back by the
    sampling: a full hum would stand at the very Nyquist frequency, which real 100 Hz records do not show.
    """
    frequency = MAINS_HZ + rng.normal(0.0, 0.05)
    amplitude = np.sqrt(2) * level * rng.normal(0.0, 1.0, (9, 1)) * (1.0 if _PASSBAND * fs >= MAINS_HZ else _MAINS_LEAK)
    return amplitude * np.sin(2 * np.pi * (frequency * np.arange(length) / fs + rng.uniform()))
