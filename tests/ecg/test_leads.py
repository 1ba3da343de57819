import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import (
    INDEPENDENT_LEADS,
    LEADS,
    canonical_lead,
    independent_leads,
    lead_positions,
    limb_lead_residual,
    twelve_leads,
)


def test_twelve_leads_follow_einthoven_and_goldberger() -> None:
    eight = np.arange(8.0)[None, :, None]  # I = 0, II = 1, V1 = 2, ...
    twelve = twelve_leads(eight)[0, :, 0]
    by_name = dict(zip(LEADS, twelve, strict=True))
    assert by_name == {
        **{"I": 0, "II": 1, "III": 1, "aVR": -0.5, "aVL": -0.5, "aVF": 1},
        **{"V1": 2, "V2": 3, "V3": 4, "V4": 5, "V5": 6, "V6": 7},
    }


def test_eight_to_twelve_and_back_is_exact() -> None:
    eight = np.random.default_rng(0).normal(size=(3, 8, 50)).astype(np.float32)
    twelve = twelve_leads(eight)
    np.testing.assert_array_equal(independent_leads(twelve), eight)
    assert limb_lead_residual(twelve).max() < 1e-6


def test_a_violated_identity_shows_in_the_residual() -> None:
    twelve = twelve_leads(np.zeros((2, 8, 10)))
    twelve[1, LEADS.index("aVL"), 4] = 0.3
    np.testing.assert_allclose(limb_lead_residual(twelve), [0, 0.3])


def test_leads_are_found_by_name_whatever_their_order_and_spelling() -> None:
    shuffled = ["v6", "AVR", "II", "i"]
    assert lead_positions(["I", "II", "aVR", "V6"], shuffled) == [3, 2, 1, 0]
    assert canonical_lead(" avf ") == "aVF"


@pytest.mark.parametrize(
    ("wanted", "have", "message"),
    [
        (["V1"], ["I", "II"], "missing lead V1"),
        (["I"], ["I", "i"], "named twice"),
        (["I"], ["X"], "unknown lead 'X'"),
    ],
)
def test_wrong_leads_are_named(wanted: list[str], have: list[str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        lead_positions(wanted, have)


def test_twelve_leads_refuses_another_number() -> None:
    with pytest.raises(BadInput, match="expected 8"):
        twelve_leads(np.zeros((1, len(INDEPENDENT_LEADS) + 1, 5)))
