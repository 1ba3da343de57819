"""Networks that hear a signal and look at its images: ``(record, lead, sample)`` to one logit per label.

They differ in where the two meet. In ``early_fusion`` it is at the input: one trunk hears, at each stretch of time,
what a first convolution made of the signal and what another made of the images. In ``joint_fusion`` and
``attention_fusion`` each modality has a whole branch, a BiGRU for the signal and AlexNet's layers for the images, and
what the two say of a record is put side by side, or first attends to each other. Everything is trained at once, from
the start.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.heads import EndsPool, MeanPool, SignalClassifier, kaiming
from ecg_forge.models.image_cnn import ALEXNET_WIDTH, SIZE, alexnet_layers
from ecg_forge.models.recurrent import Recurrent
from ecg_forge.models.resnet import convolution
from ecg_forge.models.signal_images import KINDS, SignalImages

MODALITIES = ("signal", "images")
"""What a record is known by, in the order of the features."""
_LOW = 32  # channels of each modality where they meet at the input
_WIDTH = 128  # of what each branch says of a record
_RECURRENT = 128  # GRUs in each direction, two layers
_HIDDEN = 128
_DROPOUT = 0.3


def early_fusion(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build one BiGRU over low-level features of both: a convolution of the signal, and one of the images, by column.

    A column of an image relates one stretch of time to all others, so that images have a time axis, too. Early fusion
    in an earlier study was another thing: a head on branches that had been trained apart and were frozen.
    """
    features = nn.Sequential(Branches(_signal_stem(n_leads), _image_stem(n_leads)), nn.Flatten(1, 2), _bigru(2 * _LOW))
    return SignalClassifier(features, EndsPool(2), 2 * _RECURRENT, _head, n_labels, n_metadata)


def joint_fusion(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build a head on the concatenated features of both branches, trained end to end."""
    return SignalClassifier(_branches(n_leads), nn.Flatten(), 2 * _WIDTH, _head, n_labels, n_metadata)


def attention_fusion(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build ``joint_fusion`` with attention between the two modalities of a record before the head."""
    pool = nn.Sequential(ModalityAttention(_WIDTH), nn.Flatten())
    return SignalClassifier(_branches(n_leads), pool, 2 * _WIDTH, _head, n_labels, n_metadata)


class Branches(nn.Module):
    """Describe a record by each modality: ``(record, lead, sample)`` to ``(record, modality, …)``.

    Args:
        signal: ``(record, lead, sample)`` to ``(record, …)``.
        images: the same from the same; the images are made inside.
    """

    def __init__(self, signal: nn.Module, images: nn.Module) -> None:
        super().__init__()
        self.signal, self.images = signal, images

    def forward(self, x: Tensor) -> Tensor:
        return self.joined({"signal": self.signal(x), "images": self.images(x)})

    @staticmethod
    def joined(features: Mapping[str, Tensor | None]) -> Tensor:
        """Put features of all modalities side by side: each ``(record, …)``, together ``(record, modality, …)``.

        Raises:
            BadInput: a modality is missing or unknown, or they have different shapes.
        """
        given = [name for name, feature in features.items() if feature is not None]
        if sorted(given) != sorted(MODALITIES):
            needed, got = " and ".join(MODALITIES), " and ".join(given) or "none"
            raise BadInput(f"fusion needs features of {needed} of every record, got {got}")
        parts = [part for part in (features[name] for name in MODALITIES) if part is not None]
        if len({part.shape for part in parts}) > 1:
            shapes = " and ".join(str(tuple(part.shape)) for part in parts)
            raise BadInput(f"fusion needs features of one shape from both modalities, got {shapes}")
        return torch.stack(parts, dim=1)


class ModalityAttention(nn.Module):
    """Let the modalities of one record hear each other: ``(record, modality, width)``, shape stays.

    Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762, equation 1) with a residual. Records never hear
    each other.

    Args:
        width: of each modality's features.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        # A bias of the keys would add the same to every score of a row, which the softmax takes away again.
        self.query, self.key = (nn.Linear(width, width, bias=False) for _ in range(2))
        self.value = nn.Linear(width, width)
        self.root = width**0.5

    def forward(self, x: Tensor) -> Tensor:
        heard: Tensor = self.weights(x) @ self.value(x)
        return x + heard

    def weights(self, x: Tensor) -> Tensor:
        """Return how much each modality (row) hears of each (column): ``(record, modality, modality)``."""
        scores: Tensor = self.query(x) @ self.key(x).transpose(1, 2)
        return (scores / self.root).softmax(dim=-1)


class ColumnMeans(nn.Module):
    """Average over the rows of images: ``(record, channel, row, column)`` to ``(record, channel, column)``."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=2)


def _signal_stem(n_leads: int) -> nn.Sequential:
    """Build ``(record, lead, sample)`` to ``(record, _LOW, SIZE)``: a step for each column of the images."""
    stem = nn.Sequential(convolution(n_leads, _LOW, kernel=5), nn.ReLU(), nn.AdaptiveAvgPool1d(SIZE))
    return stem.apply(kaiming)


def _image_stem(n_leads: int) -> nn.Sequential:
    """Build ``(record, lead, sample)`` to ``(record, _LOW, SIZE)``; every fourth row is enough for a mean over rows."""
    filters = nn.Conv2d(KINDS * n_leads, _LOW, 5, stride=(4, 1), padding=2, bias=False)
    stem = nn.Sequential(SignalImages(SIZE), filters, nn.BatchNorm2d(_LOW), nn.ReLU(), ColumnMeans())
    return stem.apply(kaiming)


def _branches(n_leads: int) -> Branches:
    """Build both branches as far as what each says of a record: ``(record, modality, _WIDTH)``."""
    signal = nn.Sequential(_bigru(n_leads), EndsPool(2), nn.Linear(2 * _RECURRENT, _WIDTH), nn.ReLU())
    layers = [SignalImages(SIZE), *alexnet_layers(n_leads), nn.Flatten(2), MeanPool()]
    images = nn.Sequential(*layers, nn.Linear(ALEXNET_WIDTH, _WIDTH), nn.ReLU())
    return Branches(signal, images.apply(kaiming))


def _bigru(channels: int) -> Recurrent:
    return Recurrent(nn.GRU, channels, _RECURRENT, 2, both_ways=True)


def _head(width: int, n_labels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(_DROPOUT), nn.Linear(width, _HIDDEN), nn.ReLU(), nn.Dropout(_DROPOUT), nn.Linear(_HIDDEN, n_labels)
    )
