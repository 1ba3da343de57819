"""Score a classifier on the validation split after an epoch, and remember its best weights."""

import math
from typing import Any

import lightning.pytorch as lightning
import torch
from lightning.pytorch.callbacks import Callback
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from ecg_forge.training.fit import cpu_tensors


class KeepBest(Callback):
    """Log ``val_loss`` and ``val_auc`` (macro over the labels present) and keep the weights of the highest AUC.

    Must stand before a callback that averages weights: at the end of a validation epoch that one puts the training's
    own weights back, and the averaged ones are those that were scored.

    Attributes:
        tensors: weights of the best epoch by name, on the CPU; the later of equal ones.
        epoch: that epoch, from 1.
        auc: its macro AUC; NaN where no label has both a positive and a negative record, then the last epoch counts.
    """

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.epoch, self.auc = 0, math.nan
        self._scored: list[tuple[Tensor, Tensor]] = []

    def on_validation_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        self._scored.append((outputs["probability"].float().cpu(), outputs["target"].cpu()))

    def on_validation_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        probability, target = (torch.cat(parts) for parts in zip(*self._scored, strict=True))
        self._scored.clear()
        auc = macro_auc(target, probability)
        pl_module.log("val_loss", nn.functional.binary_cross_entropy(probability, target))
        pl_module.log("val_auc", auc)
        if not auc < self.auc:
            self.auc, self.epoch = auc, trainer.current_epoch + 1
            self.tensors = cpu_tensors(pl_module.network)

    def state_dict(self) -> dict[str, Any]:
        return {"tensors": self.tensors, "epoch": self.epoch, "auc": self.auc}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.tensors, self.epoch, self.auc = state_dict["tensors"], state_dict["epoch"], state_dict["auc"]


def macro_auc(target: Tensor, probability: Tensor) -> float:
    """Average ROC AUC over the labels that have both a positive and a negative record; NaN where none has."""
    both = (target.sum(0) > 0) & (target.sum(0) < len(target))
    if not both.any():
        return math.nan
    return float(roc_auc_score(target[:, both], probability[:, both], average="macro"))
