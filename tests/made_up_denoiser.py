"""The weights of a denoiser that has learned nothing: enough to make signals, not ECGs."""

from dataclasses import asdict
from typing import Any

import torch

from ecg_forge.diffusion.scaling import LeadScaling
from ecg_forge.ecg.leads import INDEPENDENT_LEADS
from ecg_forge.ecg.statements import CODES
from ecg_forge.training.config import DenoiserConfig
from ecg_forge.training.denoiser import DenoiserTraining


def untrained_weights() -> dict[str, Any]:
    """Return weights as a training leaves them: 10 s at 100 Hz."""
    torch.manual_seed(0)
    config = DenoiserConfig("unet1d_tiny", epochs=1, steps_per_epoch=1)
    scaling = LeadScaling.of(dict.fromkeys(INDEPENDENT_LEADS, 0.2))
    saved = {
        "model": config.model,
        "statements": list(CODES),
        "leads": list(INDEPENDENT_LEADS),
        "fs": 100,
        "length": 1000,
        "scaling": scaling.as_dict(),
        "training": asdict(config),
    }
    tensors = DenoiserTraining(config, scaling, fs=100).state_dict()
    # Layers that start at zero would hide the network behind the noise it is given.
    return {
        "config": saved,
        "tensors": {name: value + 0.05 * torch.randn(value.shape) for name, value in tensors.items()},
    }
