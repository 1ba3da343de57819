import json

import numpy as np
import pytest
import torch

from ecg_forge.diffusion.scaling import LeadScaling
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import INDEPENDENT_LEADS
from ecg_forge.ecg.records import to_microvolts, to_millivolts


@pytest.fixture
def millivolts() -> np.ndarray:
    sizes = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], dtype=np.float32)[:, None]
    return np.random.default_rng(0).normal(size=(6, 8, 200)).astype(np.float32) * sizes


def test_every_lead_gets_the_standard_deviation_of_the_model(millivolts):
    scaling = LeadScaling.fit([millivolts], sigma_data=0.5)
    scaled = scaling.to_model(torch.from_numpy(millivolts))
    torch.testing.assert_close(scaled.transpose(0, 1).flatten(1).std(dim=1, correction=0), torch.full((8,), 0.5))


def test_the_size_of_the_blocks_does_not_matter(millivolts):
    whole, pieces = LeadScaling.fit([millivolts]), LeadScaling.fit([millivolts[:1], millivolts[1:]])
    np.testing.assert_allclose(whole.millivolts, pieces.millivolts, rtol=1e-12)


def test_every_microvolt_comes_back():
    microvolts = np.arange(-32767, 32768, dtype=np.int16)[: 8 * 8191].reshape(1, 8, -1)
    scaling = LeadScaling.fit([to_millivolts(microvolts) + 0.1])
    back = scaling.to_millivolts(scaling.to_model(torch.from_numpy(to_millivolts(microvolts))))
    assert np.array_equal(to_microvolts(back.numpy()), microvolts)


def test_a_scaling_survives_json(millivolts):
    scaling = LeadScaling.fit([millivolts])
    assert scaling.leads == INDEPENDENT_LEADS
    assert LeadScaling.from_dict(json.loads(json.dumps(scaling.as_dict()))) == scaling


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([], "cannot scale"),
        ([np.zeros((1, 8, 10))], "cannot scale"),
        ([np.full((1, 8, 10), np.nan)], "cannot scale"),
        ([np.zeros((1, 12, 10))], r"expects \(record, 8 leads, sample\), got \(1, 12, 10\)"),
    ],
)
def test_signals_that_cannot_be_scaled_are_refused(blocks, message):
    with pytest.raises(BadInput, match=message):
        LeadScaling.fit(blocks)


def test_signals_of_other_leads_are_refused(millivolts):
    with pytest.raises(BadInput, match=r"got \(1, 12, 5\)"):
        LeadScaling.fit([millivolts]).to_model(torch.zeros(1, 12, 5))
    with pytest.raises(BadInput, match="one positive factor per lead"):
        LeadScaling(("I", "II"), (1.0,))
