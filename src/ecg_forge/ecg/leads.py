"""Lead names, their order, and the algebra that ties the limb leads together.

Signals are ``(record, lead, sample)``; every function here works on the second-last axis, so a single
record ``(lead, sample)`` works too.
"""

import re
from collections.abc import Sequence

import numpy as np

from ecg_forge.ecg.errors import BadInput

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
"""The twelve standard leads in PTB-XL's file order."""

INDEPENDENT_LEADS = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")
"""The eight leads from which the other four follow."""

_CANONICAL = {name.upper(): name for name in LEADS}
_PREFIX = re.compile(r"^(LEAD|ECG)([ _]+|-)")  # a minus before the name itself would turn the lead upside down


def canonical_lead(name: str) -> str:
    """Return the canonical spelling of a lead name (``AVR``, ``lead avr``: ``aVR``); raise BadInput if unknown."""
    try:
        return _CANONICAL[_PREFIX.sub("", name.strip().upper())]
    except KeyError:
        raise BadInput(f"unknown lead {name!r}; known leads are {', '.join(LEADS)}") from None


def is_lead(name: str) -> bool:
    """Say whether a name is one of the twelve leads, in any spelling that `canonical_lead` knows."""
    try:
        canonical_lead(name)
    except BadInput:
        return False
    return True


def lead_positions(wanted: Sequence[str], have: Sequence[str]) -> list[int]:
    """Return the position in ``have`` of each lead in ``wanted``, both matched by name.

    Raises:
        BadInput: a wanted lead is missing from ``have``, or ``have`` names a lead twice.
    """
    names = [canonical_lead(name) for name in have]
    if len(set(names)) != len(names):
        raise BadInput(f"a lead is named twice in {', '.join(have)}")
    missing = [name for name in wanted if canonical_lead(name) not in names]
    if missing:
        raise BadInput(f"missing lead {', '.join(missing)}; the recording has {', '.join(have)}")
    return [names.index(canonical_lead(name)) for name in wanted]


def independent_leads(signal: np.ndarray, leads: Sequence[str] = LEADS) -> np.ndarray:
    """Pick the eight independent leads, by name, from ``(..., lead, sample)``."""
    return signal[..., lead_positions(INDEPENDENT_LEADS, leads), :]


def twelve_leads(independent: np.ndarray) -> np.ndarray:
    """Complete ``(..., 8, sample)`` in ``INDEPENDENT_LEADS`` order to ``(..., 12, sample)`` in ``LEADS`` order.

    Einthoven's law and Goldberger's definitions: III = II − I, aVR = −(I + II)/2, aVL = I − II/2, aVF = II − I/2.
    """
    if independent.shape[-2] != len(INDEPENDENT_LEADS):
        raise BadInput(f"expected {len(INDEPENDENT_LEADS)} independent leads, got {independent.shape[-2]}")
    one, two = independent[..., 0:1, :], independent[..., 1:2, :]
    derived = [two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    return np.concatenate([one, two, *derived, independent[..., 2:, :]], axis=-2)


def limb_lead_residual(signal: np.ndarray, leads: Sequence[str] = LEADS) -> np.ndarray:
    """Return the largest absolute violation of the four limb-lead identities, in the signal's unit, shape ``(...)``."""
    one, two, three, avr, avl, avf = (signal[..., position, :] for position in lead_positions(LEADS[:6], leads))
    residuals = [three - (two - one), avr + (one + two) / 2, avl - (one - two / 2), avf - (two - one / 2)]
    return np.abs(np.stack(residuals)).max(axis=(0, -1))
