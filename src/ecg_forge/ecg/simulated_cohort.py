"""Patients of the simulated PTB-XL: who comes how often, which statements go together, and how severe each is.

Frequencies and companions are rounded from the co-occurrence of statements in PTB-XL 1.0.3 (Wagner et al. 2022,
doi:10.13026/kfzx-aw45), with rare statements lifted to about one record in a hundred, so that a small cohort has them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ecg_forge.ecg.simulated_heart import CHANGES, Anatomy, draw_anatomy

_SHARE_NORMAL = 0.44
_SHARE_OF_RETURNS = 0.14  # records whose patient has been here before
_SHARE_UNREAD = 0.08  # companions the reader does not mention
_SHARE_SUBCLINICAL = 0.50  # records with a slight change nobody mentions
_SHARE_WITHOUT_RHYTHM = 0.01
_SUBCLINICAL = (
    "NDT", "STD_", "ISC_", "INVT", "LNGQT", "IRBBB", "CRBBB", "LAFB", "LVH", "VCLVH", "RVH", "IMI", "ASMI", "AMI",
    "ILMI", "LAO/LAE", "1AVB", "WPW", "ABQRS", "LVOLT",
)  # fmt: skip
_NEEDS_P = frozenset({"NORM", "1AVB", "WPW", "LAO/LAE", "PAC"})
_PREMATURE = ("PVC", "PAC")
_ALL_OR_NONE = frozenset({"CLBBB", "CRBBB", "WPW", "RVH", "LNGQT", "LVOLT"})  # defined by a bound that must be passed


@dataclass(frozen=True)
class Disease:
    """A leading diagnosis.

    Attributes:
        weight: relative frequency among the patients who are not normal.
        age: mean in years.
        companions: statements that go along, each with its share of these patients.
    """

    weight: float
    age: float = 66.0
    companions: Mapping[str, float] = field(default_factory=dict)


DISEASES: Mapping[str, Disease] = {
    "NDT": Disease(1.5, 62, {"STD_": 0.10, "LVOLT": 0.03, "PVC": 0.06}),
    "IMI": Disease(
        1.8,
        66,
        {"ABQRS": 0.40, "ASMI": 0.16, "LVH": 0.10, "PVC": 0.08, "ISC_": 0.08, "LAFB": 0.08, "STD_": 0.05},
    ),
    "ASMI": Disease(
        1.5,
        68,
        {
            "ABQRS": 0.35,
            "LAFB": 0.20,
            "LVH": 0.10,
            "ISC_": 0.10,
            "PVC": 0.09,
            "1AVB": 0.07,
            "CRBBB": 0.06,
            "STD_": 0.06,
        },
    ),
    "LVH": Disease(
        1.5,
        66,
        {
            "ISC_": 0.45,
            "VCLVH": 0.30,
            "STD_": 0.18,
            "LAO/LAE": 0.12,
            "ABQRS": 0.10,
            "PVC": 0.08,
            "LAFB": 0.06,
            "1AVB": 0.05,
        },
    ),
    "LAFB": Disease(0.9, 67, {"CRBBB": 0.10, "1AVB": 0.10, "ABQRS": 0.15, "LVH": 0.08, "PVC": 0.07}),
    "IRBBB": Disease(0.8, 54, {"LAFB": 0.06, "PAC": 0.03}),
    "CLBBB": Disease(0.55, 68, {"1AVB": 0.17, "LAO/LAE": 0.10, "PVC": 0.10}),
    "CRBBB": Disease(0.45, 70, {"LAFB": 0.25, "1AVB": 0.12, "IMI": 0.12, "PVC": 0.06}),
    "AMI": Disease(0.45, 68, {"ABQRS": 0.30, "ISC_": 0.10, "LAFB": 0.08, "PVC": 0.08}),
    "ILMI": Disease(0.45, 66, {"ABQRS": 0.35, "ISC_": 0.08, "PVC": 0.08}),
    "1AVB": Disease(0.40, 70, {"NDT": 0.10, "PVC": 0.05}),
    "VCLVH": Disease(0.35, 48, {}),
    "STD_": Disease(0.35, 70, {"NDT": 0.25}),
    "INVT": Disease(0.40, 66, {"STD_": 0.15}),
    "LVOLT": Disease(0.30, 64, {"NDT": 0.25}),
    "LAO/LAE": Disease(0.25, 66, {"1AVB": 0.12}),
    "RVH": Disease(0.30, 60, {"LAO/LAE": 0.10}),
    "LNGQT": Disease(0.28, 64, {"NDT": 0.20}),
    "WPW": Disease(0.28, 42, {}),
}
"""Leading diagnoses (and, where PTB-XL has them alone, forms)."""

RHYTHMS: Mapping[str, float] = {
    "SR": 1.0,
    "AFIB": 0.150,
    "STACH": 0.050,
    "SARRH": 0.050,
    "SBRAD": 0.050,
    "PACE": 0.032,
    "AFLT": 0.026,
    "BIGU": 0.026,
}
"""Weight of each rhythm; a patient for whom one is impossible has the others in proportion."""

_SINUS = ("SR", "STACH", "SARRH", "SBRAD")


@dataclass(frozen=True)
class Patient:
    """One person and what does not change between recordings.

    Attributes:
        number: that of the first recording.
        age: years.
        female: sex.
        statements: NORM or a key of ``DISEASES``, then its companions.
        severities: of those statements that change the beats.
        rhythm: a key of ``RHYTHMS``.
        anatomy: shape and position of the heart.
    """

    number: int
    age: float
    female: bool
    statements: tuple[str, ...]
    severities: Mapping[str, float]
    rhythm: str
    anatomy: Anatomy


@dataclass(frozen=True)
class Plan:
    """What one recording shall show.

    Attributes:
        ecg_id: its number, from 1.
        patient: whose it is.
        visit: 0 for the patient's first recording.
        rhythm: the rhythm simulated.
        statements: what the reader wrote: the rhythm first, nearly always, then diagnoses and forms.
        severities: how far each change goes, whether the reader wrote it or not; 1 is the textbook.
    """

    ecg_id: int
    patient: Patient
    visit: int
    rhythm: str
    statements: tuple[str, ...]
    severities: Mapping[str, float]


def plan_cohort(seed: int, n_records: int) -> list[Plan]:
    """Plan recordings 1 to ``n_records``; each depends on the seed and its ``ecg_id`` alone, so cohorts are nested."""
    plans: list[Plan] = []
    for ecg_id in range(1, n_records + 1):
        rng = np.random.default_rng((seed, 2, ecg_id))
        returns = rng.random() < _SHARE_OF_RETURNS
        if plans and returns:
            plans.append(_plan(rng, ecg_id, plans[-1].patient, plans[-1].visit + 1))
        else:
            plans.append(_plan(rng, ecg_id, _draw_patient(seed, ecg_id), 0))
    return plans


def _draw_patient(seed: int, number: int) -> Patient:
    """Draw the patient whose first recording has this number."""
    rng = np.random.default_rng((seed, 1, number))
    if rng.random() < _SHARE_NORMAL:
        leading, mean_age, companions = "NORM", 52.0, {"IRBBB": 0.03, "LVOLT": 0.01, "PVC": 0.015, "PAC": 0.015}
    else:
        weights = np.array([disease.weight for disease in DISEASES.values()])
        leading = str(rng.choice(list(DISEASES), p=weights / weights.sum()))
        mean_age, companions = DISEASES[leading].age, {"PAC": 0.03, **DISEASES[leading].companions}
    statements = (leading, *(code for code, share in companions.items() if rng.random() < share))
    age = float(np.clip(np.rint(rng.normal(mean_age, 15.0)), 18, 96))
    female = bool(rng.random() < (0.40 if leading in {"IMI", "ASMI", "AMI", "ILMI"} else 0.50))
    return Patient(
        number=number,
        age=age,
        female=female,
        statements=statements,
        severities={code: _draw_severity(rng, code) for code in statements if code in CHANGES},
        rhythm=_draw_rhythm(rng, statements, age),
        anatomy=draw_anatomy(rng, age, female),
    )


def _draw_severity(rng: np.random.Generator, code: str) -> float:
    """Draw how far a named change goes: from hardly visible to more than the textbook."""
    draw = float(rng.normal())
    if code in _ALL_OR_NONE:
        return float(np.clip(0.90 + 0.18 * draw, 0.60, 1.4))
    return float(np.clip(0.72 + 0.25 * draw, 0.25, 1.5))


def _draw_rhythm(rng: np.random.Generator, statements: tuple[str, ...], age: float) -> str:
    """Draw a rhythm that is possible with these statements; fibrillation, flutter and pacing come with age."""
    weights = dict(RHYTHMS)
    if not _NEEDS_P.isdisjoint(statements):
        weights |= {"AFIB": 0.0, "AFLT": 0.0, "PACE": 0.0}
    if "NORM" in statements or not set(_PREMATURE).isdisjoint(statements):
        weights |= {"BIGU": 0.0}
    older = float(np.clip(np.exp((age - 65) / 20), 0.3, 2.5))
    weights |= {code: weights[code] * older for code in ("AFIB", "AFLT", "PACE")}
    shares = np.array(list(weights.values()))
    return str(rng.choice(list(weights), p=shares / shares.sum()))


def _plan(rng: np.random.Generator, ecg_id: int, patient: Patient, visit: int) -> Plan:
    """Plan one recording of a patient: sinus rhythms change between visits, severities a little."""
    rhythm = patient.rhythm
    if rhythm in _SINUS and visit:
        shares = np.array([RHYTHMS[code] for code in _SINUS])
        rhythm = str(rng.choice(_SINUS, p=shares / shares.sum()))
    if rhythm == "PACE":  # the paced beat hides what else there is; PTB-XL, too, mostly gives the one statement
        return Plan(ecg_id, patient, visit, rhythm, ("PACE",), {"PACE": float(rng.uniform(0.75, 1.25))})

    severities = {
        code: severity * float(np.exp(rng.normal(0.0, 0.08))) for code, severity in patient.severities.items()
    }
    read = [code for place, code in enumerate(patient.statements) if place == 0 or rng.random() >= _SHARE_UNREAD]
    slight = str(rng.choice(_SUBCLINICAL))
    if rng.random() < _SHARE_SUBCLINICAL and slight not in severities:
        severities[slight] = float(rng.uniform(0.10, 0.55))
    if rhythm in CHANGES:
        severities[rhythm] = 1.0
    named = [] if rng.random() < _SHARE_WITHOUT_RHYTHM else [rhythm]
    premature = {code: 1.0 for code in _PREMATURE if code in patient.statements}
    return Plan(ecg_id, patient, visit, rhythm, tuple(named + read), severities | premature)
