"""A stack of state-space layers that classifies an ECG: ``(record, lead, sample)`` to one logit per label."""

from torch import Tensor, nn

from ecg_forge.models.heads import MeanPool, SignalClassifier
from ecg_forge.models.s4d import S4D

_STATE = 8
_DROPOUT = 0.2


def s4(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build the ECG classifier S4 of Mehari & Strodthoff 2023 (arXiv:2211.07579; on MIMIC-IV arXiv:2308.15291).

    A 1×1 convolution to 512 channels, four bidirectional layers of state size 8 with dropout 0.2, mean over time, one
    linear layer: 2.2 million parameters at 12 leads and 71 labels. The layers are S4D (``s4d.py``) where the authors
    have S4 with its diagonal-plus-low-rank A; Gu et al. 2022 found the two comparable.
    """
    return _s4(n_leads, n_labels, n_metadata, width=512)


def s4_small(n_leads: int, n_labels: int, n_metadata: int = 0) -> SignalClassifier:
    """Build ``s4`` with 128 channels, for a machine without a GPU."""
    return _s4(n_leads, n_labels, n_metadata, width=128)


def _s4(n_leads: int, n_labels: int, n_metadata: int, width: int) -> SignalClassifier:
    features = nn.Sequential(nn.Conv1d(n_leads, width, 1), *(S4Block(width) for _ in range(4)))
    return SignalClassifier(features, MeanPool(), width, nn.Linear, n_labels, n_metadata)


class S4Block(nn.Module):
    """Filter each channel over time, mix the channels at each sample, add, normalise: ``(record, width, sample)``.

    Dropout removes whole channels of a record, the same ones at every sample.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            S4D(width, _STATE, bidirectional=True),
            nn.GELU(),
            nn.Dropout1d(_DROPOUT),
            nn.Conv1d(width, 2 * width, 1),
            nn.GLU(dim=1),
            nn.Dropout1d(_DROPOUT),
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        normalised: Tensor = self.norm((x + self.body(x)).transpose(1, 2))  # (record, sample, width)
        return normalised.transpose(1, 2)
