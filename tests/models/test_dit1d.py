import pytest
import torch
from torch import nn

from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.condition import Condition
from ecg_forge.models.dit1d import Attention, Block, DiT1d, DiT1dConfig, dit1d_base, dit1d_small, dit1d_tiny


def a_network(patch: int = 4) -> DiT1d:
    """A small network whose zeros have been stirred, so that every layer is heard."""
    torch.manual_seed(4)
    network = DiT1d(DiT1dConfig(2, 3, patch=patch, width=32, depth=2))
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.1)
    return network


def some_signals(length: int) -> torch.Tensor:
    return torch.randn(2, 2, length, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize(
    ("build", "width", "depth"), [(dit1d_tiny, 128, 4), (dit1d_small, 192, 8), (dit1d_base, 384, 12)]
)
def test_presets_have_the_layers_of_peebles_and_xie(build, width, depth):
    # Per block: adaLN 6w² + 6w, attention 4w² + 4w, perceptron 8w² + 5w.
    blocks = depth * (18 * width**2 + 15 * width)
    condition = 71 * width + width + 2 * width + (width**2 + width) + width + 3 * width
    told = (64 * width + width) + condition + (width**2 + width)
    ends = (80 * width + width) + (2 * width**2 + 2 * width) + (80 * width + 80)
    assert sum(p.numel() for p in build(8, 71).parameters()) == blocks + told + ends


def test_a_new_block_passes_its_tokens_through():
    x, told = torch.randn(2, 5, 64), torch.randn(2, 64)
    assert torch.equal(Block(64)(x, told), x)


@torch.no_grad()
def test_gates_open_attention_and_perceptron_one_by_one():
    torch.manual_seed(0)
    block, x, told = Block(32), torch.randn(2, 5, 32), torch.randn(2, 32)
    nn.init.constant_(block.told.bias[2 * 32 : 3 * 32], 2.0)  # the gate of the attention
    after_attention = x + 2 * block.attention(block.norm_attention(x))
    torch.testing.assert_close(block(x, told), after_attention)
    nn.init.constant_(block.told.bias[5 * 32 :], 3.0)  # the gate of the perceptron
    expected = after_attention + 3 * block.perceptron(block.norm_perceptron(after_attention))
    torch.testing.assert_close(block(x, told), expected)


@torch.no_grad()
def test_attention_hears_the_distance_of_tokens_and_not_their_place():
    torch.manual_seed(0)
    attention, apart = Attention(32), torch.randn(1, 3, 32)
    silent = torch.zeros(1, 2, 32)
    attention.query_key_value.bias.zero_()  # tokens of zeros then say nothing, wherever they stand
    early = attention(torch.cat([apart, silent], dim=1))[:, :3]
    late = attention(torch.cat([silent, apart], dim=1))[:, 2:]
    torch.testing.assert_close(early, late, atol=1e-5, rtol=1e-4)
    spread = torch.cat([apart[:, :1], silent, apart[:, 1:]], dim=1)
    assert (attention(spread)[:, :1] - early[:, :1]).abs().max() > 1e-4


@torch.no_grad()
@pytest.mark.parametrize("length", [1, 3, 57])
def test_a_length_that_is_no_multiple_of_the_patch_is_padded_with_zeros_and_cropped(length):
    network, x, condition = a_network(), some_signals(length), Condition.null(2, 3)
    padded = torch.cat([x, torch.zeros(2, 2, -length % 4)], dim=-1)
    expected = network(padded, torch.zeros(2), condition)[..., :length]
    answer = network(x, torch.zeros(2), condition)
    assert answer.shape == x.shape
    assert torch.equal(answer, expected)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [({"patch": 0}, "at least 1"), ({"depth": 0}, "at least 1"), ({"width": 100}, "multiple of 32")],
)
def test_impossible_sizes_are_refused(sizes, message):
    with pytest.raises(BadInput, match=message):
        DiT1dConfig(**sizes)
