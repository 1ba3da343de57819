"""What stands before a network's features and gives it further channels to hear."""

import torch
from torch import Tensor, nn


class WithDifferences(nn.Module):
    """Put the difference from sample to sample beside each lead: ``(record, lead, sample)`` to ``(record, 2·lead, ·)``.

    The first sample has no difference: 0. Differences are taken of what the network is given, after any augmentation.
    """

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, x.diff(dim=-1, prepend=x[..., :1])], dim=1)
