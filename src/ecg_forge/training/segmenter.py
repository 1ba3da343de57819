"""Train a segmenter on tiles of photographs, and find lines and traces in whole ones with it."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import lightning.pytorch as lightning
import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader

from ecg_forge.models.registry import build_segmenter
from ecg_forge.paper.layout import SheetConfig
from ecg_forge.paper.photograph_config import PhotographConfig
from ecg_forge.paper.placement import most_of
from ecg_forge.paper.segmentation import Segmentation
from ecg_forge.paper.sheet import CLASSES, TRACE
from ecg_forge.training.data import SignalPools, shuffled
from ecg_forge.training.fit import (
    CheckpointHandle,
    Run,
    autocast,
    compute_device,
    cpu_tensors,
    fingerprint,
    fit,
)
from ecg_forge.training.photograph_tiles import PhotographTiles, TileDraws
from ecg_forge.training.segmenter_config import SegmenterConfig

_OVERLAP = 0.125
"""Share of a piece of a photograph that the next piece sees, too."""


class SegmenterTraining(lightning.LightningModule):
    """Dice and cross-entropy of the classes of pixels, equally weighed."""

    def __init__(self, config: SegmenterConfig) -> None:
        super().__init__()
        network = build_segmenter(config.model, config.width, len(CLASSES))
        from monai.losses.dice import DiceCELoss

        self.config = config
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.loss = DiceCELoss(to_onehot_y=True, softmax=True, batch=True)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.network(_scaled(pictures))

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], _: int) -> torch.Tensor:
        pictures, masks = batch
        loss = self.loss(self(pictures).float(), masks[:, None])
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(pictures))
        return loss

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], _: int) -> None:
        pictures, masks = batch
        logits = self(pictures).float()
        self.log("val_loss", self.loss(logits, masks[:, None]), batch_size=len(pictures))
        found, true = logits.argmax(dim=1) == TRACE, masks == TRACE
        dice = 2 * (found & true).sum() / (found.sum() + true.sum()).clamp(min=1)
        self.log("val_trace_dice", dice, batch_size=len(pictures))

    def configure_optimizers(self) -> Any:
        config = self.config
        optimiser = torch.optim.AdamW(self.parameters(), config.learning_rate, weight_decay=config.weight_decay)
        total = config.epochs * config.steps_per_epoch
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, config.learning_rate, total_steps=total, pct_start=0.2
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def _scaled(pictures: torch.Tensor) -> torch.Tensor:
    """Turn uint8 ``(picture, row, column, 3)`` into what a network takes, float32 ``(picture, 3, row, column)``."""
    return pictures.permute(0, 3, 1, 2).float() / 127.5 - 1


def fit_segmenter(
    training: SignalPools,
    validation: SignalPools,
    sheets: SheetConfig,
    photographs: PhotographConfig,
    config: SegmenterConfig,
    checkpoints: CheckpointHandle,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Train one segmenter on photographs of training records.

    Args:
        training, validation: signals of all twelve leads; patients of the one are none of the other. Validation only
            shows in the history.
        sheets, photographs: how records are printed and photographed.
        config: model and training.
        checkpoints: where the last checkpoint is kept until the training has ended.

    Returns:
        Weights as ``{"config", "tensors"}``, and the history (epoch, train_loss, val_loss, val_trace_dice, seconds).
    """
    torch.manual_seed(config.seed)
    module = SegmenterTraining(config)
    draws = TileDraws(shuffled(len(training), config.seed), config)
    loader = DataLoader(
        PhotographTiles(training, sheets, photographs, config),
        sampler=draws,
        batch_size=None,
        num_workers=config.workers,
        pin_memory=torch.cuda.is_available(),
    )
    held_out = _validation_batches(PhotographTiles(validation, sheets, photographs, config), config)
    run = Run(
        name="segmenter",
        epochs=config.epochs,
        precision=config.precision,
        gradient_clip=config.gradient_clip,
        validate_every=1,
        seed=config.seed,
        fingerprint=fingerprint(config, pd.DataFrame(training.ecg_ids), _settings(sheets), _settings(photographs)),
    )
    history = fit(module, loader, DataLoader(held_out, batch_size=None), run, checkpoints)
    saved = {
        "model": config.model,
        "classes": list(CLASSES),
        "sheet": asdict(sheets),
        "fs": training.fs,
        "seconds": training.length / training.fs,
        "training": asdict(config),
    }
    return {"config": saved, "tensors": cpu_tensors(module.network)}, history


def _validation_batches(tiles: PhotographTiles, config: SegmenterConfig) -> Any:
    """Cut as many tiles as a step has from each of a few photographs of different records."""
    seeds = np.arange(config.batch_size)
    rows = np.linspace(0, len(tiles) - 1, config.validation_photographs).astype(int)
    return [
        tiles[np.stack([np.full_like(seeds, row), np.full_like(seeds, number), seeds], axis=1)]
        for number, row in enumerate(rows)
    ]


def _settings(config: SheetConfig | PhotographConfig) -> pd.DataFrame:
    return pd.DataFrame({"settings": [json.dumps(asdict(config), sort_keys=True)]})


def load_segmenter(weights: Mapping[str, Any]) -> SegmenterTraining:
    """Rebuild a trained segmenter from its weights, in evaluation mode on the device that computes."""
    module = SegmenterTraining(SegmenterConfig(**weights["config"]["training"]))
    module.network.load_state_dict({name: torch.as_tensor(tensor) for name, tensor in weights["tensors"].items()})
    return module.eval().to(compute_device())


@torch.inference_mode()
def segment(segmenter: SegmenterTraining, image: np.ndarray) -> Segmentation:
    """Find lines and trace in a picture of any size, piece by piece, so that memory stays small.

    Pieces overlap, and what each says counts less towards its border; a picture smaller than a piece is continued with
    its border.

    Args:
        segmenter: from `load_segmenter`.
        image: uint8 ``(row, column, 3)``, red, green, blue, at about the resolution of the photographs it learned from.
    """
    from monai.inferers.utils import sliding_window_inference

    device = segmenter.device
    picture = torch.from_numpy(image)[None].to(device)
    with autocast(device, segmenter.config.precision):
        logits = sliding_window_inference(
            _scaled(picture).to(memory_format=torch.channels_last),
            roi_size=(segmenter.config.tile, segmenter.config.tile),  # as large as those it learned from
            sw_batch_size=1,
            predictor=lambda pieces: segmenter.network(pieces).float(),
            overlap=_OVERLAP,
            mode="gaussian",
            padding_mode="replicate",
        )
    probabilities = logits[0].softmax(dim=0).cpu()
    trace, others = probabilities[TRACE], probabilities.clone()
    others[TRACE] = 0
    ink = trace / (trace + others.amax(dim=0))
    return Segmentation(most_of(probabilities), ink.numpy())
