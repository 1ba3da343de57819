"""The heart of the simulated PTB-XL: a dipole moving in Gaussian waves, seen by the leads through Dower's matrix.

Every wave of a beat is a Gaussian pulse of the heart vector (x to the patient's left, y down, z to the back; mV), as
in the models of McSharry et al. 2003 (IEEE Trans Biomed Eng 50:289) and, in three dimensions, Sameni et al. 2007
(doi:10.1155/2007/43407). A statement is a change of these waves, scaled by its severity. The sizes of the waves and
changes are our own, chosen so that the leads show the textbook sign; they are schematic and not fitted to patients.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

LEAD_FIELD = np.array(
    [
        [0.632, -0.235, 0.059],
        [0.235, 1.066, -0.132],
        [-0.515, 0.157, -0.917],
        [0.044, 0.164, -1.387],
        [0.882, 0.098, -1.277],
        [1.213, 0.127, -0.601],
        [1.125, 0.127, -0.086],
        [0.831, 0.076, 0.230],
    ]
)
"""Leads in ``INDEPENDENT_LEADS`` order from the heart vector, ``(8, 3)``, in Frank's coordinates.

Dower et al. 1980 (doi:10.1002/clc.1980.3.2.87); its inverse is Edenbrandt and Pahlm's (J Electrocardiol 1988, 21:361).
"""

_WAVES: tuple[tuple[str, str, float, float, tuple[float, float, float]], ...] = (
    # name, what it moves with, centre (s) and width (s, one sigma), heart vector (mV)
    ("spike", "QRS", -0.075, 0.004, (0.0, 0.0, 0.0)),
    ("P1", "P", 0.035, 0.018, (0.030, 0.075, -0.045)),
    ("P2", "P", 0.068, 0.020, (0.055, 0.055, 0.025)),
    ("delta", "QRS", -0.050, 0.016, (0.0, 0.0, 0.0)),
    ("Q", "QRS", -0.025, 0.0085, (-0.10, -0.03, -0.25)),
    ("R", "QRS", 0.000, 0.010, (1.02, 0.62, 0.15)),
    ("notch", "QRS", 0.022, 0.006, (0.0, 0.0, 0.0)),
    ("S", "QRS", 0.021, 0.0105, (0.05, -0.10, 0.80)),
    ("end", "QRS", 0.038, 0.009, (-0.20, -0.15, 0.12)),
    ("ST", "T", 0.125, 0.042, (0.020, 0.015, -0.030)),
    ("T1", "T", 0.215, 0.055, (0.10, 0.07, -0.08)),
    ("T2", "T", 0.275, 0.040, (0.22, 0.16, -0.17)),
)
WAVE_NAMES = tuple(wave[0] for wave in _WAVES)
_FOLLOWS_P = np.array([wave[1] == "P" for wave in _WAVES])
_FOLLOWS_T = np.array([wave[1] == "T" for wave in _WAVES])
_CENTRES = np.array([wave[2] for wave in _WAVES])
_WIDTHS = np.array([wave[3] for wave in _WAVES])
_VECTORS = np.array([wave[4] for wave in _WAVES])
_QRS_ONSET_S = -0.045  # before the R wave's centre
_QT_OF_TABLE_S = 0.40
_BEFORE_BEAT_S, _AFTER_BEAT_S = 0.50, 0.80  # no wave of a beat reaches further


@dataclass(frozen=True)
class Change:
    """What severity 1 of a statement does to one wave.

    Attributes:
        wave: one of ``WAVE_NAMES``.
        add: heart vector in mV added to the wave's.
        scale: factor on the wave's own vector, before adding.
        delay: seconds by which the wave comes later.
        stretch: factor on the wave's width.
    """

    wave: str
    add: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: float = 1.0
    delay: float = 0.0
    stretch: float = 1.0


_NO_P = (Change("P1", scale=0.0), Change("P2", scale=0.0))
_LOW_QRS = tuple(Change(wave, scale=0.52) for wave in ("Q", "R", "S", "end"))

CHANGES: Mapping[str, tuple[Change, ...]] = {
    # Conduction: Surawicz et al. 2009, AHA/ACCF/HRS recommendations III (doi:10.1016/j.jacc.2008.12.013)
    "CLBBB": (  # no septal q, broad notched R in I and V6, rS in V1, T against the QRS
        Change("Q", (0.11, 0.04, 0.29)),
        Change("R", (-0.15, -0.35, 0.55), delay=0.022, stretch=2.1),
        Change("S", (0.45, 0.05, 0.15), delay=0.045, stretch=1.7),
        Change("end", (0.25, 0.15, 0.10), delay=0.055, stretch=1.6),
        Change("ST", (-0.10, -0.05, -0.18)),
        Change("T1", (-0.18, -0.10, -0.14), delay=0.03),
        Change("T2", (-0.45, -0.25, -0.28), delay=0.03),
    ),
    "CRBBB": (  # late vector to the right and front: rsR' in V1, broad S in I and V6
        Change("S", (0.0, 0.0, -0.20)),
        Change("end", (-0.42, -0.03, -0.60), delay=0.036, stretch=2.2),
        Change("T2", (0.04, 0.0, 0.26)),
        Change("ST", (0.02, 0.0, 0.05)),
    ),
    "IRBBB": (Change("end", (-0.14, 0.0, -0.36), delay=0.012, stretch=1.2),),
    "LAFB": (  # first down, then up and left: small r and deep S in II, III, aVF, qR in aVL
        Change("Q", (-0.03, 0.22, 0.02)),
        Change("R", (0.0, -1.00, 0.0), delay=0.004, stretch=1.1),
        Change("S", (-0.10, -0.55, -0.10)),
        Change("end", (0.05, -0.25, 0.0)),
    ),
    "1AVB": (Change("P1", delay=-0.085), Change("P2", delay=-0.085)),
    "WPW": (  # delta wave right after P, secondary ST-T change
        Change("P1", delay=0.02),
        Change("P2", delay=0.02),
        Change("delta", (0.32, 0.16, -0.14), stretch=1.1),
        Change("R", (0.0, -0.1, -0.1), stretch=1.2),
        Change("T2", (-0.18, -0.12, 0.10)),
    ),
    # Infarction, Thygesen et al. 2018 (doi:10.1161/CIR.0000000000000617): the first vector turns from the dead wall
    "IMI": (
        Change("Q", (0.04, -0.50, 0.03), delay=-0.003, stretch=1.55),
        Change("R", (0.05, -0.30, 0.0)),
        Change("T2", (0.02, -0.24, 0.02)),
    ),
    "ASMI": (
        Change("Q", (0.08, 0.0, 0.50), stretch=1.5),
        Change("R", (-0.05, 0.0, 0.25)),
        Change("ST", (0.0, 0.0, -0.06)),
        Change("T2", (0.0, 0.0, 0.30)),
    ),
    "AMI": (
        Change("Q", (-0.42, 0.0, 0.36), stretch=1.45),
        Change("R", (-0.42, 0.0, 0.15)),
        Change("ST", (0.04, 0.0, -0.05)),
        Change("T2", (-0.22, 0.0, 0.26)),
    ),
    "ILMI": (
        Change("Q", (-0.34, -0.44, 0.0), delay=-0.003, stretch=1.55),
        Change("R", (-0.28, -0.25, 0.0)),
        Change("T2", (-0.24, -0.22, 0.0)),
    ),
    # Repolarisation
    "NDT": (Change("T1", (-0.06, -0.04, 0.04)), Change("T2", (-0.17, -0.12, 0.06))),
    "INVT": (Change("T1", (-0.12, -0.08, 0.12)), Change("T2", (-0.40, -0.27, 0.38))),
    "ISC_": (
        Change("ST", (-0.07, -0.04, 0.05)),
        Change("T1", (-0.14, -0.06, 0.06)),
        Change("T2", (-0.36, -0.16, 0.10)),
    ),
    "STD_": (Change("ST", (-0.13, -0.10, 0.07), stretch=1.25), Change("T1", (-0.05, -0.04, 0.0))),
    "LNGQT": (Change("T1", delay=0.075, stretch=1.1), Change("T2", delay=0.095, stretch=1.1)),
    # Hypertrophy and voltage: Sokolow and Lyon 1949; Hancock et al. 2009 (doi:10.1016/j.jacc.2008.12.015)
    "LVH": (
        Change("R", (0.70, 0.05, 0.30), stretch=1.12),
        Change("S", (0.12, 0.0, 0.70), stretch=1.08),
        Change("ST", (-0.05, -0.02, 0.02)),
        Change("T1", (-0.08, -0.02, 0.0)),
        Change("T2", (-0.26, -0.08, 0.0)),
    ),
    "VCLVH": (Change("R", (0.52, 0.08, 0.20)), Change("S", (0.08, 0.0, 0.55))),
    "RVH": (  # tall R in V1, right axis, strain in V1 to V3
        Change("R", (-0.75, 0.20, -0.95), stretch=1.1),
        Change("S", (-0.40, 0.05, -0.75)),
        Change("end", (-0.20, 0.0, -0.10)),
        Change("T2", (0.08, 0.0, 0.28)),
    ),
    "LAO/LAE": (Change("P2", (0.05, 0.01, 0.09), delay=0.030, stretch=1.3), Change("P1", delay=-0.010)),
    "LVOLT": _LOW_QRS,
    "ABQRS": (Change("notch", (-0.38, -0.34, 0.12)), Change("R", stretch=1.12)),
    # Rhythms that change the shape of every beat
    "AFIB": _NO_P,
    "AFLT": _NO_P,
    "PACE": (  # spike, then the right ventricular apex drives: left bundle branch shape, axis upwards
        *_NO_P,
        Change("spike", (0.45, 0.60, 0.30)),
        Change("Q", (0.10, -0.10, 0.27)),
        Change("R", (-0.30, -1.45, 0.60), delay=0.020, stretch=2.5),
        Change("S", (0.35, -0.35, 0.15), delay=0.055, stretch=1.9),
        Change("end", (0.25, 0.0, 0.05), delay=0.07, stretch=1.7),
        Change("T1", (-0.10, 0.28, -0.16), delay=0.04),
        Change("T2", (-0.40, 0.42, -0.28), delay=0.04),
    ),
}
"""How each statement changes the beats of a record."""

PREMATURE: Mapping[str, tuple[Change, ...]] = {
    "PAC": (Change("P1", (-0.02, -0.10, 0.02), scale=0.8), Change("P2", (-0.05, -0.06, 0.0), scale=0.8)),
    "PVC from the right": (
        *_NO_P,
        Change("Q", (0.10, 0.03, 0.27)),
        Change("R", (0.15, 0.35, 0.75), delay=0.010, stretch=2.9),
        Change("S", (0.35, 0.50, 0.10), delay=0.055, stretch=2.2),
        Change("end", scale=0.0),
        Change("ST", (-0.15, -0.18, -0.20)),
        Change("T1", (-0.26, -0.25, -0.22), delay=0.02),
        Change("T2", (-0.50, -0.45, -0.38), delay=0.04),
    ),
    "PVC from the left": (
        *_NO_P,
        Change("Q", scale=0.3),
        Change("R", (-1.65, -1.35, -0.90), delay=0.010, stretch=2.9),
        Change("S", (-0.45, -0.45, -1.30), delay=0.050, stretch=2.2),
        Change("end", scale=0.0),
        Change("ST", (0.14, 0.10, 0.20)),
        Change("T1", (0.18, 0.14, 0.22), delay=0.02),
        Change("T2", (0.28, 0.22, 0.50), delay=0.04),
    ),
}
"""How a premature beat differs from the record's other beats."""


@dataclass(frozen=True)
class Anatomy:
    """What stays the same between the recordings of one patient.

    Attributes:
        wave_gain: factor on each wave, ``(wave,)``.
        rotation: the heart's position, ``(3, 3)``, applied to every heart vector.
        lead_field: this body's ``LEAD_FIELD``, ``(8, 3)``, gain included.
        qrs_stretch: factor on centres and widths of the QRS waves.
        pr_s: from the start of P to the start of QRS, in seconds.
        qtc_s: QT at one beat a second (Fridericia 1920), in seconds.
    """

    wave_gain: np.ndarray
    rotation: np.ndarray
    lead_field: np.ndarray
    qrs_stretch: float
    pr_s: float
    qtc_s: float


@dataclass(frozen=True)
class Waves:
    """Centre (s) and width (s) of each wave, ``(..., wave)``, and its heart vector (mV), ``(..., wave, 3)``."""

    centres: np.ndarray
    widths: np.ndarray
    vectors: np.ndarray


def draw_anatomy(rng: np.random.Generator, age: float, female: bool) -> Anatomy:
    """Draw one patient's anatomy; voltage falls and the axis turns left with age, women have lower voltage."""
    wave_gain = np.exp(rng.normal(0.0, np.where(_FOLLOWS_T, 0.22, 0.20)))
    wave_gain[_FOLLOWS_T] *= np.exp(rng.normal(0.0, 0.30))
    frontal = np.deg2rad(rng.normal(-0.45 * (age - 55), 19.0))
    horizontal = np.deg2rad(rng.normal(0.0, 15.0))
    gain = np.exp(rng.normal(-0.12 * female - 0.002 * (age - 55), 0.20))
    return Anatomy(
        wave_gain=wave_gain,
        rotation=_turn(0, 1, frontal) @ _turn(0, 2, horizontal),
        lead_field=gain * (LEAD_FIELD * np.exp(rng.normal(0.0, 0.16, (8, 1))) + rng.normal(0.0, 0.08, (8, 3))),
        qrs_stretch=float(np.clip(rng.normal(1.0 - 0.03 * female, 0.08), 0.82, 1.22)),
        pr_s=float(np.clip(rng.normal(0.150 + 0.0003 * (age - 55), 0.018), 0.115, 0.198)),
        qtc_s=float(np.clip(rng.normal(0.405 + 0.008 * female, 0.016), 0.36, 0.45)),
    )


def _turn(first: int, second: int, angle: float) -> np.ndarray:
    """Rotation in the plane of two axes that takes the first towards the second, ``(3, 3)``."""
    turn = np.eye(3)
    turn[first, first] = turn[second, second] = np.cos(angle)
    turn[first, second], turn[second, first] = -np.sin(angle), np.sin(angle)
    return turn


def beat_waves(anatomy: Anatomy, severities: Mapping[str, float], premature: str = "") -> Waves:
    """Return the waves of one kind of beat: the patient's own, changed by each statement as far as it is severe.

    Centres are relative to the R wave, for a QT of ``anatomy.qtc_s``.
    """
    centres, widths, vectors = _CENTRES.copy(), _WIDTHS.copy(), _VECTORS * anatomy.wave_gain[:, None]
    centres[_FOLLOWS_P] += _QRS_ONSET_S - anatomy.pr_s
    centres[_FOLLOWS_T] += anatomy.qtc_s - _QT_OF_TABLE_S
    qrs = ~(_FOLLOWS_P | _FOLLOWS_T)
    centres[qrs] *= anatomy.qrs_stretch
    widths[qrs] *= anatomy.qrs_stretch
    changes = [(change, severity) for code, severity in severities.items() for change in CHANGES.get(code, ())]
    changes += [(change, 1.0) for change in PREMATURE.get(premature, ())]
    for change, severity in changes:
        wave = WAVE_NAMES.index(change.wave)
        vectors[wave] *= max(0.0, 1 + severity * (change.scale - 1))
        vectors[wave] += severity * np.array(change.add)
        centres[wave] += severity * change.delay
        widths[wave] *= 1 + severity * (change.stretch - 1)
    return Waves(centres, widths, vectors @ anatomy.rotation.T)


def qrs_peak(waves: Waves) -> float:
    """Return how many seconds after its nominal time a beat's QRS vector is longest, pacing spike left out."""
    qrs = ~(_FOLLOWS_P | _FOLLOWS_T) & (np.array(WAVE_NAMES) != "spike")
    clock = np.arange(-0.080, 0.1205, 0.001)
    pulses = np.exp(-0.5 * ((clock - waves.centres[qrs, None]) / waves.widths[qrs, None]) ** 2)
    return float(clock[np.linalg.norm(waves.vectors[qrs].T @ pulses, axis=0).argmax()])


def waves_of_beats(kinds: Sequence[Waves], which: np.ndarray, qt_factor: np.ndarray, gain: np.ndarray) -> Waves:
    """Return the waves of every beat, each array with a leading axis ``(beat,)``.

    Args:
        kinds: the kinds of beats that occur.
        which: the kind of each beat, as its position in ``kinds``, ``(beat,)``.
        qt_factor: how much later than in its kind the T wave of each beat comes, ``(beat,)``.
        gain: factor on each wave of each beat, ``(beat, wave)``.
    """
    centres = np.stack([kind.centres for kind in kinds])[which]
    return Waves(
        np.where(_FOLLOWS_T, centres * qt_factor[:, None], centres),
        np.stack([kind.widths for kind in kinds])[which],
        np.stack([kind.vectors for kind in kinds])[which] * gain[:, :, None],
    )


def heart_vector(waves: Waves, times: np.ndarray, fs: int, length: int) -> np.ndarray:
    """Sum the Gaussian waves of all beats to the heart vector, ``(3, length)`` in mV.

    Args:
        waves: as ``waves_of_beats`` returns them.
        times: R wave of each beat in seconds after the first sample, ``(beat,)``; may lie outside the recording.
        fs: sampling rate in Hz.
        length: samples.
    """
    near = (times > -_AFTER_BEAT_S) & (times < length / fs + _BEFORE_BEAT_S)
    times, centres, widths, vectors = times[near], waves.centres[near], waves.widths[near], waves.vectors[near]
    span = round((_BEFORE_BEAT_S + _AFTER_BEAT_S) * fs) + 2
    starts = np.floor((times - _BEFORE_BEAT_S) * fs).astype(int)
    clock = (starts[:, None] + np.arange(span)) / fs - times[:, None]  # (beat, sample), seconds from its R wave
    pulses = np.exp(-0.5 * ((clock[:, None, :] - centres[:, :, None]) / widths[:, :, None]) ** 2)
    beats = vectors.transpose(0, 2, 1) @ pulses  # (beat, 3, sample)

    vector = np.zeros((3, length + 2 * span))
    for start, beat in zip(starts, beats, strict=True):
        vector[:, start + span : start + 2 * span] += beat
    return vector[:, span : span + length]
