"""A simulated PTB-XL: as many 12-lead ECGs as wanted, with PTB-XL's own tables, for demos and tests without real data.

The signal is a dipole model (``simulated_heart``), so what a classifier scores on it says nothing about patients.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS, twelve_leads
from ecg_forge.ecg.records import Signals, to_microvolts
from ecg_forge.ecg.simulated_cohort import Plan, plan_cohort
from ecg_forge.ecg.simulated_heart import WAVE_NAMES, Waves, beat_waves, heart_vector, qrs_peak, waves_of_beats
from ecg_forge.ecg.simulated_noise import RecordingNoise, draw_recording_noise, lead_noise
from ecg_forge.ecg.simulated_rhythm import Beats, atrial_activity, draw_beats
from ecg_forge.ecg.simulated_tables import metadata_table, statements_table

_SMALLEST_FS, _SMALLEST_DURATION_S = 50, 1.0


@dataclass(frozen=True)
class SimulationConfig:
    """How many recordings to simulate, at which rate, how long, from which seed.

    Attributes:
        n_records: recordings.
        fs: sampling rate in Hz, at least 50.
        duration_s: seconds per recording, at least 1.
        seed: non-negative; the same seed gives the same bytes.

    Raises:
        BadInput: a value is out of range; the message names it.
    """

    n_records: int = 2000
    fs: int = 100
    duration_s: float = 10.0
    seed: int = 0

    def __post_init__(self) -> None:
        smallest = {"n_records": 1, "fs": _SMALLEST_FS, "duration_s": _SMALLEST_DURATION_S, "seed": 0}
        for name, bound in smallest.items():
            value = getattr(self, name)
            if not np.isfinite(value) or value < bound:
                raise BadInput(f"simulation {name} is {value}; it must be at least {bound}")
            if name != "duration_s" and value != int(value):
                raise BadInput(f"simulation {name} is {value}; it must be a whole number")

    @property
    def length(self) -> int:
        """Samples per lead."""
        return round(self.fs * self.duration_s)


@dataclass(frozen=True)
class SimulatedPTBXL:
    """A simulated cohort in PTB-XL's form.

    Attributes:
        metadata: the columns of ``ptbxl_database.csv``, index ``ecg_id`` from 1.
        statements: the columns of ``scp_statements.csv``, index code, all 71.
        signals: int16 microvolt, leads in ``LEADS`` order.
        r_peaks: per record, the samples at which the heart vector of each QRS is longest, int64.
    """

    metadata: pd.DataFrame
    statements: pd.DataFrame
    signals: Signals
    r_peaks: list[np.ndarray]


def simulate_ptbxl(config: SimulationConfig) -> SimulatedPTBXL:
    """Simulate a cohort; a record's signal and statements depend on the seed and its ``ecg_id`` only."""
    plans = plan_cohort(config.seed, config.n_records)
    samples = np.empty((config.n_records, len(LEADS), config.length), dtype=np.int16)
    r_peaks, levels = [], []
    for row, plan in enumerate(plans):
        samples[row], peaks, noise = simulate_record(plan, config)
        r_peaks.append(peaks)
        levels.append(noise)
    return SimulatedPTBXL(
        metadata=metadata_table(plans, levels, config.seed),
        statements=statements_table(),
        signals=Signals(samples, np.arange(1, config.n_records + 1, dtype=np.int64), LEADS, config.fs),
        r_peaks=r_peaks,
    )


def simulate_record(plan: Plan, config: SimulationConfig) -> tuple[np.ndarray, np.ndarray, RecordingNoise]:
    """Simulate one recording.

    Returns:
        Signal int16 ``(lead, sample)`` in microvolt, R peaks ``(beat,)`` as samples, and the noise levels.
    """
    # Heart and noise draw from streams of their own: the same record at another rate has the same heart.
    heart_rng = np.random.default_rng((config.seed, 3, plan.ecg_id))
    noise_rng = np.random.default_rng((config.seed, 4, plan.ecg_id))
    beats = draw_beats(heart_rng, plan.rhythm, frozenset(plan.severities) & {"PVC", "PAC"}, config.duration_s)
    kinds = _kinds_of_beats(heart_rng, plan)
    ventricles = _ventricles(heart_rng, kinds, beats, config)
    clock = np.arange(config.length) / config.fs
    rotation, lead_field = plan.patient.anatomy.rotation, plan.patient.anatomy.lead_field
    atria = rotation @ atrial_activity(heart_rng, plan.rhythm, beats, clock)

    levels = draw_recording_noise(noise_rng)
    leads = lead_field @ (ventricles + atria) + lead_noise(noise_rng, levels, config.fs, config.length)
    return to_microvolts(twelve_leads(leads)), _r_peaks(kinds, beats, config), levels


def _kinds_of_beats(rng: np.random.Generator, plan: Plan) -> list[Waves]:
    """Return the waves of a conducted, an atrial and a ventricular premature beat, in the order of their numbers."""
    origin = str(rng.choice(["PVC from the right", "PVC from the left"], p=[0.6, 0.4]))
    return [beat_waves(plan.patient.anatomy, plan.severities, premature) for premature in ("", "PAC", origin)]


def _ventricles(rng: np.random.Generator, kinds: list[Waves], beats: Beats, config: SimulationConfig) -> np.ndarray:
    """Draw the small differences between beats and sum P, QRS and T to the heart vector, ``(3, sample)`` in mV."""
    count = len(beats.times)
    breath = 1 + rng.uniform(0.0, 0.05) * np.sin(2 * np.pi * (rng.uniform(0.18, 0.30) * beats.times + rng.random()))
    gain = breath[:, None] * (1 + rng.normal(0.0, 0.025, (count, len(WAVE_NAMES))))
    # QT follows the rate slowly, so the mean interval counts for more than the last; Fridericia's cube root.
    qt_factor = np.cbrt(0.7 * beats.intervals.mean() + 0.3 * beats.intervals)
    waves = waves_of_beats(kinds, beats.kinds, qt_factor, gain)
    return heart_vector(waves, beats.times, config.fs, config.length)


def _r_peaks(kinds: list[Waves], beats: Beats, config: SimulationConfig) -> np.ndarray:
    """Return the samples of the QRS peaks that lie inside the recording, ``(beat,)``."""
    peaks = np.rint((beats.times + np.array([qrs_peak(kind) for kind in kinds])[beats.kinds]) * config.fs)
    return peaks[(peaks >= 0) & (peaks < config.length)].astype(np.int64)
