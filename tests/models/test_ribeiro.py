from itertools import pairwise

import pytest
import torch
from torch import nn

from ecg_forge.models.ribeiro import SameConv1d, ribeiro_resnet

WIDTHS = (64, 128, 196, 256, 320)


def stages(length: int) -> list[tuple[int, ...]]:
    model, shapes = ribeiro_resnet(12, 6).eval(), []
    for unit in model.features.units:
        unit.register_forward_hook(lambda _module, _inputs, outputs: shapes.append(tuple(outputs[0].shape[1:])))
    model(torch.zeros(1, 12, length))
    return shapes


@pytest.mark.parametrize("n_labels", [6, 71])
def test_the_network_has_the_published_layers(n_labels):
    # Counted by hand from Ribeiro et al. 2020, figure 3, and their model.py: kernel 16, batch norm after each of two
    # convolutions, 1×1 in each shortcut, a linear layer on 16 × 320 values. The authors have 6 labels.
    stem = 12 * 64 * 16 + 2 * 64
    units = sum((before + after) * after * 16 + 2 * 2 * after + before * after for before, after in pairwise(WIDTHS))
    expected = stem + units + 16 * 320 * n_labels + n_labels
    assert sum(p.numel() for p in ribeiro_resnet(12, n_labels).parameters()) == expected


def test_ten_seconds_at_400_hz_pass_through_the_published_shapes():
    published = [(128, 1024), (196, 256), (256, 64), (320, 16)]
    assert stages(4096) == published
    assert [shape[1] for shape in stages(4000)] == [1000, 250, 63, 16]  # without the zeros the authors add


@pytest.mark.parametrize("length", [4000, 4096])
def test_sixteen_positions_are_flattened_as_they_are(length):
    model, signal = ribeiro_resnet(12, 6).eval(), torch.randn(1, 12, length)
    torch.testing.assert_close(model(signal), model.head(model.features(signal).flatten(1)))


def test_a_convolution_of_sixteen_taps_is_padded_as_keras_does():
    x = torch.arange(1.0, 9.0).view(1, 1, 8)
    same, quarter = SameConv1d(1, 1), SameConv1d(1, 1, stride=4)
    for convolution, tap in ((same, 7), (quarter, 6)):  # 15 zeros stand as 7 and 8, 12 as 6 and 6
        nn.init.zeros_(convolution.weight)
        convolution.weight.data[0, 0, tap] = 1
    assert torch.equal(same(x), x)
    assert quarter(x).flatten().tolist() == [1.0, 5.0]


def test_a_unit_hands_on_its_sum_activated_and_bare():
    unit = ribeiro_resnet(12, 6).features.units[0].eval()
    x, skip = torch.randn(2, 64, 40), torch.randn(2, 64, 40)
    activated, bare = unit(x, skip)
    torch.testing.assert_close(bare, unit.body(x) + unit.shortcut(skip))
    torch.testing.assert_close(activated, unit.activate(bare))
    assert (bare < 0).any()


def test_dropout_keeps_four_of_five():
    assert {layer.p for layer in ribeiro_resnet(12, 6).modules() if isinstance(layer, nn.Dropout)} == {0.2}
