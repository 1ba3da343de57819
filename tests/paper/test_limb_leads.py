from itertools import combinations

import numpy as np
import pytest

from ecg_forge.ecg.leads import LEADS, twelve_leads
from ecg_forge.paper.limb_leads import complete_limb_leads


@pytest.fixture
def signal_mv() -> np.ndarray:
    return twelve_leads(np.random.default_rng(0).normal(size=(8, 40))).astype(np.float32)


def test_any_two_limb_leads_give_the_others(signal_mv: np.ndarray) -> None:
    for pair in combinations(range(6), 2):
        known = signal_mv.copy()
        known[[lead for lead in range(6) if lead not in pair]] = np.nan
        np.testing.assert_allclose(complete_limb_leads(known), signal_mv, atol=1e-5)


def test_one_limb_lead_gives_nothing_and_chest_leads_stay_as_they_are(signal_mv: np.ndarray) -> None:
    signal_mv[1:6] = np.nan
    signal_mv[LEADS.index("V3"), :10] = np.nan
    np.testing.assert_array_equal(complete_limb_leads(signal_mv), signal_mv)


def test_each_time_is_completed_from_the_leads_that_are_known_then(signal_mv: np.ndarray) -> None:
    known = signal_mv.copy()
    known[0, :20], known[3:6, 20:], known[2, 5:] = np.nan, np.nan, np.nan
    completed = complete_limb_leads(known)
    np.testing.assert_allclose(completed, signal_mv, atol=1e-5)
    read = np.isfinite(known)
    np.testing.assert_array_equal(completed[read], known[read])
