"""Sample synthetic 12-lead ECGs with a trained denoiser, a batch at a time."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.nn.utils import parametrize
from tqdm import tqdm

from ecg_forge.diffusion.config import SamplerConfig
from ecg_forge.diffusion.guidance import guided
from ecg_forge.diffusion.samplers import Denoise
from ecg_forge.diffusion.scaling import LeadScaling
from ecg_forge.ecg.labels import statement_rows
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import SignalStream, to_microvolts
from ecg_forge.models.condition import Condition
from ecg_forge.models.s4d import frozen_kernels
from ecg_forge.training.conditions import condition_table, unpack_condition
from ecg_forge.training.config import DenoiserConfig, GuidanceConfig
from ecg_forge.training.denoiser import DenoiserTraining
from ecg_forge.training.fit import autocast, compute_device

LANES = 16
"""Records that a processor samples together, never more or fewer.

How a library adds up a product depends on the size of the batch, and a difference in the last bit grows over the
steps; with always as many records, filled up where there are fewer, a record has the same bytes in every batch.
"""


def load_denoiser(weights: dict[str, Any]) -> DenoiserTraining:
    """Rebuild a trained denoiser and its rhythm from their weights, on the CPU and in evaluation mode."""
    saved = weights["config"]
    scaling = LeadScaling.from_dict(saved["scaling"])
    module = DenoiserTraining(DenoiserConfig(**saved["training"]), scaling, saved["fs"])
    module.load_state_dict(weights["tensors"])
    return module.eval()


def generate(
    weights: dict[str, Any], plan: pd.DataFrame, sampler: SamplerConfig, guidance: GuidanceConfig
) -> SignalStream:
    """Make one 12-lead ECG for each row of a label plan, lazily: a batch is sampled when it is asked for.

    Args:
        weights: of a trained denoiser.
        plan: indexed by ecg_id, with statements (joined by ``;``), age, sex and seed.
        sampler: solver and steps.
        guidance: push towards the statements, and batch size.

    Returns:
        int16 µV in PTB-XL's lead order, at the rate and length the denoiser was trained on. A record depends on its
        own row only; on a processor its bytes do not depend on the batch size or on where the stream was taken up.
    """
    saved = weights["config"]
    return SignalStream(
        ecg_id=plan.index.to_numpy(),
        leads=LEADS,
        fs=saved["fs"],
        length=saved["length"],
        blocks=lambda start: _sample_batches(weights, plan, sampler, guidance, start),
        fingerprint=_fingerprint(weights, plan, sampler, guidance),
    )


def _fingerprint(weights: dict[str, Any], plan: pd.DataFrame, sampler: SamplerConfig, guidance: GuidanceConfig) -> str:
    """Digest all that the signals follow from, so that an unfinished array is only continued with the same."""
    push = {name: value for name, value in asdict(guidance).items() if name != "batch_size"}
    settings = [weights["config"], asdict(sampler), push]
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for name, tensor in sorted(weights["tensors"].items()):
        digest.update(name.encode() + torch.as_tensor(tensor).float().numpy().tobytes())
    digest.update(plan.to_csv().encode())
    return digest.hexdigest()


def _sample_batches(
    weights: dict[str, Any], plan: pd.DataFrame, sampler: SamplerConfig, guidance: GuidanceConfig, start: int
) -> Iterator[np.ndarray]:
    device = compute_device()
    module = load_denoiser(weights).to(device)
    labels = statement_rows([text.split(";") for text in plan["statements"]], plan.index)
    condition = unpack_condition(torch.from_numpy(condition_table(plan, labels)))
    seeds = torch.tensor(plan["seed"].to_numpy(dtype=np.int64))
    lanes, length = LANES if device.type == "cpu" else guidance.batch_size, weights["config"]["length"]
    bar = tqdm(total=len(plan), initial=start, desc="generating", unit="ECG", disable=None)
    with bar, frozen_kernels(module), parametrize.cached():
        for first in range(start, len(plan), guidance.batch_size):
            rows = torch.arange(first, min(first + guidance.batch_size, len(plan)))
            drawn = []
            for some in torch.split(rows, lanes):
                filled = torch.cat([some, some[-1:].expand(lanes - len(some))])
                own, asked = seeds[filled].tolist(), condition[filled].to(device)
                with torch.inference_mode(), autocast(device, module.config.precision):
                    denoise = _pushed(module, module.with_rhythm(asked, own, length), guidance)
                    signals = module.sample(denoise, own, length, sampler)
                drawn.append(signals[: len(some)])
                bar.update(len(some))
            yield to_microvolts(np.concatenate(drawn))


def _pushed(module: DenoiserTraining, condition: Condition, guidance: GuidanceConfig) -> Denoise:
    """Return the denoise function that is pushed towards the statements of the condition."""
    interval = (guidance.sigma_low, guidance.sigma_high)
    return guided(module.denoiser, condition, condition.without_statements(), guidance.scale, interval)
