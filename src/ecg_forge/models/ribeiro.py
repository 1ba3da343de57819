"""The residual network of Ribeiro et al. 2020 for 12-lead ECGs: ``(record, lead, sample)`` to one logit per label."""

from torch import Tensor, nn
from torch.nn import functional

from ecg_forge.models.heads import SignalClassifier, kaiming

_KERNEL = 16
_STRIDE = 4
_POSITIONS = 16  # to which four strides bring 4,096 samples
_DROPOUT = 0.2


def ribeiro_resnet(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build the network of Ribeiro et al. 2020 (doi:10.1038/s41467-020-15432-4).

    6.4 million parameters with 12 leads and the authors' 6 labels, 6.8 million with 71.

    A convolution to 64 channels, four residual units that each quarter the time, to 128, 196, 256 and 320 channels, and
    one linear layer on all 16 positions that are left of the authors' 4,096 samples (10 s at 400 Hz and zeros). Another
    length is brought to 16 positions by averaging, which changes nothing at 4,000 to 4,096 samples but repeats
    positions below; 10 s at 100 Hz leave four. Kernels have 16 samples, padded as Keras does. Dropout is 0.2: the
    authors' 0.8 is read as the probability to keep, although their code hands it to Keras, which drops that much.

    Returned are logits, to which the sigmoid of the paper is to be applied once.
    """
    features = RibeiroFeatures(n_leads)
    pool = nn.Sequential(nn.AdaptiveAvgPool1d(_POSITIONS), nn.Flatten())
    model = SignalClassifier(features, pool, features.channels * _POSITIONS, nn.Linear, n_labels, n_metadata)
    model.apply(kaiming)
    return model


class RibeiroFeatures(nn.Module):
    """The convolutional part: ``(record, lead, sample)`` to ``(record, 320, sample / 256)``, rounded up."""

    channels = 320

    def __init__(self, n_leads: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(SameConv1d(n_leads, 64), nn.BatchNorm1d(64), nn.ReLU())
        self.units = nn.ModuleList(
            RibeiroUnit(before, after) for before, after in ((64, 128), (128, 196), (196, 256), (256, self.channels))
        )

    def forward(self, signal: Tensor) -> Tensor:
        x = skip = self.stem(signal)
        for unit in self.units:
            x, skip = unit(x, skip)
        return x


class RibeiroUnit(nn.Module):
    """One residual unit, which hands on the sum twice: activated for the next body, bare for the next shortcut.

    That is the order of full pre-activation (He et al. 2016, arXiv:1603.05027), with max pooling in the shortcut.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            SameConv1d(channels, width),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Dropout(_DROPOUT),
            SameConv1d(width, width, stride=_STRIDE),
        )
        self.shortcut = nn.Sequential(nn.MaxPool1d(_STRIDE, ceil_mode=True), nn.Conv1d(channels, width, 1, bias=False))
        self.activate = nn.Sequential(nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(_DROPOUT))

    def forward(self, x: Tensor, skip: Tensor) -> tuple[Tensor, Tensor]:
        """Map two ``(record, channels, t)`` to two ``(record, width, t / 4)``, rounded up."""
        total = self.body(x) + self.shortcut(skip)
        return self.activate(total), total


class SameConv1d(nn.Conv1d):
    """A convolution of kernel 16 whose output has sample/stride positions, rounded up, padded as Keras' ``same``."""

    def __init__(self, channels: int, width: int, stride: int = 1) -> None:
        super().__init__(channels, width, _KERNEL, stride=stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        length, stride = x.shape[-1], self.stride[0]
        missing = max((-(-length // stride) - 1) * stride + _KERNEL - length, 0)
        return super().forward(functional.pad(x, (missing // 2, missing - missing // 2)))
