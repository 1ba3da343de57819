"""Generation gives the same bytes for the same row of the plan, wherever it stands and however it is cut."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from ecg_forge.diffusion.config import SAMPLERS, SamplerConfig
from ecg_forge.diffusion.scaling import LeadScaling
from ecg_forge.ecg.leads import INDEPENDENT_LEADS, LEADS, limb_lead_residual
from ecg_forge.ecg.records import to_millivolts
from ecg_forge.training.config import DenoiserConfig, GuidanceConfig
from ecg_forge.training.denoiser import DenoiserTraining
from ecg_forge.training.generation import LANES, generate


def untrained(model: str, **process: Any) -> dict[str, Any]:
    """Weights that turn noise into something, as a trained denoiser does: the last layer is not left at zero."""
    torch.manual_seed(0)
    training = {"model": model, "epochs": 1, "steps_per_epoch": 1, "process": {"name": "edm", **process}}
    scaling = LeadScaling.of(dict.fromkeys(LEADS, 0.3))
    module = DenoiserTraining(DenoiserConfig(**training), scaling, fs=100)
    tensors = {name: value + 0.02 * torch.randn_like(value) for name, value in module.state_dict().items()}
    saved = {"training": training, "scaling": scaling.as_dict(), "leads": list(INDEPENDENT_LEADS)}
    return {"config": {**saved, "fs": 100, "length": 200}, "tensors": tensors}


def plan(*ids: int) -> pd.DataFrame:
    table = pd.DataFrame({"statements": "NORM;SR", "age": 60.0, "sex": "female"}, index=pd.Index(ids, name="ecg_id"))
    return table.assign(seed=[7 * i for i in ids])


def made(weights: dict[str, Any], rows: pd.DataFrame, batch_size: int, start: int = 0, **sampler: Any) -> np.ndarray:
    settings = SamplerConfig(**{"steps": 4, **sampler})
    stream = generate(weights, rows, settings, GuidanceConfig(scale=2.0, batch_size=batch_size))
    return np.concatenate(list(stream.blocks(start)))


@pytest.fixture(scope="module", params=["unet1d_tiny", "dit1d_tiny", "sssd_tiny"])
def weights(request: pytest.FixtureRequest) -> dict[str, Any]:
    return untrained(request.param)


def test_blocks_hold_whole_ecgs_in_microvolt(weights: dict[str, Any]) -> None:
    stream = generate(weights, plan(1, 2, 3), SamplerConfig(steps=2), GuidanceConfig(batch_size=2))
    blocks = list(stream.blocks(0))
    assert [len(block) for block in blocks] == [2, 1]
    samples = np.concatenate(blocks)
    assert (samples.dtype, samples.shape, stream.leads, stream.fs) == (np.int16, (3, 12, 200), LEADS, 100)
    assert limb_lead_residual(to_millivolts(samples)).max() <= 0.002
    assert not np.array_equal(samples[0], samples[1])


def test_a_record_has_the_same_bytes_in_every_batch(weights: dict[str, Any]) -> None:
    ids = tuple(range(1, LANES + 4))
    whole = made(weights, plan(*ids), batch_size=64)
    np.testing.assert_array_equal(made(weights, plan(*ids), batch_size=5), whole)
    np.testing.assert_array_equal(made(weights, plan(*ids[::-1]), batch_size=7)[::-1], whole)
    np.testing.assert_array_equal(made(weights, plan(3), batch_size=1)[0], whole[2])


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_gives_the_same_bytes_when_a_stream_is_taken_up_in_the_middle(name: str) -> None:
    weights = untrained("unet1d_tiny")
    whole = made(weights, plan(1, 2, 3, 4, 5), batch_size=2, name=name)
    np.testing.assert_array_equal(made(weights, plan(1, 2, 3, 4, 5), batch_size=2, start=3, name=name), whole[3:])


def test_the_fingerprint_follows_from_all_that_the_signals_follow_from() -> None:
    weights, rows = untrained("unet1d_tiny"), plan(1, 2)
    sampler, guidance = SamplerConfig(steps=4), GuidanceConfig(batch_size=2)

    def fingerprint(*arguments: Any) -> str | None:
        return generate(*arguments).fingerprint

    first = fingerprint(weights, rows, sampler, guidance)
    changed = {name: value + 1 for name, value in weights["tensors"].items()}
    assert first == fingerprint(weights, rows, sampler, GuidanceConfig(batch_size=1))
    assert first != fingerprint(weights, rows.assign(seed=1), sampler, guidance)
    assert first != fingerprint(weights, rows, SamplerConfig(steps=5), guidance)
    assert first != fingerprint(weights, rows, sampler, GuidanceConfig(scale=3.0, batch_size=2))
    assert first != fingerprint({**weights, "tensors": changed}, rows, sampler, guidance)
