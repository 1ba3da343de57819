"""Train a classifier and score records with it."""

from dataclasses import asdict
from typing import Any

import lightning.pytorch as lightning
import numpy as np
import pandas as pd
import torch
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from ecg_forge.ecg.leads import LEADS
from ecg_forge.models.registry import build_classifier
from ecg_forge.training.config import ClassifierConfig
from ecg_forge.training.data import FixedLengthEpochs, SignalPools, TrainingCrops, Windows
from ecg_forge.training.fit import CheckpointHandle, Run, autocast, compute_device, cpu_tensors, fingerprint, fit

Normaliser = dict[str, Any]


class Classifier(lightning.LightningModule):
    """A network on normalised signals, trained with binary cross-entropy; windows are aggregated when scoring.

    Takes mV ``(record, lead, sample)``; gives logits ``(record, label)``.
    """

    def __init__(self, config: ClassifierConfig, labels: tuple[str, ...], normaliser: Normaliser) -> None:
        super().__init__()
        self.config, self.labels = config, labels
        self.mean_mv: torch.Tensor
        self.sd_mv: torch.Tensor
        self.network = build_classifier(config.model, n_leads=len(LEADS), n_labels=len(labels))
        self.register_buffer("mean_mv", torch.tensor(normaliser["mean_mv"], dtype=torch.float32))
        self.register_buffer("sd_mv", torch.tensor(normaliser["sd_mv"], dtype=torch.float32))
        self._scored: list[tuple[torch.Tensor, torch.Tensor]] = []

    def forward(self, signal_mv: torch.Tensor) -> torch.Tensor:
        return self.network((signal_mv - self.mean_mv) / self.sd_mv)

    def probabilities(self, windows_mv: torch.Tensor) -> torch.Tensor:
        """Aggregate over windows: mV ``(record, window, lead, sample)`` to probabilities ``(record, label)``."""
        records, windows = windows_mv.shape[:2]
        logits = self(windows_mv.flatten(0, 1)).float().sigmoid().unflatten(0, (records, windows))
        return logits.amax(1) if self.config.aggregate == "max" else logits.mean(1)

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], _: int) -> torch.Tensor:
        signal, target = batch
        loss = nn.functional.binary_cross_entropy_with_logits(self(signal).float(), target)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(signal))
        return loss

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], _: int) -> None:
        windows, target = batch
        self._scored.append((self.probabilities(windows).cpu(), target.cpu()))

    def on_validation_epoch_end(self) -> None:
        probability, target = (torch.cat(parts) for parts in zip(*self._scored, strict=True))
        self._scored.clear()
        self.log("val_loss", nn.functional.binary_cross_entropy(probability, target))
        both = (target.sum(0) > 0) & (target.sum(0) < len(target))
        if both.any():
            self.log("val_auc", float(roc_auc_score(target[:, both], probability[:, both], average="macro")))

    def configure_optimizers(self) -> Any:
        config = self.config
        optimiser = torch.optim.AdamW(self.parameters(), config.learning_rate, weight_decay=config.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, config.learning_rate, total_steps=config.epochs * config.steps_per_epoch
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def fit_classifier(
    training: tuple[SignalPools, pd.DataFrame],
    validation: tuple[SignalPools, pd.DataFrame],
    normaliser: Normaliser,
    config: ClassifierConfig,
    checkpoints: CheckpointHandle,
    name: str,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Train one classifier.

    Args:
        training: signals and their labels, bool ``(row, label)``, row by row.
        validation: the same of the validation split; used for the history only.
        normaliser: of the training records.
        config: model and training.
        checkpoints: where the last checkpoint is kept until the training has ended.
        name: what the training is called in the log.

    Returns:
        Weights as ``{"config", "tensors"}``, and the history (epoch, train_loss, val_loss, val_auc, seconds).
    """
    pools, labels = training
    torch.manual_seed(config.seed)
    module = Classifier(config, tuple(labels.columns), normaliser)
    crop = round(config.crop_s * pools.fs)
    train_loader = DataLoader(
        TrainingCrops(pools, labels.to_numpy(np.float32), crop),
        batch_sampler=FixedLengthEpochs(len(pools), config.batch_size, config.steps_per_epoch, config.seed),
        num_workers=config.workers,
        persistent_workers=False,
    )
    run = Run(
        name=name,
        epochs=config.epochs,
        precision=config.precision,
        gradient_clip=None,
        seed=config.seed,
        fingerprint=fingerprint(config, labels, pd.DataFrame({"mean": [normaliser["mean_mv"], normaliser["sd_mv"]]})),
    )
    history = fit(module, train_loader, _window_loader(*validation, config), run, checkpoints)
    kept = {"model": config.model, "labels": list(labels.columns), "fs": pools.fs, "leads": list(LEADS)}
    saved = {**kept, "normaliser": normaliser, "training": asdict(config)}
    return {"config": saved, "tensors": cpu_tensors(module.network)}, history


def _window_loader(pools: SignalPools, labels: pd.DataFrame, config: ClassifierConfig) -> DataLoader:
    windows = Windows(
        pools, labels.to_numpy(np.float32), round(config.crop_s * pools.fs), round(config.stride_s * pools.fs)
    )
    return DataLoader(windows, batch_size=config.batch_size, num_workers=config.workers)


def load_classifier(weights: dict[str, Any]) -> Classifier:
    """Rebuild a trained classifier from its weights, on the CPU and in evaluation mode."""
    saved = weights["config"]
    module = Classifier(ClassifierConfig(**saved["training"]), tuple(saved["labels"]), saved["normaliser"])
    module.network.load_state_dict(weights["tensors"])
    return module.eval()


@torch.inference_mode()
def score(weights: dict[str, Any], pools: SignalPools, ecg_ids: np.ndarray) -> pd.DataFrame:
    """Give each record the probability of each label.

    Args:
        weights: of a trained classifier.
        pools: the signals, row by row.
        ecg_ids: ``(row,)``, becomes the index.

    Returns:
        float32 ``(row, label)``.
    """
    device = compute_device()
    module = load_classifier(weights).to(device)
    nothing = pd.DataFrame(index=range(len(pools)))
    loader = _window_loader(pools, nothing, module.config)
    parts = []
    with autocast(device, module.config.precision):
        for windows, _ in tqdm(loader, desc="scoring", unit="batch", disable=None, leave=False):
            parts.append(module.probabilities(windows.to(device)).cpu())
    probability = torch.cat(parts).numpy()
    return pd.DataFrame(probability, index=pd.Index(ecg_ids, name="ecg_id"), columns=list(module.labels))
