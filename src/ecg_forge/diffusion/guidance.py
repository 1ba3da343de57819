"""Classifier-free guidance: push a sample away from what it would be without the condition."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ecg_forge.ecg.errors import BadInput


def guided(
    denoise: Callable[[Tensor, Tensor, Any], Tensor],
    condition: Any,
    null: Any,
    scale: float,
    interval: tuple[float, float] = (0.0, float("inf")),
) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a denoise function ``(x, sigma)`` for a condition, guided by ``scale``.

    The guess is null + scale·(conditional − null) (Ho & Salimans 2022, arXiv:2207.12598) where the noise level lies in
    the interval, and the conditional one elsewhere (Kynkäänniemi et al. 2024, arXiv:2404.07724). Scale 1 (and 0 inside
    the interval) costs one evaluation, any other scale two.

    Args:
        denoise: ``(x, sigma (record,), condition)`` to a clean guess.
        condition: of the records to be sampled.
        null: the same records with less given, as training has seen it.
        scale: 1 follows the condition as learned, more exaggerates it, 0 follows null.
        interval: noise levels, low (excluded) and high (included), inside which to guide.

    Raises:
        BadInput: a negative scale or an interval turned around.
    """
    low, high = interval
    if scale < 0:
        raise BadInput(f"guidance scale must not be negative, got {scale}")
    if not 0 <= low < high:
        raise BadInput(f"guidance interval must run from a low to a higher noise level, got {interval}")

    def denoise_guided(x: Tensor, sigma: Tensor) -> Tensor:
        inside = (low < sigma) & (sigma <= high)
        if scale == 1 or not inside.any():
            return denoise(x, sigma, condition)
        away = denoise(x, sigma, null)
        if scale == 0 and inside.all():
            return away
        wanted = denoise(x, sigma, condition)
        pushed = away + scale * (wanted - away)
        return torch.where(inside.reshape((-1,) + (1,) * (x.ndim - 1)), pushed, wanted)

    return denoise_guided
