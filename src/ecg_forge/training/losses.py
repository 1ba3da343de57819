"""Losses of multi-label classifiers, per record and label or averaged."""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def focal_loss(
    logits: Tensor, target: Tensor, positive_weight: Tensor, gamma: float, alpha: float | None = None
) -> Tensor:
    """Average over records and labels the focal loss (Lin et al. 2017, arXiv:1708.02002), with weighted positives.

    ``−[α · w · y · (1 − p)^γ · ln p + (1 − α) · (1 − y) · p^γ · ln(1 − p)]`` (equation 5); with γ = 0 and without α it
    is binary cross-entropy.

    Args:
        logits: float ``(record, label)``.
        target: ``(record, label)`` in [0, 1]; anything between 0 and 1 (mixup, smoothing) shares the two terms.
        positive_weight: w, ``(label,)``.
        gamma: how strongly well-classified pairs are played down.
        alpha: weight of the positives against 1 − α of the negatives; None weighs neither.
    """
    hit, miss = -logsigmoid(logits), -logsigmoid(-logits)
    if gamma > 0:
        p = logits.sigmoid()
        hit, miss = hit * (1 - p) ** gamma, miss * p**gamma
    if alpha is not None:
        hit, miss = alpha * hit, (1 - alpha) * miss
    return (positive_weight * target * hit + (1 - target) * miss).mean()


def balancing_weights(targets: Tensor) -> Tensor:
    """Weigh positives of each label by negatives over positives, ``(label,)``; 1 for a label without positives.

    Args:
        targets: ``(record, label)`` of 0 and 1, all training records.
    """
    positives = targets.sum(0)
    return torch.where(positives > 0, (len(targets) - positives) / positives.clamp(min=1), torch.ones(()))


def smoothed(target: Tensor, smoothing: float) -> Tensor:
    """Move targets from 0 and 1 towards one half: ``y · (1 − s) + s / 2``."""
    return target * (1 - smoothing) + smoothing / 2
