import pytest
import torch

from ecg_forge.models.xresnet import XBottleneck, xresnet1d50, xresnet1d101


def convolution(channels: int, width: int, kernel: int) -> int:
    return channels * width * kernel + 2 * width  # no bias, batch norm


@pytest.mark.parametrize(("build", "blocks"), [(xresnet1d50, 3 + 4 + 6 + 3), (xresnet1d101, 3 + 4 + 23 + 3)])
def test_xresnets_have_the_benchmarks_layers(build, blocks):
    # Counted by hand from Strodthoff et al. 2021's xresnet1d.py: every stage has width 64 × 4, so that only the first
    # block of the network has a convolution in its shortcut. Head 512-128-71.
    stem = convolution(12, 32, 5) + convolution(32, 32, 5) + convolution(32, 64, 5)
    inner = convolution(64, 64, 5) + convolution(64, 256, 1)
    first = convolution(64, 64, 1) + inner + convolution(64, 256, 1)
    other = convolution(256, 64, 1) + inner
    head = 2 * 512 + (512 * 128 + 128) + 2 * 128 + (128 * 71 + 71)
    expected = stem + first + (blocks - 1) * other + head
    assert sum(p.numel() for p in build(12, 71).parameters()) == expected


def test_the_stem_quarters_the_time_and_three_stages_halve_it():
    features = xresnet1d50(12, 71).features.eval()
    x, lengths = torch.zeros(1, 12, 1000), []
    for layer in features:
        x = layer(x)
        lengths.append(x.shape[-1])
    assert sorted(set(lengths), reverse=True) == [500, 250, 125, 63, 32]
    assert x.shape[1] == 256


@pytest.mark.parametrize(("channels", "stride"), [(64, 1), (256, 1), (256, 2)])
@pytest.mark.parametrize("length", [8, 9])
def test_a_new_block_is_its_shortcut(channels, stride, length):
    block, x = XBottleneck(channels, stride).eval(), torch.randn(2, channels, length)
    torch.testing.assert_close(block(x), block.shortcut(x).relu())


def test_a_strided_shortcut_averages_pairs_and_leaves_an_odd_last_sample():
    x = torch.tensor([1.0, 3.0, 5.0, 9.0, 4.0]).expand(1, 256, 5)
    assert XBottleneck(256, stride=2).shortcut(x)[0, 0].tolist() == [2.0, 7.0, 4.0]
