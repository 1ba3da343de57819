"""Convolutional networks over images of a signal: ``(record, lead, sample)`` to one logit per label.

Each begins with `SignalImages`, so that it takes signals as every other classifier does and nothing is written. The
layouts are the published ones; widths and heads are small, since an image of an ECG holds less than a photograph: where
the originals flatten into thousands of hidden units, these average over the image.
"""

import torch
from torch import Tensor, nn

from ecg_forge.models.heads import MeanPool, SignalClassifier, kaiming
from ecg_forge.models.signal_images import KINDS, SignalImages

SIZE = 128
"""Pixels along a side of the images."""
ALEXNET_WIDTH = 96
"""Channels that AlexNet's layers end with."""
_DROPOUT = 0.3


def cnn2d(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build three convolutions of kernel 5 with 32, 64 and 128 channels, each followed by max pooling."""
    layers: list[nn.Module] = []
    channels = KINDS * n_leads
    for width in (32, 64, 128):
        layers += [_convolution(channels, width, 5), nn.MaxPool2d(2)]
        channels = width
    return _classifier(layers, channels, n_labels, n_metadata)


def alexnet(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build AlexNet's five convolutions (Krizhevsky et al. 2012), at a third of their width, with batch norm."""
    return _classifier(alexnet_layers(n_leads), ALEXNET_WIDTH, n_labels, n_metadata)


def alexnet_attention(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build ``alexnet`` with self-attention over the image after the first and the third convolution."""
    layers = alexnet_layers(n_leads, ImageAttention(32), ImageAttention(128))
    return _classifier(layers, ALEXNET_WIDTH, n_labels, n_metadata)


def vgg(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build seven convolutions of kernel 3 and three poolings, as VGG does (Simonyan & Zisserman 2015)."""
    layers: list[nn.Module] = []
    channels = KINDS * n_leads
    for width, depth in ((32, 2), (64, 2), (128, 3)):
        for _ in range(depth):
            layers.append(_convolution(channels, width, 3))
            channels = width
        layers.append(nn.MaxPool2d(2))
    return _classifier(layers, channels, n_labels, n_metadata)


def resnet2d(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build ResNet-50's bottlenecks 3-4-6-3 (He et al. 2016) a quarter as wide: 16 to 128 channels, four times out."""
    layers: list[nn.Module] = [_convolution(KINDS * n_leads, 16, 7, stride=2), nn.MaxPool2d(3, 2, padding=1)]
    channels = 16
    for stage, depth in enumerate((3, 4, 6, 3)):
        width = 16 * 2**stage
        for block in range(depth):
            layers.append(Bottleneck(channels, width, stride=2 if stage > 0 and block == 0 else 1))
            channels = 4 * width
    return _classifier(layers, channels, n_labels, n_metadata)


def mobilenet(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build seven inverted residuals (MobileNetV2, Sandler et al. 2018, arXiv:1801.04381), expanded six times."""
    layers: list[nn.Module] = [_convolution(KINDS * n_leads, 32, 3, stride=2)]
    channels = 32
    for width, stride in ((16, 1), (24, 2), (24, 1), (32, 2), (32, 1), (64, 2), (64, 1)):
        layers.append(InvertedResidual(channels, width, stride))
        channels = width
    layers.append(_convolution(channels, 256, 1))
    return _classifier(layers, 256, n_labels, n_metadata)


class Bottleneck(nn.Module):
    """A 1-3-1 bottleneck around a shortcut: ``(record, channels, h, w)`` to ``(record, 4·width, ·, ·)``."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _convolution(channels, width, 1, stride), _convolution(width, width, 3), *_normalised(width, 4 * width, 1)
        )
        same = stride == 1 and channels == 4 * width
        self.shortcut = nn.Identity() if same else nn.Sequential(*_normalised(channels, 4 * width, 1, stride))

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = (self.body(x) + self.shortcut(x)).relu()
        return added


class InvertedResidual(nn.Module):
    """Expand six times, filter each channel, project without ReLU; what comes in is added where the shape stays.

    Maps ``(record, channels, h, w)`` to ``(record, width, h/stride, w/stride)``.
    """

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        inside = 6 * channels
        self.body = nn.Sequential(
            _convolution(channels, inside, 1),
            *_normalised(inside, inside, 3, stride, groups=inside),
            nn.ReLU6(),
            *_normalised(inside, width, 1),
        )
        self.added = stride == 1 and channels == width

    def forward(self, x: Tensor) -> Tensor:
        projected: Tensor = self.body(x)
        return x + projected if self.added else projected


class ImageAttention(nn.Module):
    """Residual self-attention over all pixels (SAGAN, Zhang et al. 2019, arXiv:1805.08318): shape stays.

    Queries and keys have an eighth of the channels; the gain of what is heard starts small.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = channels // 8
        self.query_key = nn.Conv2d(channels, 2 * narrow, 1)
        self.value = nn.Conv2d(channels, channels, 1)
        self.gain = nn.Parameter(torch.full((1,), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        query, key = (part.flatten(2).transpose(1, 2) for part in self.query_key(x).chunk(2, dim=1))
        value = self.value(x).flatten(2).transpose(1, 2)  # (record, pixel, channel)
        heard = nn.functional.scaled_dot_product_attention(query, key, value)
        attended: Tensor = x + self.gain * heard.transpose(1, 2).view_as(x)
        return attended


def alexnet_layers(
    n_leads: int, after_first: nn.Module | None = None, after_third: nn.Module | None = None
) -> list[nn.Module]:
    """Build the layers of ``alexnet``, from images to features: ``(record, 3·lead, h, w)`` to ``(record, 96, ·, ·)``.

    Args:
        n_leads: leads with three images each.
        after_first: what stands behind the first convolution, or nothing.
        after_third: what stands behind the third.
    """
    return [
        _convolution(KINDS * n_leads, 32, 11, stride=4),
        after_first or nn.Identity(),
        nn.MaxPool2d(3, 2),
        _convolution(32, 64, 5),
        nn.MaxPool2d(3, 2),
        _convolution(64, 128, 3),
        after_third or nn.Identity(),
        _convolution(128, 128, 3),
        _convolution(128, ALEXNET_WIDTH, 3),
    ]


def _classifier(layers: list[nn.Module], width: int, n_labels: int, n_metadata: int) -> SignalClassifier:
    """Put images before the layers and an average over the image behind them."""
    features = nn.Sequential(SignalImages(SIZE), *layers, nn.Flatten(2))
    model = SignalClassifier(features, MeanPool(), width, _head, n_labels, n_metadata)
    model.apply(kaiming)
    return model


def _head(width: int, n_labels: int) -> nn.Sequential:
    return nn.Sequential(nn.Dropout(_DROPOUT), nn.Linear(width, n_labels))


def _convolution(channels: int, width: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Build a convolution with batch norm and ReLU: ``(record, channels, h, w)`` to ``(·, width, h/stride, ·)``."""
    return nn.Sequential(*_normalised(channels, width, kernel, stride), nn.ReLU())


def _normalised(
    channels: int, width: int, kernel: int, stride: int = 1, groups: int = 1
) -> tuple[nn.Module, nn.Module]:
    weights = nn.Conv2d(channels, width, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return weights, nn.BatchNorm2d(width)
