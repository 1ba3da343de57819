"""A one-dimensional U-Net that denoises eight-lead ECGs of asked-for statements, age, sex and beats.

The layout is that of the denoisers in Dhariwal & Nichol 2021 (arXiv:2105.05233): residual blocks with adaptive group
norm, self-attention at the lower resolutions, skips from the way down to the way up; over patches of samples, with
rotary positions (Su et al. 2021, arXiv:2104.09864) in the attention, for the distance from beat to beat.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.condition import Condition, ConditionEmbedding
from ecg_forge.models.denoiser_parts import (
    BEAT_TRACES,
    NoiseEmbedding,
    beat_traces,
    from_patches,
    rotary_attention,
    to_patches,
    zeroed,
)

_GROUP_WIDTH = 16  # channels normalised together
_HEAD_WIDTH = 32  # channels of one attention head
_FILTERS = 3  # linear filters of the input that the head mixes as the noise level asks


@dataclass(frozen=True)
class UNet1dConfig:
    """Sizes of a UNet1d.

    Attributes:
        n_leads: leads of the signals.
        n_statements: statements of the conditions.
        patch: samples that form one position of the highest level.
        widths: channels of each level, from the highest resolution down; each level halves it.
        depth: residual blocks per level and direction.
        attention: for each level, whether its blocks attend over time.
        embedding: channels in which noise level and condition are told to the blocks.

    Raises:
        BadInput: a size that cannot be.
    """

    n_leads: int = 8
    n_statements: int = 71
    patch: int = 4
    widths: tuple[int, ...] = (64, 128, 192)
    depth: int = 1
    attention: tuple[bool, ...] = (False, True, True)
    embedding: int = 256

    def __post_init__(self) -> None:
        if min(self.n_leads, self.n_statements, self.patch, self.depth, self.embedding) < 1:
            raise BadInput(f"every size of a UNet1dConfig must be at least 1, got {self}")
        if not self.widths or len(self.widths) != len(self.attention):
            raise BadInput(
                f"a UNet1dConfig needs widths and attention of one length, got {self.widths}, {self.attention}"
            )
        if any(width < _HEAD_WIDTH or width % _HEAD_WIDTH for width in self.widths):
            raise BadInput(f"widths of a UNet1dConfig must be multiples of {_HEAD_WIDTH}, got {self.widths}")

    @property
    def stride(self) -> int:
        """Samples that become one position of the lowest level; signals are padded to a multiple of it."""
        return self.patch * int(2 ** (len(self.widths) - 1))


def unet1d_tiny(n_leads: int, n_statements: int) -> "UNet1d":
    """Build the smallest preset, about 1.3 million parameters: for demonstrations and tests on a processor."""
    sizes = UNet1dConfig(patch=8, widths=(64, 96, 128), embedding=128)
    return UNet1d(replace(sizes, n_leads=n_leads, n_statements=n_statements))


def unet1d_small(n_leads: int, n_statements: int) -> "UNet1d":
    """Build the middle preset, about 4.4 million parameters: for real records on a processor.

    Its lowest level has a position per 20 samples, so 10 s at 100 Hz need no padding.
    """
    sizes = UNet1dConfig(patch=5, widths=(96, 160, 256), embedding=256)
    return UNet1d(replace(sizes, n_leads=n_leads, n_statements=n_statements))


def unet1d_base(n_leads: int, n_statements: int) -> "UNet1d":
    """Build the largest preset, about 18 million parameters: for real records on a GPU."""
    sizes = UNet1dConfig(widths=(128, 256, 384), depth=2, embedding=512)
    return UNet1d(replace(sizes, n_leads=n_leads, n_statements=n_statements))


class UNet1d(nn.Module):
    """Map noisy signals ``(record, lead, sample)`` of any length to what the preconditioner asks for, same shape.

    At first it returns zeros: the last convolution starts there.
    """

    def __init__(self, config: UNet1dConfig) -> None:
        super().__init__()
        self.config = config
        self.noise = NoiseEmbedding(config.embedding)
        self.condition = ConditionEmbedding(config.n_statements, config.embedding)
        self.mix = nn.Sequential(nn.SiLU(), nn.Linear(config.embedding, config.embedding), nn.SiLU())
        samples = config.n_leads * config.patch
        self.stem = nn.Conv1d(samples + BEAT_TRACES * config.patch, config.widths[0], 3, padding=1)
        self.down, skips = _way_down(config)
        self.middle = Block(config.widths[-1], config.widths[-1], config.embedding, attention=config.attention[-1])
        self.up = _way_up(config, skips)
        self.norm = nn.Sequential(nn.GroupNorm(config.widths[0] // _GROUP_WIDTH, config.widths[0]), nn.SiLU())
        self.gain = nn.Linear(config.embedding, _FILTERS * samples)
        self.head = zeroed(nn.Conv1d(config.widths[0] + _FILTERS * samples, samples, 3, padding=1))

    def forward(self, x: Tensor, c_noise: Tensor, condition: Condition) -> Tensor:
        """Denoise.

        Args:
            x: ``(record, lead, sample)``, scaled to unit variance.
            c_noise: ``(record,)``, the noise level as EDM's c_noise, ln(σ)/4.
            condition: of the same records.

        Returns:
            ``(record, lead, sample)``.
        """
        n_samples = x.shape[-1]
        embedding = self.mix(self.noise(c_noise) + self.condition(condition))
        padded = functional.pad(x, (0, -n_samples % self.config.stride))
        patches = to_patches(padded, self.config.patch)
        beats = to_patches(beat_traces(condition.beats, padded.shape[-1]), self.config.patch)
        h = self.stem(torch.cat([patches, beats.to(patches)], dim=1))
        skips = []
        for layer in self.down:
            h = layer(h, embedding)
            if isinstance(layer, Block):
                skips.append(h)
        h = self.middle(h, embedding)
        for layer in self.up:
            h = layer(torch.cat([h, skips.pop()], dim=1) if isinstance(layer, Block) else h, embedding)
        # At low noise the answer is mostly the noise itself: filter it from the input, not through the narrow levels.
        filtered = patches.repeat(1, _FILTERS, 1) * self.gain(embedding)[..., None]
        out = self.head(torch.cat([self.norm(h), filtered], dim=1))
        return from_patches(out, self.config.patch)[..., :n_samples]


class Block(nn.Module):
    """A residual block told the embedding, then perhaps attention: ``(record, channels, t)`` to ``(·, width, t)``."""

    def __init__(self, channels: int, width: int, embedding: int, *, attention: bool) -> None:
        super().__init__()
        self.before = nn.Sequential(
            nn.GroupNorm(channels // _GROUP_WIDTH, channels), nn.SiLU(), nn.Conv1d(channels, width, 3, padding=1)
        )
        self.norm = nn.GroupNorm(width // _GROUP_WIDTH, width, affine=False)
        self.scale_shift = nn.Linear(embedding, 2 * width)
        self.after = nn.Sequential(nn.SiLU(), zeroed(nn.Conv1d(width, width, 3, padding=1)))
        self.skip = nn.Identity() if channels == width else nn.Conv1d(channels, width, 1)
        self.attention = Attention(width) if attention else nn.Identity()

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        scale, shift = self.scale_shift(embedding)[..., None].chunk(2, dim=1)
        h = self.norm(self.before(x)) * (1 + scale) + shift
        attended: Tensor = self.attention(self.skip(x) + self.after(h))
        return attended


class Attention(nn.Module):
    """Residual multi-head self-attention over time with rotary positions: ``(record, width, t)`` to the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // _HEAD_WIDTH
        self.norm = nn.GroupNorm(width // _GROUP_WIDTH, width)
        self.query_key_value = nn.Conv1d(width, 3 * width, 1)
        self.project = zeroed(nn.Conv1d(width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        n, width, length = x.shape
        mixed = self.query_key_value(self.norm(x)).view(n, 3, self.heads, width // self.heads, length)
        query, key, value = mixed.transpose(-1, -2).unbind(dim=1)  # each (record, head, t, channel)
        heard = rotary_attention(query, key, value)
        attended: Tensor = x + self.project(heard.transpose(-1, -2).reshape(n, width, length))
        return attended


class Down(nn.Module):
    """Halve the resolution: ``(record, channels, t)`` to ``(record, channels, t/2)``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x: Tensor, _embedding: Tensor) -> Tensor:
        halved: Tensor = self.convolution(x)
        return halved


class Up(nn.Module):
    """Double the resolution: ``(record, channels, t)`` to ``(record, channels, 2t)``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor, _embedding: Tensor) -> Tensor:
        doubled: Tensor = self.convolution(x.repeat_interleave(2, dim=-1))
        return doubled


def _way_down(config: UNet1dConfig) -> tuple[nn.ModuleList, list[int]]:
    """Return the layers down to the lowest level and the channels of the skips they leave."""
    layers, skips, channels = nn.ModuleList(), [], config.widths[0]
    for level, (width, attention) in enumerate(zip(config.widths, config.attention, strict=True)):
        if level > 0:
            layers.append(Down(channels))
        for _ in range(config.depth):
            layers.append(Block(channels, width, config.embedding, attention=attention))
            channels = width
            skips.append(channels)
    return layers, skips


def _way_up(config: UNet1dConfig, skips: list[int]) -> nn.ModuleList:
    layers, channels, open_skips = nn.ModuleList(), config.widths[-1], list(skips)
    for level in reversed(range(len(config.widths))):
        for _ in range(config.depth):
            width = config.widths[level]
            layers.append(
                Block(channels + open_skips.pop(), width, config.embedding, attention=config.attention[level])
            )
            channels = width
        if level > 0:
            layers.append(Up(channels))
    return layers
