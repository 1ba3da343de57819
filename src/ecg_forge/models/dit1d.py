"""A diffusion transformer over patches of a recording (DiT; Peebles & Xie 2022, arXiv:2212.09748).

The samples of all leads in a short stretch are one token. Every block is told the noise level and the condition by
adaptive layer norm whose gates start at zero (adaLN-zero), so that each block begins as the identity. Positions are
rotary (Su et al. 2021, arXiv:2104.09864) where DiT adds sines to the tokens: recordings are cut at no particular beat,
and only the distance between two stretches has a meaning.
"""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.condition import Condition, ConditionEmbedding
from ecg_forge.models.denoiser_parts import NoiseEmbedding, from_patches, rotary_attention, to_patches, zeroed

_HEAD_WIDTH = 32  # channels of one attention head
_MLP_FACTOR = 4  # hidden channels of a block's perceptron per channel


@dataclass(frozen=True)
class DiT1dConfig:
    """Sizes of a DiT1d.

    Attributes:
        n_leads: leads of the signals.
        n_statements: statements of the conditions.
        patch: samples that form one token; signals are padded to a multiple of it.
        width: channels of a token, and those in which noise level and condition are told.
        depth: transformer blocks.

    Raises:
        BadInput: a size that cannot be.
    """

    n_leads: int = 8
    n_statements: int = 71
    patch: int = 10
    width: int = 384
    depth: int = 12

    def __post_init__(self) -> None:
        if min(self.n_leads, self.n_statements, self.patch, self.width, self.depth) < 1:
            raise BadInput(f"every size of a DiT1dConfig must be at least 1, got {self}")
        if self.width % _HEAD_WIDTH:
            raise BadInput(f"width of a DiT1dConfig must be a multiple of {_HEAD_WIDTH}, got {self.width}")


def dit1d_tiny(n_leads: int, n_statements: int) -> "DiT1d":
    """Build the smallest preset, about 1.3 million parameters: for demonstrations and tests on a processor."""
    return DiT1d(DiT1dConfig(n_leads, n_statements, width=128, depth=4))


def dit1d_small(n_leads: int, n_statements: int) -> "DiT1d":
    """Build the middle preset, about 5.5 million parameters: for real records on a processor."""
    return DiT1d(DiT1dConfig(n_leads, n_statements, width=192, depth=8))


def dit1d_base(n_leads: int, n_statements: int) -> "DiT1d":
    """Build the largest preset, about 33 million parameters (DiT-S of the paper): for real records on a GPU."""
    return DiT1d(DiT1dConfig(n_leads, n_statements, width=384, depth=12))


class DiT1d(nn.Module):
    """Map noisy signals ``(record, lead, sample)`` of any length to what the preconditioner asks for, same shape.

    At first it returns zeros: the last layer starts there.
    """

    def __init__(self, config: DiT1dConfig) -> None:
        super().__init__()
        self.config = config
        width, samples = config.width, config.n_leads * config.patch
        self.noise = NoiseEmbedding(width)
        self.condition = ConditionEmbedding(config.n_statements, width)
        self.told = nn.Sequential(nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.stem = nn.Linear(samples, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(config.depth))
        self.norm = _norm(width)
        self.scale_shift = zeroed(nn.Linear(width, 2 * width))
        self.head = zeroed(nn.Linear(width, samples))

    def forward(self, x: Tensor, c_noise: Tensor, condition: Condition) -> Tensor:
        """Denoise.

        Args:
            x: ``(record, lead, sample)``, scaled to unit variance.
            c_noise: ``(record,)``, the noise level as EDM's c_noise, ln(σ)/4.
            condition: of the same records.

        Returns:
            ``(record, lead, sample)``.
        """
        n_samples, patch = x.shape[-1], self.config.patch
        told = self.told(self.noise(c_noise) + self.condition(condition))
        padded = functional.pad(x, (0, -n_samples % patch))
        tokens = self.stem(to_patches(padded, patch).transpose(1, 2))  # (record, token, width)
        for block in self.blocks:
            tokens = block(tokens, told)
        scale, shift = self.scale_shift(told)[:, None].chunk(2, dim=-1)
        out = self.head(_modulated(self.norm(tokens), scale, shift))
        return from_patches(out.transpose(1, 2), patch)[..., :n_samples]


class Block(nn.Module):
    """Attend over time, then a perceptron at each token, both told and gated: ``(record, token, width)`` to the same.

    The six vectors of adaLN-zero are scale, shift and gate of the one and of the other.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.told = zeroed(nn.Linear(width, 6 * width))
        self.norm_attention, self.norm_perceptron = _norm(width), _norm(width)
        self.attention = Attention(width)
        self.perceptron = nn.Sequential(
            nn.Linear(width, _MLP_FACTOR * width),
            nn.GELU(approximate="tanh"),
            nn.Linear(_MLP_FACTOR * width, width),
        )

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        scale_a, shift_a, gate_a, scale_p, shift_p, gate_p = self.told(told)[:, None].chunk(6, dim=-1)
        x = x + gate_a * self.attention(_modulated(self.norm_attention(x), scale_a, shift_a))
        added: Tensor = x + gate_p * self.perceptron(_modulated(self.norm_perceptron(x), scale_p, shift_p))
        return added


class Attention(nn.Module):
    """Multi-head self-attention over time with rotary positions: ``(record, token, width)`` to the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // _HEAD_WIDTH
        self.query_key_value = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        n, length, width = x.shape
        mixed = self.query_key_value(x).view(n, length, 3, self.heads, width // self.heads)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)  # each (record, head, token, channel)
        heard = rotary_attention(query, key, value)
        attended: Tensor = self.project(heard.transpose(1, 2).reshape(n, length, width))
        return attended


def _modulated(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    return x * (1 + scale) + shift


def _norm(width: int) -> nn.LayerNorm:
    """Return a layer norm without a scale and shift of its own: adaLN brings them."""
    return nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
