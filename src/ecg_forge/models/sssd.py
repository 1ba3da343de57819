"""SSSD-ECG: the denoiser of Alcaraz & Strodthoff 2023 (arXiv:2301.08227), DiffWave's layout with state-space layers.

Full resolution throughout: a stack of residual blocks in which two S4 layers hear the whole recording, told the noise
level before the first and the condition before the second; skips from every block add up to the answer.

Kept are the layers, their order, widths, weight norms and initialisation. Four things differ: the S4 layers are S4D
(``s4d.py``), with a trained A and dt, where theirs have S4 with a fixed diagonal-plus-low-rank A; the condition is
embedded with age, sex and null tokens instead of as a sum of label vectors; the noise level is c_noise instead of the
number of a diffusion step; and the last block has no convolution back into the stack, since nothing follows it.

Each S4D computes its kernel anew at every evaluation: sample inside ``s4d.frozen_kernels``.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.condition import Condition, ConditionEmbedding
from ecg_forge.models.denoiser_parts import NoiseEmbedding, zeroed
from ecg_forge.models.s4d import S4D

_NOISE_FREQUENCIES = 64  # each as a sine and a cosine: 128 numbers tell the noise level


@dataclass(frozen=True)
class SSSDConfig:
    """Sizes of an SSSD; the defaults are the paper's.

    Attributes:
        n_leads: leads of the signals.
        n_statements: statements of the conditions.
        blocks: residual blocks.
        width: channels between the blocks; inside them there are twice as many.
        state: real size of the state of each S4D filter, an even number.
        noise_embedding: channels in which the noise level is told to the blocks.
        condition_embedding: channels in which the condition is told to them.

    Raises:
        BadInput: a size that cannot be.
    """

    n_leads: int = 8
    n_statements: int = 71
    blocks: int = 36
    width: int = 256
    state: int = 64
    noise_embedding: int = 512
    condition_embedding: int = 128

    def __post_init__(self) -> None:
        embeddings = min(self.noise_embedding, self.condition_embedding)
        if min(self.n_leads, self.n_statements, self.blocks, self.width, embeddings) < 1:
            raise BadInput(f"every size of an SSSDConfig must be at least 1, got {self}")
        if self.state < 2 or self.state % 2:
            raise BadInput(f"state of an SSSDConfig must be even and at least 2, got {self.state}")


def sssd_tiny(n_leads: int, n_statements: int) -> "SSSD":
    """Build four blocks of 32 channels, about 0.3 million parameters: for demonstrations and tests on a processor."""
    sizes = SSSDConfig(blocks=4, width=32, noise_embedding=128)
    return SSSD(replace(sizes, n_leads=n_leads, n_statements=n_statements))


def sssd_small(n_leads: int, n_statements: int) -> "SSSD":
    """Build twelve blocks of 64 channels, about 2.3 million parameters: for real records on a small GPU."""
    sizes = SSSDConfig(blocks=12, width=64)
    return SSSD(replace(sizes, n_leads=n_leads, n_statements=n_statements))


def sssd(n_leads: int, n_statements: int) -> "SSSD":
    """Build the paper's 36 blocks of 256 channels: 52,550,024 parameters at 8 leads and 71 statements.

    The authors' network has 50,202,504, counted as they train it, with A and dt fixed.
    """
    return SSSD(replace(SSSDConfig(), n_leads=n_leads, n_statements=n_statements))


class SSSD(nn.Module):
    """Map noisy signals ``(record, lead, sample)`` of any length to what the preconditioner asks for, same shape.

    At first it returns zeros: the last convolution starts there.
    """

    def __init__(self, config: SSSDConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.noise = nn.Sequential(
            NoiseEmbedding(config.noise_embedding, _NOISE_FREQUENCIES),
            nn.SiLU(),
            nn.Linear(config.noise_embedding, config.noise_embedding),
            nn.SiLU(),
        )
        self.condition = ConditionEmbedding(config.n_statements, config.condition_embedding)
        self.stem = nn.Sequential(_convolution(config.n_leads, width), nn.ReLU())
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.blocks))
        self.skips = nn.ModuleList(_convolution(width, width) for _ in range(config.blocks))
        self.residuals = nn.ModuleList(_convolution(width, width) for _ in range(config.blocks - 1))
        self.residuals.append(nn.Identity())  # nothing hears the last one: weights there would never be trained
        self.head = nn.Sequential(_convolution(width, width), nn.ReLU(), zeroed(nn.Conv1d(width, config.n_leads, 1)))

    def forward(self, x: Tensor, c_noise: Tensor, condition: Condition) -> Tensor:
        """Denoise.

        Args:
            x: ``(record, lead, sample)``, scaled to unit variance.
            c_noise: ``(record,)``, the noise level as EDM's c_noise, ln(σ)/4.
            condition: of the same records.

        Returns:
            ``(record, lead, sample)``.
        """
        level, said = self.noise(c_noise), self.condition(condition)
        h = self.stem(x)  # (record, width, sample)
        answer = torch.zeros_like(h)
        for block, skip, residual in zip(self.blocks, self.skips, self.residuals, strict=True):
            gated = block(h, level, said)
            answer = answer + skip(gated)
            h = (h + residual(gated)) * math.sqrt(0.5)
        denoised: Tensor = self.head(answer * math.sqrt(1 / len(self.blocks)))
        return denoised


class Block(nn.Module):
    """Hear the recording, the noise level and the condition: ``(record, width, sample)`` to the same, gated."""

    def __init__(self, config: SSSDConfig) -> None:
        super().__init__()
        inside = 2 * config.width
        self.level = nn.Linear(config.noise_embedding, config.width)
        self.convolution = _convolution(config.width, inside, 3)
        self.first = S4Layer(inside, config.state)
        self.said = nn.Linear(config.condition_embedding, inside)
        self.second = S4Layer(inside, config.state)

    def forward(self, x: Tensor, level: Tensor, said: Tensor) -> Tensor:
        h = self.first(self.convolution(x + self.level(level)[..., None]))
        h = self.second(h + self.said(said)[..., None])
        value, gate = h.chunk(2, dim=1)
        return value.tanh() * gate.sigmoid()


class S4Layer(nn.Module):
    """Filter each channel over time, mix the channels at each sample, add, normalise: ``(record, width, sample)``."""

    def __init__(self, width: int, state: int) -> None:
        super().__init__()
        self.filter = S4D(width, state, bidirectional=True)
        self.mix = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        filtered = functional.gelu(self.filter(x)).transpose(1, 2)  # (record, sample, width)
        normalised: Tensor = self.norm(x.transpose(1, 2) + self.mix(filtered))
        return normalised.transpose(1, 2)


def _convolution(channels: int, width: int, kernel: int = 1) -> nn.Module:
    """Return a weight-normed convolution that keeps the length, initialised after He et al. 2015."""
    layer = nn.Conv1d(channels, width, kernel, padding=kernel // 2)
    nn.init.kaiming_normal_(layer.weight)
    return weight_norm(layer)
