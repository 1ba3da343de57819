"""Limb leads that follow from others: any two of the six give the other four (Einthoven 1913, Goldberger 1942)."""

import numpy as np

from ecg_forge.ecg.leads import LEADS, lead_positions

_OF_I_AND_II = {"I": (1, 0), "II": (0, 1), "III": (-1, 1), "aVR": (-0.5, -0.5), "aVL": (1, -0.5), "aVF": (-0.5, 1)}


def complete_limb_leads(signal_mv: np.ndarray) -> np.ndarray:
    """Fill samples of limb leads that are NaN where at least two other limb leads are known at that time.

    Where more than two are known, their least-squares solution counts; known samples stay as they are.

    Args:
        signal_mv: ``(12, sample)`` in `LEADS` order.
    """
    limb, of_i_and_ii = lead_positions(list(_OF_I_AND_II), LEADS), np.array(list(_OF_I_AND_II.values()))
    completed = signal_mv.copy()
    patterns, which = np.unique(np.isfinite(signal_mv[limb]), axis=1, return_inverse=True)
    for number, pattern in enumerate(patterns.T):
        if pattern.sum() < 2 or pattern.all():
            continue
        here = np.flatnonzero(which.ravel() == number)
        found, *_ = np.linalg.lstsq(of_i_and_ii[pattern], signal_mv[limb][pattern][:, here], rcond=None)
        completed[np.ix_(np.array(limb)[~pattern], here)] = of_i_and_ii[~pattern] @ found
    return completed
