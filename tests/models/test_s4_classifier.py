import pytest
import torch

from ecg_forge.models.s4_classifier import S4Block, s4, s4_small
from ecg_forge.models.s4d import S4D


@pytest.mark.parametrize(("build", "width"), [(s4, 512), (s4_small, 128)])
def test_s4_has_the_layers_of_mehari_and_strodthoff(build, width):
    # Counted by hand from arXiv:2211.07579: 1×1 encoder, 4 layers of 4 complex modes (state size 8) in two directions.
    # Per channel an S4D holds dt, the real and imaginary part of 4 A and of 2 × 4 C, and D.
    dynamics = width * (1 + 4 + 4 + 2 * 4 * 2 + 1)
    block = dynamics + (width * 2 * width + 2 * width) + 2 * width
    expected = (12 * width + width) + 4 * block + (width * 71 + 71)
    assert sum(p.numel() for p in build(12, 71).parameters()) == expected


def test_every_layer_is_bidirectional_with_a_state_of_eight():
    layers = [layer for layer in s4_small(12, 71).modules() if isinstance(layer, S4D)]
    assert [tuple(layer.c.shape) for layer in layers] == [(2, 128, 4, 2)] * 4


def test_a_block_normalises_over_the_channels_of_each_sample():
    y = S4Block(128).eval()(3 + 2 * torch.randn(2, 128, 50))
    torch.testing.assert_close(y.mean(1), torch.zeros(2, 50), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.var(1, correction=0), torch.ones(2, 50), atol=1e-3, rtol=0)


def test_dropout_takes_a_channel_at_every_sample():
    block = S4Block(128).train()
    dropped = (block.body(torch.randn(4, 128, 50)) == 0).float().mean(-1)
    assert set(dropped.flatten().tolist()) == {0.0, 1.0}
