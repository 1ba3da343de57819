"""Random changes to a batch of training signals, made on the device the batch is on.

All randomness of a batch follows from one seed, which the training derives from its own seed and the step: workers,
restarts and the number of devices cannot repeat or change a draw.
"""

import math

import numpy as np
import torch
from torch import Tensor

from ecg_forge.training.config import AugmentationConfig


def augment(signal: Tensor, fs: int, config: AugmentationConfig, seed: int) -> Tensor:
    """Return changed copies of signals, mV ``(record, lead, sample)``; each kind hits a record with its probability.

    In order: time shift, amplitude, baseline wander, noise, lead dropout.

    Args:
        signal: mV, unchanged.
        fs: sampling rate in Hz.
        config: which changes, and how strong.
        seed: of everything drawn.
    """
    n, leads, _ = signal.shape
    draw = _Draws(n, config.probability, seed, signal.device)
    if config.shift_s > 0:
        signal = shifted(signal, (draw.chosen() * draw.uniform(-1, 1) * config.shift_s * fs).round().long())
    if config.amplitude > 0:
        signal = signal * (1 + draw.chosen() * draw.uniform(-1, 1) * config.amplitude)[:, None, None]
    if config.wander_mv > 0:
        signal = signal + wander(signal, fs, draw) * (draw.chosen() * config.wander_mv)[:, None, None]
    if config.noise_mv > 0:
        signal = signal + draw.normal(signal.shape) * (draw.chosen() * config.noise_mv)[:, None, None]
    if config.lead_dropout > 0:
        lost = (draw.chosen()[:, None] * (draw.uniform(0, 1, leads) < config.lead_dropout)).bool()
        signal = signal.masked_fill(lost[:, :, None], 0.0)
    return signal


def mixup(signal: Tensor, target: Tensor, alpha: float, seed: int) -> tuple[Tensor, Tensor]:
    """Mix each record with another of the batch, signal and target alike (Zhang et al. 2018, arXiv:1710.09412).

    Args:
        signal: mV ``(record, lead, sample)``.
        target: ``(record, label)``.
        alpha: the share of a record is drawn from Beta(α, α).
        seed: of shares and partners.
    """
    generator = np.random.default_rng([seed, 1])
    share = generator.beta(alpha, alpha, len(signal)).astype(np.float32)
    partner = torch.from_numpy(generator.permutation(len(signal))).to(signal.device)
    own = torch.from_numpy(share).to(signal.device)
    return (
        own[:, None, None] * signal + (1 - own)[:, None, None] * signal[partner],
        own[:, None] * target + (1 - own)[:, None] * target[partner],
    )


def shifted(signal: Tensor, samples: Tensor) -> Tensor:
    """Move each record later by ``samples`` ``(record,)``; the edge value fills what becomes free."""
    n, leads, length = signal.shape
    source = (torch.arange(length, device=signal.device) - samples[:, None]).clamp(0, length - 1)
    return signal.gather(2, source[:, None, :].expand(n, leads, length))


def wander(signal: Tensor, fs: int, draw: "_Draws") -> Tensor:
    """Return slow sines of amplitude up to 1, ``(record, lead, sample)``: one frequency a record, as breathing has."""
    _, leads, length = signal.shape
    time = torch.arange(length, device=signal.device) / fs
    frequency, phase, size = draw.uniform(0.05, 0.5), draw.uniform(0, 1), draw.uniform(-1, 1, leads)
    return size[:, :, None] * torch.sin(2 * math.pi * (frequency[:, None] * time + phase[:, None]))[:, None, :]


class _Draws:
    """Random numbers for ``n`` records; small ones from numpy, whole signals on the device."""

    def __init__(self, n: int, probability: float, seed: int, device: torch.device) -> None:
        self._n, self._probability, self._device = n, probability, device
        self._numbers = np.random.default_rng([seed, 0])
        self._signals = torch.Generator(device).manual_seed(seed)

    def chosen(self) -> Tensor:
        """1 for the records that are changed, else 0."""
        return self._sent(self._numbers.random(self._n) < self._probability)

    def uniform(self, low: float, high: float, *more: int) -> Tensor:
        """Uniform numbers ``(record, *more)``."""
        return self._sent(self._numbers.uniform(low, high, (self._n, *more)))

    def normal(self, shape: tuple[int, ...]) -> Tensor:
        """Standard normal numbers on the device."""
        return torch.randn(shape, generator=self._signals, device=self._device)

    def _sent(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values.astype(np.float32)).to(self._device)
