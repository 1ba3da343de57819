"""InceptionTime for ECGs: ``(record, lead, sample)`` to one logit per label."""

import torch
from torch import Tensor, nn

from ecg_forge.models.channels import WithDifferences
from ecg_forge.models.heads import ConcatPool, MeanPool, SignalClassifier, pooled_head

_FILTERS = 32  # per branch
_BOTTLENECK = 32
_KERNELS = (39, 19, 9)
_BRANCHES = len(_KERNELS) + 1
_WIDTH = _BRANCHES * _FILTERS


def inception1d(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build ``inception1d`` of the PTB-XL benchmark: 0.52 million parameters at 12 leads and 71 labels.

    Maps ``(record, lead, sample)`` of any length to logits ``(record, label)``, without ever shortening the signal.

    One network of InceptionTime (Fawaz et al. 2020, doi:10.1007/s10618-020-00710-y; theirs is an ensemble of five): six
    inception modules in two residual blocks of three. As in the benchmark (Strodthoff et al. 2021) the kernels are 39,
    19 and 9, odd where the paper has 40, 20 and 10, and the benchmark's ``pooled_head`` stands behind.
    """
    features = nn.Sequential(InceptionResidual(n_leads), InceptionResidual(_WIDTH))
    return SignalClassifier(features, ConcatPool(), 2 * _WIDTH, pooled_head, n_labels, n_metadata)


def inception_small(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build six inception modules of 16 filters a branch without shortcuts, on the leads and their differences.

    Maps ``(record, lead, sample)`` of any length to logits ``(record, label)``; mean over time, one linear layer: 0.22
    million parameters at 12 leads and 5 labels.
    """
    filters = 16
    width = _BRANCHES * filters
    modules = [Inception(channels, filters) for channels in (2 * n_leads, *[width] * 5)]
    features = nn.Sequential(WithDifferences(), *modules)
    return SignalClassifier(features, MeanPool(), width, nn.Linear, n_labels, n_metadata)


class InceptionResidual(nn.Module):
    """Three inception modules around a 1×1 shortcut: ``(record, channels, t)`` to ``(record, 128, t)``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(Inception(channels), Inception(_WIDTH), Inception(_WIDTH))
        self.shortcut = nn.Sequential(nn.Conv1d(channels, _WIDTH, 1, bias=False), nn.BatchNorm1d(_WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


class Inception(nn.Module):
    """Filters of three lengths and the largest of three neighbours: ``(record, channels, t)`` to ``(·, 4·filters, t)``.

    The filters work on 32 mixtures of the channels (the bottleneck), the maximum on the channels themselves.
    """

    def __init__(self, channels: int, filters: int = _FILTERS) -> None:
        super().__init__()
        self.bottleneck = nn.Conv1d(channels, _BOTTLENECK, 1, bias=False)
        self.filters = nn.ModuleList(
            nn.Conv1d(_BOTTLENECK, filters, kernel, padding=kernel // 2, bias=False) for kernel in _KERNELS
        )
        self.largest = nn.Sequential(nn.MaxPool1d(3, 1, padding=1), nn.Conv1d(channels, filters, 1, bias=False))
        self.norm = nn.BatchNorm1d(_BRANCHES * filters)

    def forward(self, x: Tensor) -> Tensor:
        mixed = self.bottleneck(x)
        branches = torch.cat([*(branch(mixed) for branch in self.filters), self.largest(x)], dim=1)
        return torch.relu(self.norm(branches))
