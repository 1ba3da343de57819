"""Limb leads that follow from others: any two of the six give the other four (Einthoven 1913, Goldberger 1942)."""

import numpy as np

from ecg_forge.ecg.leads import LEADS

_OF_I_AND_II = np.array([[1, 0], [0, 1], [-1, 1], [-0.5, -0.5], [1, -0.5], [-0.5, 1]])
_LIMB = slice(0, len(_OF_I_AND_II))


def complete_limb_leads(signal_mv: np.ndarray) -> np.ndarray:
    """Fill samples of limb leads that are NaN where at least two other limb leads are known at that time.

    Where more than two are known, their least-squares solution counts; known samples stay as they are.

    Args:
        signal_mv: ``(12, sample)`` in `LEADS` order.
    """
    assert LEADS[_LIMB] == ("I", "II", "III", "aVR", "aVL", "aVF")
    completed = signal_mv.copy()
    known = np.isfinite(signal_mv[_LIMB])
    patterns, which = np.unique(known, axis=1, return_inverse=True)
    for number, pattern in enumerate(patterns.T):
        if pattern.sum() < 2 or pattern.all():
            continue
        here = np.flatnonzero(which.ravel() == number)
        found, *_ = np.linalg.lstsq(_OF_I_AND_II[pattern], signal_mv[_LIMB][pattern][:, here], rcond=None)
        completed[np.ix_(np.flatnonzero(~pattern), here)] = _OF_I_AND_II[~pattern] @ found
    return completed
