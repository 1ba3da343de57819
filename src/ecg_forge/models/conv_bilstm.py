"""Residual convolutions, a bidirectional LSTM and attention over time: ``(record, lead, sample)`` to logits."""

from torch import Tensor, nn

from ecg_forge.models.heads import AttentionPool, SignalClassifier
from ecg_forge.models.recurrent import Recurrent
from ecg_forge.models.resnet import convolution

_BLOCKS = ((256, 3), (128, 7))  # channels and kernel
_LSTM = 128  # cells in each direction
_TOLD = 256  # of what attention has heard of the signal
_HIDDEN = 128  # where signal and metadata have met
_DROPOUT = 0.2533  # found by an earlier study's search


def conv_bilstm_attention(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build two residual blocks (256 channels of kernel 3, 128 of kernel 7), a BiLSTM of 128 and additive attention.

    Each block halves the length and drops whole channels. What attention has gathered over time passes through 256
    hidden units, is joined by 16 of the metadata, and by 128 more gives the logits: 0.95 million parameters at 12
    leads, 5 labels and 3 metadata. The convolutions have no bias, since batch norm follows each.
    """
    layers: list[nn.Module] = []
    channels = n_leads
    for width, kernel in _BLOCKS:
        layers += [ResidualBlock(channels, width, kernel), nn.Dropout1d(_DROPOUT)]
        channels = width
    recurrent = Recurrent(nn.LSTM, channels, _LSTM, 1, both_ways=True)
    pool = nn.Sequential(AttentionPool(recurrent.width), *_dense(recurrent.width, _TOLD))
    return SignalClassifier(nn.Sequential(*layers, recurrent), pool, _TOLD, _head, n_labels, n_metadata)


class ResidualBlock(nn.Module):
    """Two convolutions around a shortcut, then half the length: ``(record, channels, t)`` to ``(record, width, t/2)``.

    Channels change in every block, so that every shortcut is a convolution of kernel 1.
    """

    def __init__(self, channels: int, width: int, kernel: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(channels, width, kernel=kernel), nn.ReLU(), convolution(width, width, kernel=kernel)
        )
        self.shortcut = convolution(channels, width, kernel=1)
        self.halved = nn.Sequential(nn.ReLU(), nn.MaxPool1d(2))

    def forward(self, x: Tensor) -> Tensor:
        halved: Tensor = self.halved(self.body(x) + self.shortcut(x))
        return halved


def _dense(width: int, hidden: int) -> tuple[nn.Module, ...]:
    return nn.Linear(width, hidden), nn.ReLU(), nn.BatchNorm1d(hidden), nn.Dropout(_DROPOUT)


def _head(width: int, n_labels: int) -> nn.Sequential:
    return nn.Sequential(*_dense(width, _HIDDEN), nn.Linear(_HIDDEN, n_labels))
