"""Residual networks over time that classify a 12-lead ECG: ``(record, lead, sample)`` to one logit per label."""

import torch
from torch import Tensor, nn

from ecg_forge.models.channels import WithDifferences
from ecg_forge.models.heads import ConcatPool, MeanPool, SignalClassifier, kaiming, pooled_head


def resnet1d_wang(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build the ``resnet1d_wang`` of the PTB-XL benchmark: 128 channels, three residual blocks.

    Maps ``(record, lead, sample)`` of any length to logits ``(record, label)``.

    Wang et al. 2017 ("Time series classification from scratch with deep neural networks") stack three blocks of three
    convolutions (kernels 8, 5, 3). Followed here is what the benchmark of Strodthoff et al. 2021
    (doi:10.1109/JBHI.2020.3022989) publishes under that name: a stem of kernel 7 without stride or pooling, three basic
    blocks of two convolutions (kernels 5, 3) of stride 1, 2, 2, and its own head (``pooled_head``); kaiming
    initialisation of all weights.
    """
    return _wang(n_leads, n_labels, n_metadata, width=128)


def resnet1d_tiny(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build ``resnet1d_wang`` with 32 channels, a tenth of its cost or less: for demonstrations and tests."""
    return _wang(n_leads, n_labels, n_metadata, width=32)


def _wang(n_leads: int, n_labels: int, n_metadata: int, width: int) -> SignalClassifier:
    features = nn.Sequential(
        convolution(n_leads, width, kernel=7),
        nn.ReLU(),
        *(BasicBlock(width, width, (5, 3), stride) for stride in (1, 2, 2)),
    )
    model = SignalClassifier(features, ConcatPool(), 2 * width, pooled_head, n_labels, n_metadata)
    model.apply(kaiming)
    return model


def resnet1d_small(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build a ResNet-18 over time with kernels of 7, on the leads and their differences: 8.7 million parameters.

    Maps ``(record, lead, sample)`` of any length to logits ``(record, label)``. Stem of kernel 7 and stride 2, max
    pooling 3/2, four stages of two basic blocks of 64 to 512 channels, mean over time, one linear layer.
    """
    layers: list[nn.Module] = [WithDifferences(), convolution(2 * n_leads, 64, kernel=7, stride=2), nn.ReLU()]
    layers.append(nn.MaxPool1d(3, 2, padding=1))
    channels = 64
    for stage in range(4):
        width = 64 * 2**stage
        layers += [BasicBlock(channels, width, (7, 7), stride=2 if stage > 0 else 1), BasicBlock(width, width, (7, 7))]
        channels = width
    return SignalClassifier(nn.Sequential(*layers), MeanPool(), channels, nn.Linear, n_labels, n_metadata)


def resnet50_1d(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build a one-dimensional ResNet-50 (He et al. 2016), 16.1 million parameters at 12 leads and 71 labels.

    Maps ``(record, lead, sample)`` of any length to logits ``(record, label)``. Stem of kernel 7 and stride 2, max
    pooling 3/2, bottlenecks 3-4-6-3 of width 256 to 2,048 whose stride stands on the first 1×1 convolution as in the
    paper, global average pooling, one linear layer.
    """
    layers: list[nn.Module] = [convolution(n_leads, 64, kernel=7, stride=2), nn.ReLU(), nn.MaxPool1d(3, 2, padding=1)]
    channels = 64
    for stage, depth in enumerate((3, 4, 6, 3)):
        width = 64 * 2**stage
        for block in range(depth):
            layers.append(Bottleneck(channels, width, stride=2 if stage > 0 and block == 0 else 1))
            channels = 4 * width
    return SignalClassifier(nn.Sequential(*layers), MeanPool(), channels, nn.Linear, n_labels, n_metadata)


class BasicBlock(nn.Module):
    """Two convolutions around a shortcut: ``(record, channels, t)`` to ``(record, width, t/stride)``."""

    def __init__(self, channels: int, width: int, kernels: tuple[int, int], stride: int = 1) -> None:
        super().__init__()
        first, second = kernels
        self.body = nn.Sequential(
            convolution(channels, width, first, stride), nn.ReLU(), convolution(width, width, second)
        )
        same = stride == 1 and channels == width
        self.shortcut = nn.Identity() if same else convolution(channels, width, kernel=1, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


class Bottleneck(nn.Module):
    """A 1-3-1 bottleneck with the stride on the first 1×1: ``(record, channels, t)`` to ``(record, 4·width, ·)``."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(channels, width, kernel=1, stride=stride),
            nn.ReLU(),
            convolution(width, width, kernel=3),
            nn.ReLU(),
            convolution(width, 4 * width, kernel=1),
        )
        same = stride == 1 and channels == 4 * width
        self.shortcut = nn.Identity() if same else convolution(channels, 4 * width, kernel=1, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


def convolution(channels: int, width: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Build a convolution with batch norm: ``(record, channels, t)`` to ``(record, width, t/stride)``, rounded up."""
    weights = nn.Conv1d(channels, width, kernel, stride=stride, padding=kernel // 2, bias=False)
    return nn.Sequential(weights, nn.BatchNorm1d(width))
