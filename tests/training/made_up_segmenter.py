"""A small segmenter, and what it learns from."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
import yaml

from ecg_forge.ecg.simulator import SimulationConfig, simulate_ptbxl
from ecg_forge.paper.layout import SheetConfig
from ecg_forge.paper.photograph_config import PhotographConfig
from ecg_forge.paper.sheet import CLASSES
from ecg_forge.training.data import SignalPools
from ecg_forge.training.segmenter import SegmenterTraining
from ecg_forge.training.segmenter_config import SegmenterConfig

_PARAMETERS = Path(__file__).resolve().parents[2] / "conf" / "base" / "parameters" / "paper_ecg.yml"
PAPER = yaml.safe_load(_PARAMETERS.read_text(encoding="utf-8"))["paper_ecg"]
SHEETS = replace(SheetConfig(**PAPER["sheet"]), px_per_mm=4)
PHOTOGRAPHS = PhotographConfig(**PAPER["photograph"])
CONFIG = SegmenterConfig(
    **{
        **PAPER["segmenter"],
        "width": 2,
        "layouts": ["3x4"],
        "strengths": ["default"],
        "tile": 32,
        "photographs": 2,
        "steps_per_photograph": 2,
        "batch_size": 4,
        "epochs": 2,
        "steps_per_epoch": 3,
        "validation_photographs": 1,
        "precision": "32-true",
        "workers": 0,
    }
)


def recordings(n: int = 3) -> SignalPools:
    signals = simulate_ptbxl(SimulationConfig(n_records=n, seed=5)).signals
    return SignalPools([signals], signals.ecg_id)


def untrained_segmenter() -> dict[str, Any]:
    """Return weights as a training leaves them."""
    torch.manual_seed(0)
    saved = {
        "model": CONFIG.model,
        "classes": list(CLASSES),
        "sheet": asdict(SHEETS),
        "fs": 100,
        "seconds": 10.0,
        "training": asdict(CONFIG),
    }
    return {"config": saved, "tensors": SegmenterTraining(CONFIG).network.state_dict()}
