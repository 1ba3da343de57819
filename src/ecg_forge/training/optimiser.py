"""What the optimiser does with which parameter, and how weights are averaged over its steps."""

import math
from collections.abc import Callable
from typing import Any

import lightning.pytorch as lightning
import numpy as np
from lightning.pytorch.callbacks import Callback
from torch import Tensor, nn

from ecg_forge.models.s4d import without_decay

STATE_SPACE_LEARNING_RATE = 0.001
"""Largest learning rate of a state space's own parameters (Gu et al. 2022, arXiv:2206.11893, appendix B)."""


def parameter_groups(network: nn.Module, learning_rate: float, weight_decay: float) -> list[dict[str, Any]]:
    """Return AdamW's groups: the parameters of state spaces learn slowly and do not decay, all others do.

    A network without state spaces has one group.
    """
    gentle = without_decay(network)
    named = list(network.named_parameters())
    groups = [
        {
            "params": [parameter for name, parameter in named if name not in gentle],
            "lr": learning_rate,
            "weight_decay": weight_decay,
        },
        {
            "params": [parameter for name, parameter in named if name in gentle],
            "lr": min(learning_rate, STATE_SPACE_LEARNING_RATE),
            "weight_decay": 0.0,
        },
    ]
    return [group for group in groups if group["params"]]


class LowerOnPlateau(Callback):
    """Lower the learning rate when the macro AUC on validation has not risen for some validations.

    Lightning's own plateau schedule steps after the last checkpoint of an epoch is written, so that a continued
    training would have one step fewer; this one steps before, and its state is in the checkpoint. Must stand behind
    the callback that logs ``val_auc``.

    Args:
        factor: what every learning rate is multiplied by.
        patience: validations without a better AUC after which it is, and the counting begins anew.
    """

    def __init__(self, factor: float, patience: int) -> None:
        self._factor, self._patience = factor, patience
        self._best, self._waited = -math.inf, 0

    def on_validation_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        auc = float(trainer.callback_metrics["val_auc"])
        if auc > self._best:
            self._best, self._waited = auc, 0
            return
        self._waited += 1
        if self._waited >= self._patience:
            self._waited = 0
            for group in trainer.optimizers[0].param_groups:
                group["lr"] *= self._factor

    def state_dict(self) -> dict[str, Any]:
        return {"best": self._best, "waited": self._waited}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._best, self._waited = state_dict["best"], state_dict["waited"]


def ramped_average(decay: float) -> Callable[[Tensor, Tensor, int], Tensor]:
    """Return the update of an exponential average whose memory grows with the steps taken, up to ``decay``.

    decay_n = min(decay, (1 + n) / (10 + n)) after n steps: without the ramp the first weights, which know nothing,
    weigh on the average for 1 / (1 − decay) steps.
    """

    def update(average: Tensor, current: Tensor, steps: int) -> Tensor:
        reached = min(decay, (1 + int(steps)) / (10 + int(steps)))
        return reached * average + (1 - reached) * current

    return update


def power_average(width: float) -> Callable[[Tensor, Tensor, int], Tensor]:
    """Return the update of a power-function average, whose memory is a fixed share of the training so far.

    After t steps, step s counts in proportion to s^γ: β_t = (1 − 1/t)^(γ+1) (Karras et al. 2024, arXiv:2312.02696,
    section 3.1), so that one setting serves trainings of any length.

    Args:
        width: standard deviation of that profile as a share of the training, from which γ follows (their algorithm 2).
    """
    exponent = power_exponent(width)

    def update(average: Tensor, current: Tensor, steps: int) -> Tensor:
        decay = (1 - 1 / (int(steps) + 1)) ** (exponent + 1)
        return decay * average + (1 - decay) * current

    return update


def power_exponent(width: float) -> float:
    """Return the γ whose profile s^γ on [0, 1] has this standard deviation: γ³ + 7γ² + (16 − w⁻²)γ + 12 − w⁻² = 0."""
    roots = np.roots([1, 7, 16 - width**-2, 12 - width**-2])
    return float(roots.real.max())
