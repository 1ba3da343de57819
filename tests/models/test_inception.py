import torch
from torch import nn

from ecg_forge.models.inception import Inception, inception1d, inception_small


def module(channels: int) -> int:
    return channels * 32 + 32 * 32 * (39 + 19 + 9) + channels * 32 + 2 * 128  # bottleneck, filters, largest, norm


def test_inception_has_the_benchmarks_layers():
    # Counted by hand from Fawaz et al. 2020 and the benchmark's inception1d.py; head 256-128-71.
    shortcuts = (12 * 128 + 2 * 128) + (128 * 128 + 2 * 128)
    head = 2 * 256 + (256 * 128 + 128) + 2 * 128 + (128 * 71 + 71)
    expected = module(12) + 5 * module(128) + shortcuts + head
    assert sum(p.numel() for p in inception1d(12, 71).parameters()) == expected


def test_the_small_inception_has_the_size_of_the_earlier_system_on_twelve_leads_and_their_differences():
    assert sum(p.numel() for p in inception_small(12, 5).parameters()) == 223_429


def test_inception_never_shortens_the_signal():
    assert inception1d(12, 71).features.eval()(torch.zeros(1, 12, 131)).shape == (1, 128, 131)


def test_every_module_has_three_lengths_of_filter_on_a_bottleneck():
    kernels = [m.kernel_size[0] for m in Inception(128).filters if isinstance(m, nn.Conv1d) and m.in_channels == 32]
    assert kernels == [39, 19, 9]


def test_six_modules_see_nineteen_samples_each_to_either_side():
    x = torch.randn(1, 2, 501, requires_grad=True)
    features = inception1d(2, 1).features.eval()
    features(x)[0, :, 250].sum().backward()
    seen = x.grad.abs().sum((0, 1)).nonzero()
    assert (seen.min().item(), seen.max().item()) == (250 - 6 * 19, 250 + 6 * 19)
