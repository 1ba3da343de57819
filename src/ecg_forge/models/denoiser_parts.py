"""What denoisers share: how they hear noise level and beats, patches of samples, rotary attention, a silent start."""

from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

_Layer = TypeVar("_Layer", nn.Conv1d, nn.Linear)


class NoiseEmbedding(nn.Module):
    """Embed the noise level ``(record,)`` as ``(record, width)`` through sines and cosines of geometric frequencies.

    Args:
        width: channels of the embedding.
        frequencies: how many there are, each heard as a sine and a cosine.
    """

    frequencies: Tensor

    def __init__(self, width: int, frequencies: int = 32) -> None:
        super().__init__()
        # c_noise runs from about -1.6 to 1.1: from a sixth of a turn to dozens over the range.
        geometric = 2 * torch.pi * torch.logspace(-4, 4, frequencies, base=2)
        self.register_buffer("frequencies", geometric, persistent=False)
        self.project = nn.Linear(2 * frequencies, width)

    def forward(self, c_noise: Tensor) -> Tensor:
        angles = c_noise[:, None] * self.frequencies
        projected: Tensor = self.project(torch.cat([angles.cos(), angles.sin()], dim=1))
        return projected


BEAT_TRACES = 2
"""Traces in which a denoiser is told the beats."""
_PEAK_SD = 2.0  # samples


def beat_traces(beats: Tensor, length: int) -> Tensor:
    """Draw R peaks as traces beside the leads, ``(record, 2, length)``.

    The first has a peak of height 1 at each beat; the second rises from −1 at a beat to 1 at the next and is 0 before
    the first and after the last. Where no beats are given, both are 0.

    Args:
        beats: rising samples ``(record, beat)``, NaN after the last.
        length: samples of the traces.
    """
    at = torch.arange(length, dtype=beats.dtype, device=beats.device).expand(len(beats), length)
    outside = beats.new_full((len(beats), 1), torch.inf)
    bounds = torch.cat([-outside, beats.nan_to_num(nan=torch.inf), outside], dim=1)
    following = torch.searchsorted(bounds, at.contiguous(), right=True).clamp(max=bounds.shape[1] - 1)
    before, after = bounds.gather(1, following - 1), bounds.gather(1, following)
    peak = (-(torch.minimum(at - before, after - at) ** 2) / (2 * _PEAK_SD**2)).exp()
    between = before.isfinite() & after.isfinite()
    phase = torch.where(between, 2 * (at - before) / (after - before) - 1, 0)
    return torch.stack([peak, phase], dim=1)


def to_patches(x: Tensor, patch: int) -> Tensor:
    """``(record, lead, patches·patch)`` → ``(record, lead·patch, patches)``."""
    n, leads, length = x.shape
    return x.view(n, leads, length // patch, patch).transpose(2, 3).reshape(n, leads * patch, length // patch)


def from_patches(h: Tensor, patch: int) -> Tensor:
    """``(record, lead·patch, patches)`` → ``(record, lead, patches·patch)``."""
    n, channels, patches = h.shape
    return h.view(n, channels // patch, patch, patches).transpose(2, 3).reshape(n, channels // patch, patches * patch)


def rotary_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attend over time with rotary positions (Su et al. 2021, arXiv:2104.09864); all ``(record, head, t, channel)``.

    The score of two positions follows from what they hold and from their distance, not from where they stand.
    """
    return functional.scaled_dot_product_attention(rotated(query), rotated(key), value)


def rotated(x: Tensor) -> Tensor:
    """Turn pairs of channels of ``(record, head, t, channel)`` by angles that grow with t."""
    length, channels = x.shape[-2:]
    position = torch.arange(length, device=x.device, dtype=torch.float32)
    # The longest wave spans about 1,000 positions: no recording here is longer at an attending level.
    frequency = torch.logspace(0, -3, channels // 2, device=x.device)
    angle = position[:, None] * frequency
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


def zeroed(layer: _Layer) -> _Layer:
    """Set weight and bias to zero, so that what follows the layer starts from nothing; return the layer."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
