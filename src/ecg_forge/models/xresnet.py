"""The PTB-XL benchmark's xresnets, over time: ``(record, lead, sample)`` to one logit per label."""

import torch
from torch import Tensor, nn

from ecg_forge.models.heads import ConcatPool, SignalClassifier, kaiming, pooled_head
from ecg_forge.models.resnet import convolution

_WIDTH = 64  # of every stage: unlike an image network, the benchmark's does not widen as it shortens
_EXPANSION = 4
_KERNEL = 5


def xresnet1d50(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build the benchmark's ``xresnet1d50``: bottlenecks 3-4-6-3; see ``xresnet1d101``."""
    return _xresnet(n_leads, n_labels, n_metadata, depths=(3, 4, 6, 3))


def xresnet1d101(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build the benchmark's ``xresnet1d101``, among its best: 1.9 million parameters at 12 leads and 71 labels.

    Maps ``(record, lead, sample)`` of any length to logits ``(record, label)``.

    Followed is Strodthoff et al. 2021 (doi:10.1109/JBHI.2020.3022989), who took fastai's xresnet (He et al. 2019, "Bag
    of tricks", arXiv:1812.01187) to one dimension: a stem of three convolutions to 32, 32 and 64 channels, the first of
    stride 2, then max pooling 3/2; bottlenecks 3-4-23-3, all of width 64 × 4, the last three stages of stride 2; kernel
    5 throughout; where a block shortens the signal, its shortcut averages pairs; the last batch norm of a block starts
    at zero, so that each begins as its shortcut; kaiming initialisation; the benchmark's ``pooled_head``.
    """
    return _xresnet(n_leads, n_labels, n_metadata, depths=(3, 4, 23, 3))


def _xresnet(n_leads: int, n_labels: int, n_metadata: int, depths: tuple[int, ...]) -> SignalClassifier:
    layers: list[nn.Module] = []
    for channels, width, stride in ((n_leads, 32, 2), (32, 32, 1), (32, 64, 1)):
        layers += [convolution(channels, width, _KERNEL, stride), nn.ReLU()]
    layers.append(nn.MaxPool1d(3, 2, padding=1))
    for stage, depth in enumerate(depths):
        for block in range(depth):
            first = stage == 0 and block == 0
            layers.append(XBottleneck(64 if first else _WIDTH * _EXPANSION, 2 if stage > 0 and block == 0 else 1))
    model = SignalClassifier(
        nn.Sequential(*layers), ConcatPool(), 2 * _WIDTH * _EXPANSION, pooled_head, n_labels, n_metadata
    )
    model.apply(kaiming)
    return model


class XBottleneck(nn.Module):
    """A 1-5-1 bottleneck with the stride on the 5: ``(record, channels, t)`` to ``(record, 256, t/stride)``."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        width = _WIDTH * _EXPANSION
        last_norm = nn.BatchNorm1d(width)
        nn.init.zeros_(last_norm.weight)
        self.body = nn.Sequential(
            convolution(channels, _WIDTH, kernel=1),
            nn.ReLU(),
            convolution(_WIDTH, _WIDTH, _KERNEL, stride),
            nn.ReLU(),
            nn.Conv1d(_WIDTH, width, 1, bias=False),
            last_norm,
        )
        # An odd last sample is averaged alone, as many positions as the padded convolution gives.
        shorten = nn.Identity() if stride == 1 else nn.AvgPool1d(stride, ceil_mode=True)
        widen = nn.Identity() if channels == width else convolution(channels, width, kernel=1)
        self.shortcut = nn.Sequential(shorten, widen)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))
