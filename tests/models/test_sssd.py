import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.condition import Condition
from ecg_forge.models.s4d import S4D, frozen_kernels
from ecg_forge.models.sssd import SSSD, S4Layer, SSSDConfig, sssd, sssd_small, sssd_tiny


def a_network() -> SSSD:
    torch.manual_seed(4)
    network = sssd_tiny(2, 3)
    nn.init.normal_(network.head[-1].weight)  # it starts at zero and would hide the rest
    return network


def some_signals(n: int = 2, length: int = 60) -> torch.Tensor:
    return torch.randn(n, 2, length, generator=torch.Generator().manual_seed(2))


def size_of(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def promised(blocks: int, width: int, embedding: int) -> int:
    """Count the parameters by hand for 8 leads and 71 statements."""
    inside = 2 * width
    # Weight norm stores a length beside each direction: one more number per output channel.
    dynamics = inside * (1 + 32 + 32 + 2 * 32 * 2 + 1)  # dt, real and imaginary A, two directions of C, D
    s4_layer = dynamics + (inside * inside + inside) + 2 * inside
    told = (embedding * width + width) + (128 * inside + inside)
    block = told + (3 * width * inside + 2 * inside) + 2 * s4_layer
    one_by_one = width * width + 2 * width
    noise = (128 * embedding + embedding) + (embedding * embedding + embedding)
    condition = 71 * 128 + 128 + (128 + 128) + (128 * 128 + 128) + 128 + 3 * 128
    ends = (8 * width + 2 * width) + one_by_one + (8 * width + 8)
    return noise + condition + ends + blocks * block + (2 * blocks - 1) * one_by_one


@pytest.mark.parametrize(
    ("build", "sizes"), [(sssd, (36, 256, 512)), (sssd_small, (12, 64, 512)), (sssd_tiny, (4, 32, 128))]
)
def test_presets_have_the_layers_of_alcaraz_and_strodthoff(build, sizes):
    assert size_of(build(8, 71)) == promised(*sizes)


def test_the_papers_size_is_theirs_but_for_what_the_module_names():
    authors = 50_202_504
    trained_dynamics = 36 * 2 * 512 * (1 + 32 + 32)
    never_heard = 256 * 256 + 2 * 256
    condition = size_of(sssd(8, 71).condition) - 71 * 128
    assert size_of(sssd(8, 71)) == authors + trained_dynamics - never_heard + condition == 52_550_024


def test_every_state_space_is_bidirectional_with_a_state_of_64():
    layers = [layer for layer in sssd_small(8, 71).modules() if isinstance(layer, S4D)]
    assert [tuple(layer.c.shape) for layer in layers] == [(2, 128, 32, 2)] * 24


@torch.no_grad()
def test_a_layer_is_filter_gelu_mix_residual_and_norm():
    torch.manual_seed(0)
    layer, x = S4Layer(6, 8), torch.randn(2, 6, 50)
    mixed = torch.einsum("oc,ncl->nol", layer.mix.weight, functional.gelu(layer.filter(x))) + layer.mix.bias[:, None]
    added = x + mixed
    expected = (added - added.mean(1, keepdim=True)) / (added.var(1, keepdim=True, correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(layer(x), expected, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_the_answer_is_the_scaled_sum_of_what_every_block_skips_forward():
    network, x, condition = a_network(), some_signals(), Condition.null(2, 3)
    level, said = network.noise(torch.zeros(2)), network.condition(condition)
    h, skipped = network.stem(x), []
    for number, block in enumerate(network.blocks):
        gated = block(h, level, said)
        skipped.append(network.skips[number](gated))
        h = (h + network.residuals[number](gated)) / math.sqrt(2)
    expected = network.head(torch.stack(skipped).sum(0) / math.sqrt(4))
    torch.testing.assert_close(network(x, torch.zeros(2), condition), expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_gates_keep_what_a_block_says_within_one():
    network = a_network()
    gated = network.blocks[0](100 * torch.randn(1, 32, 50), torch.zeros(1, 128), torch.zeros(1, 128))
    assert gated.shape == (1, 32, 50)
    assert gated.abs().max() < 1


@torch.no_grad()
def test_frozen_kernels_change_nothing_and_are_computed_once(monkeypatch):
    network, computed, kernel = a_network(), [], S4D.kernel
    monkeypatch.setattr(S4D, "kernel", lambda layer, length: computed.append(length) or kernel(layer, length))
    levels = [torch.full((2,), level) for level in (-1.0, 0.0, 1.0)]
    fresh = [network(some_signals(), level, Condition.null(2, 3)) for level in levels]
    assert computed == [60] * 8 * 3
    computed.clear()
    with frozen_kernels(network):
        cached = [network(some_signals(), level, Condition.null(2, 3)) for level in levels]
    assert computed == [60] * 8
    assert all(torch.equal(one, other) for one, other in zip(fresh, cached, strict=True))


def test_the_first_and_the_last_sample_hear_each_other():
    network, x = a_network(), some_signals(1, 200).requires_grad_()
    network(x, torch.zeros(1), Condition.null(1, 3))[..., 0].sum().backward()
    assert x.grad[..., -1].abs().min() > 0


@pytest.mark.parametrize(
    ("sizes", "message"),
    [({"blocks": 0}, "at least 1"), ({"condition_embedding": 0}, "at least 1"), ({"state": 7}, "even and at least 2")],
)
def test_impossible_sizes_are_refused(sizes, message):
    with pytest.raises(BadInput, match=message):
        SSSDConfig(**sizes)
