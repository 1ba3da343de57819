"""A packed classifier that has learned nothing: enough to say numbers, not diagnoses."""

from dataclasses import asdict
from typing import Any

import torch

from ecg_forge.ecg.labels import TASKS
from ecg_forge.training.classifier import Classifier, Scales
from ecg_forge.training.config import ClassifierConfig

SCALES = Scales({"mean_mv": 0.0, "sd_mv": 0.2}, {"mean_years": 60.0, "sd_years": 15.0})


def untrained_box(task: str = "all", metadata: bool = False) -> dict[str, Any]:
    """Return what a box of `pack_classifier` holds: 10 s at 100 Hz, a temperature of 2."""
    torch.manual_seed(0)
    config = ClassifierConfig(
        "resnet1d_tiny", epochs=1, steps_per_epoch=1, task=task, metadata=metadata, precision="32-true"
    )
    module = Classifier(config, TASKS[task], 100, SCALES)
    saved = {
        "model": config.model,
        "labels": list(TASKS[task]),
        "fs": 100,
        "leads": list(config.heard_leads),
        "scales": asdict(SCALES),
        "training": asdict(config),
        "temperature": 2.0,
        "learned_from": "PTB-XL 1.0.3",
    }
    return {"config": saved, "tensors": module.network.state_dict()}
