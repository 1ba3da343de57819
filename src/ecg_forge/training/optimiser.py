"""What the optimiser does with which parameter, and how weights are averaged over its steps."""

from collections.abc import Callable
from typing import Any

import numpy as np
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
