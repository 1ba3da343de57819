"""What every classifier has behind its features: pooling over time, patient metadata, and a head that gives logits."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ecg_forge.ecg.errors import BadInput

METADATA_WIDTH = 16  # channels in which metadata join the pooled features of the signal


class SignalClassifier(nn.Module):
    """Features of the signal, pooled over time, joined by what is known of the patient, to one logit per label.

    Args:
        features: ``(record, lead, sample)`` to ``(record, channel, t)``.
        pool: ``(record, channel, t)`` to ``(record, width)``.
        width: of the pooled features.
        head: function of (width, labels) that builds ``(record, width)`` to ``(record, label)``.
        n_labels: logits per record.
        n_metadata: columns of the metadata; with 0 there is no branch for them and not one parameter of it.
    """

    def __init__(
        self,
        features: nn.Module,
        pool: nn.Module,
        width: int,
        head: Callable[[int, int], nn.Module],
        n_labels: int,
        n_metadata: int = 0,
    ) -> None:
        super().__init__()
        self.features, self.pool = features, pool
        self.n_metadata = n_metadata
        self.metadata = metadata_branch(n_metadata) if n_metadata else None
        self.head = head(width + METADATA_WIDTH if n_metadata else width, n_labels)

    def forward(self, signal: Tensor, metadata: Tensor | None = None) -> Tensor:
        """Return logits ``(record, label)`` of a normalised signal ``(record, lead, sample)``.

        Args:
            signal: float32, of any length from about 100 samples on.
            metadata: float32 ``(record, n_metadata)``; may be None for a network without a metadata branch.

        Raises:
            BadInput: the network needs metadata and got none, or they have another shape.
        """
        self._check(len(signal), metadata)
        pooled: Tensor = self.pool(self.features(signal))
        if self.metadata is not None:
            pooled = torch.cat([pooled, self.metadata(metadata)], dim=1)
        logits: Tensor = self.head(pooled)
        return logits

    def _check(self, records: int, metadata: Tensor | None) -> None:
        needed = (records, self.n_metadata)
        given = (records, 0) if metadata is None else tuple(metadata.shape)
        if given != needed:
            raise BadInput(f"the classifier needs metadata of shape {needed}, got {given}")


class ConcatPool(nn.Module):
    """Largest and mean value over time, side by side: ``(record, channel, t)`` to ``(record, 2·channel)``."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x.amax(dim=-1), x.mean(dim=-1)], dim=1)


class MeanPool(nn.Module):
    """Mean over time: ``(record, channel, t)`` to ``(record, channel)``."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=-1)


class EndsPool(nn.Module):
    """The step at which each direction has heard everything: ``(record, channel, t)`` to ``(record, channel)``.

    Args:
        directions: 1 takes the last step; 2 takes it of the first half of the channels, and the first step of the
            second half, which hears the time backwards.
    """

    def __init__(self, directions: int) -> None:
        super().__init__()
        self.directions = directions

    def forward(self, x: Tensor) -> Tensor:
        if self.directions == 1:
            return x[..., -1]
        forwards, backwards = x.chunk(2, dim=1)
        return torch.cat([forwards[..., -1], backwards[..., 0]], dim=1)


class AttentionPool(nn.Module):
    """Sum over time, weighted by additive attention: ``(record, channel, t)`` to ``(record, channel)``.

    A step's weight is the softmax over time of tanh(x·w) (Bahdanau et al. 2015, arXiv:1409.0473, with one unit).

    Args:
        channels: of each step.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.score = nn.Linear(channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.weights(x)[:, None]).sum(dim=-1)

    def weights(self, x: Tensor) -> Tensor:
        """Return the weight of each step, ``(record, t)``; those of a record sum to 1."""
        scores: Tensor = self.score(x.transpose(1, 2))[..., 0]
        return scores.tanh().softmax(dim=-1)


def metadata_branch(n_metadata: int) -> nn.Sequential:
    """Build the embedding of metadata: float32 ``(record, n_metadata)`` to ``(record, METADATA_WIDTH)``.

    The batch norm stands there so that age in years and sex as 0 or 1 reach the head on one scale.
    """
    return nn.Sequential(nn.Linear(n_metadata, METADATA_WIDTH), nn.BatchNorm1d(METADATA_WIDTH), nn.ReLU())


def pooled_head(width: int, n_labels: int) -> nn.Sequential:
    """Build the head of the PTB-XL benchmark's convolutional nets (fastai's, 128 hidden units), to follow ConcatPool.

    Maps ``(record, width)`` to logits ``(record, label)``.
    """
    return nn.Sequential(
        nn.BatchNorm1d(width),
        nn.Dropout(0.25),
        nn.Linear(width, 128),
        nn.ReLU(),
        nn.BatchNorm1d(128),
        nn.Dropout(0.5),
        nn.Linear(128, n_labels),
    )


def last_linear(network: nn.Module) -> nn.Linear:
    """Return the layer that gives the logits; what it takes is the network's description of a record.

    Raises:
        BadInput: the network has no linear layer.
    """
    linear = [module for module in network.modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise BadInput(f"{type(network).__name__} has no linear layer to give logits")
    return linear[-1]


def kaiming(module: nn.Module) -> None:
    """Initialise one convolution or linear layer as He et al. 2015 (weights for ReLU, biases zero); for ``apply``."""
    if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
