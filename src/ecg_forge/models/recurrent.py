"""Recurrent networks that classify an ECG, alone or behind a few convolutions: ``(record, lead, sample)`` to logits.

Sizes are those with which an earlier study compared recurrent networks on PTB-XL: three layers of 128 for one
direction, two of 128 for both, two of 256 for the LSTM. Time runs along the samples.
"""

from torch import Tensor, nn

from ecg_forge.models.heads import AttentionPool, EndsPool, SignalClassifier
from ecg_forge.models.resnet import convolution

_CONVOLUTIONS = (6, 12, 24)  # channels, kernel 5, each followed by a pooling to half the length
_BEHIND_CONVOLUTIONS = 128  # hidden units of the one recurrent layer there


def rnn(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build three layers of 128 Elman units (Elman 1990); the last step gives the logits."""
    return _last_step(Recurrent(nn.RNN, n_leads, 128, 3), n_labels, n_metadata)


def lstm(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build two layers of 256 long short-term memory cells (Hochreiter & Schmidhuber 1997); the last step counts."""
    return _last_step(Recurrent(nn.LSTM, n_leads, 256, 2), n_labels, n_metadata)


def gru(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build three layers of 128 gated recurrent units (Cho et al. 2014, arXiv:1406.1078); the last step counts."""
    return _last_step(Recurrent(nn.GRU, n_leads, 128, 3), n_labels, n_metadata)


def bilstm(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build two layers of 128 LSTM cells in each direction; where each direction ends gives the logits."""
    return _last_step(Recurrent(nn.LSTM, n_leads, 128, 2, both_ways=True), n_labels, n_metadata)


def bigru(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build two layers of 128 GRUs in each direction; where each direction ends gives the logits."""
    return _last_step(Recurrent(nn.GRU, n_leads, 128, 2, both_ways=True), n_labels, n_metadata)


def gru_attention(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build ``gru`` with additive attention over its steps in place of the last one."""
    return _attended(Recurrent(nn.GRU, n_leads, 128, 3), n_labels, n_metadata)


def bigru_attention(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build ``bigru`` with additive attention over its steps in place of their ends."""
    return _attended(Recurrent(nn.GRU, n_leads, 128, 2, both_ways=True), n_labels, n_metadata)


def cnn_gru(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build three convolutions to an eighth of the length, and one layer of 128 GRUs; the last step counts."""
    return _behind_convolutions(nn.GRU, n_leads, n_labels, n_metadata)


def cnn_lstm(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build three convolutions to an eighth of the length, and one layer of 128 LSTM cells; the last step counts."""
    return _behind_convolutions(nn.LSTM, n_leads, n_labels, n_metadata)


class Recurrent(nn.Module):
    """Recurrent layers over time: ``(record, channel, t)`` to ``(record, directions·width, t)``.

    Args:
        kind: ``nn.RNN``, ``nn.LSTM`` or ``nn.GRU``.
        channels: heard at each step.
        width: hidden units of each layer and direction.
        depth: layers.
        both_ways: whether a second half of the channels hears the time backwards.
    """

    def __init__(
        self, kind: type[nn.RNN | nn.LSTM | nn.GRU], channels: int, width: int, depth: int, *, both_ways: bool = False
    ) -> None:
        super().__init__()
        self.layers = kind(channels, width, depth, batch_first=True, bidirectional=both_ways)
        self.directions = 2 if both_ways else 1
        self.width = self.directions * width

    def forward(self, x: Tensor) -> Tensor:
        steps, _ = self.layers(x.transpose(1, 2))  # (record, t, directions·width)
        heard: Tensor = steps.transpose(1, 2)
        return heard


def _last_step(recurrent: Recurrent, n_labels: int, n_metadata: int) -> SignalClassifier:
    pool = EndsPool(recurrent.directions)
    return SignalClassifier(recurrent, pool, recurrent.width, nn.Linear, n_labels, n_metadata)


def _attended(recurrent: Recurrent, n_labels: int, n_metadata: int) -> SignalClassifier:
    pool = AttentionPool(recurrent.width)
    return SignalClassifier(recurrent, pool, recurrent.width, nn.Linear, n_labels, n_metadata)


def _behind_convolutions(
    kind: type[nn.RNN | nn.LSTM | nn.GRU], n_leads: int, n_labels: int, n_metadata: int
) -> SignalClassifier:
    layers: list[nn.Module] = []
    for channels, width in zip((n_leads, *_CONVOLUTIONS[:-1]), _CONVOLUTIONS, strict=True):
        layers += [convolution(channels, width, kernel=5), nn.ReLU(), nn.MaxPool1d(2)]
    recurrent = Recurrent(kind, _CONVOLUTIONS[-1], _BEHIND_CONVOLUTIONS, 1)
    features = nn.Sequential(*layers, recurrent)
    return SignalClassifier(features, EndsPool(1), recurrent.width, nn.Linear, n_labels, n_metadata)
