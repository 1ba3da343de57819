import math

import pytest
import torch
from torch import Tensor, nn

from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.s4d import S4D, _Convolution, frozen_kernels, without_decay

both_ways = pytest.mark.parametrize("bidirectional", [False, True])


def a_layer(bidirectional: bool, channels: int = 6, n_state: int = 8) -> S4D:
    torch.manual_seed(5)
    return S4D(channels, n_state, bidirectional)


def some_signals(length: int, channels: int = 6) -> Tensor:
    return torch.randn(3, channels, length, generator=torch.Generator().manual_seed(2))


def recurrence(layer: S4D, u: Tensor, direction: int) -> Tensor:
    """Step the state space through time in double precision: x = Ā x + B̄ u, y = 2 Re(C x); without D."""
    a = torch.complex(-layer.log_decay.double().exp(), layer.frequency.double())
    a_bar = torch.exp(layer.log_dt.double().exp()[:, None] * a)
    b_bar, c = (a_bar - 1) / a, torch.view_as_complex(layer.c[direction].double())
    state, outputs = torch.zeros(len(u), *a.shape, dtype=a.dtype), []
    for sample in u.double().unbind(-1):
        state = a_bar * state + b_bar * sample[..., None]
        outputs.append(2 * (c * state).sum(-1).real)
    return torch.stack(outputs, dim=-1)


@torch.no_grad()
@both_ways
@pytest.mark.parametrize("length", [1, 2, 50, 131])
def test_the_convolution_is_the_recurrence(bidirectional, length):
    layer, u = a_layer(bidirectional), some_signals(length)
    expected = recurrence(layer, u, direction=0) + layer.d[:, None] * u
    if bidirectional:  # from the end; what it knows at a sample begins with the next one
        from_the_end = recurrence(layer, u.flip(-1), direction=1).flip(-1)
        expected += nn.functional.pad(from_the_end[..., 1:], (0, 1))
    torch.testing.assert_close(layer(u), expected.float(), atol=1e-4, rtol=1e-4)


@torch.no_grad()
@both_ways
@pytest.mark.parametrize("length", [1, 7, 100, 1000])
def test_the_kernel_is_the_papers_vandermonde_product(bidirectional, length):
    layer = a_layer(bidirectional)
    a = torch.complex(-layer.log_decay.double().exp(), layer.frequency.double())
    dt_a = layer.log_dt.double().exp()[:, None] * a
    c = torch.view_as_complex(layer.c.double()) * (torch.exp(dt_a) - 1) / a
    expected = 2 * (c[..., None] * torch.exp(dt_a[..., None] * torch.arange(length))).sum(-2).real
    torch.testing.assert_close(layer.kernel(length), expected.float(), atol=1e-5, rtol=1e-4)


def test_without_a_second_direction_the_future_is_not_heard():
    layer, u = a_layer(bidirectional=False), some_signals(60).requires_grad_()
    layer(u)[..., 30].sum().backward()
    heard = u.grad.abs().sum((0, 1))
    assert heard[31:].max() < 1e-5 * heard[:31].min()


def test_with_a_second_direction_past_and_future_are_heard():
    layer, u = a_layer(bidirectional=True), some_signals(60).requires_grad_()
    layer(u)[..., 30].sum().backward()
    assert (u.grad.abs().sum((0, 1)) > 1e-3).all()


@both_ways
def test_the_gradient_of_the_convolution_is_right(bidirectional):
    x = torch.randn(2, 3, 5, dtype=torch.float64, requires_grad=True)
    response = torch.randn(3, 10, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(_Convolution.apply, (x, response))
    layer, u = a_layer(bidirectional), some_signals(20)
    layer(u).square().sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in layer.parameters())


def test_a_new_layer_is_s4d_lin():
    layer = a_layer(bidirectional=False, channels=1000)
    assert layer.frequency[7].tolist() == pytest.approx([0, math.pi, 2 * math.pi, 3 * math.pi])
    assert layer.log_decay.exp().unique().tolist() == [0.5]
    dt = layer.log_dt.exp()
    assert 0.001 <= dt.min() < 0.0011
    assert 0.09 < dt.max() <= 0.1


@torch.no_grad()
@both_ways
def test_a_frozen_kernel_is_the_same_one_computed_once_per_length(bidirectional, monkeypatch):
    layer = a_layer(bidirectional)
    network, computed, kernel = nn.Sequential(layer), [], layer.kernel
    expected = [network(some_signals(length)) for length in (40, 50)]
    monkeypatch.setattr(layer, "kernel", lambda length: computed.append(length) or kernel(length))
    with frozen_kernels(network):
        for _ in range(3):
            assert torch.equal(network(some_signals(40)), expected[0])
            assert torch.equal(network(some_signals(50)), expected[1])
    assert computed == [40, 50]
    layer.d.add_(1)
    assert not torch.equal(network(some_signals(40)), expected[0])


def test_kernels_thaw_when_the_block_fails():
    layer = a_layer(bidirectional=True)
    with pytest.raises(RuntimeError, match="midway"), frozen_kernels(layer):
        layer(some_signals(40))
        raise RuntimeError("midway")
    layer(some_signals(40)).sum().backward()
    assert layer.log_dt.grad is not None


@both_ways
def test_autocast_changes_the_precision_of_the_answer_only(bidirectional):
    layer, u = a_layer(bidirectional), some_signals(100).bfloat16()
    expected = layer(u.float())
    with torch.autocast("cpu", torch.bfloat16):
        assert layer.kernel(100).dtype == torch.float32
        y = layer(u)
    assert y.dtype == torch.bfloat16
    assert torch.equal(y, expected.bfloat16())


def test_only_the_dynamics_are_spared_from_weight_decay():
    network = nn.Sequential(nn.Conv1d(1, 6, 1), a_layer(bidirectional=True), nn.LayerNorm(5))
    assert without_decay(network) == {"1.log_dt", "1.log_decay", "1.frequency"}
    assert without_decay(network[1]) == {"log_dt", "log_decay", "frequency"}
    assert without_decay(network[0]) == set()


@pytest.mark.parametrize("n_state", [0, 7])
def test_a_state_without_pairs_is_refused(n_state):
    with pytest.raises(BadInput, match=f"must be even and at least 2, got {n_state}"):
        S4D(4, n_state, bidirectional=True)
