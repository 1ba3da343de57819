import json

import numpy as np
import pytest
import torch

from ecg_forge.diffusion.scaling import LeadScaling
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import INDEPENDENT_LEADS
from ecg_forge.ecg.records import to_microvolts, to_millivolts

DEVIATIONS = {lead: 0.1 * (place + 1) for place, lead in enumerate(INDEPENDENT_LEADS)}


@pytest.fixture
def scaling() -> LeadScaling:
    return LeadScaling.of(DEVIATIONS, sigma_data=0.5)


def test_every_lead_gets_the_standard_deviation_of_the_model(scaling):
    sizes = torch.tensor([[DEVIATIONS[lead]] for lead in INDEPENDENT_LEADS])
    millivolts = sizes * torch.tensor([-1.0, 1.0, -1.0, 1.0])
    torch.testing.assert_close(scaling.to_model(millivolts), 0.5 * millivolts.sign())


def test_deviations_are_taken_by_the_name_of_the_lead():
    assert LeadScaling.of({"V1": 2.0, "I": 1.0}, leads=("I", "V1"), sigma_data=0.5).millivolts == (2.0, 4.0)


def test_every_microvolt_comes_back(scaling):
    microvolts = np.arange(-32764, 32764, dtype=np.int16).reshape(1, 8, -1)
    back = scaling.to_millivolts(scaling.to_model(torch.from_numpy(to_millivolts(microvolts))))
    assert np.array_equal(to_microvolts(back.numpy()), microvolts)


def test_a_scaling_survives_json(scaling):
    assert scaling.leads == INDEPENDENT_LEADS
    assert LeadScaling.from_dict(json.loads(json.dumps(scaling.as_dict()))) == scaling


def test_signals_of_other_leads_are_refused(scaling):
    with pytest.raises(BadInput, match=r"expects \(\.\.\., 8 leads, sample\), got \(1, 12, 5\)"):
        scaling.to_model(torch.zeros(1, 12, 5))


@pytest.mark.parametrize("factors", [(1.0,), (1.0, 0.0), (1.0, float("nan"))])
def test_a_scaling_needs_one_positive_factor_per_lead(factors):
    with pytest.raises(BadInput, match="one positive factor per lead"):
        LeadScaling(("I", "II"), factors)
