import torch
from torch import nn

from ecg_forge.models.resnet import resnet1d_small, resnet1d_wang, resnet50_1d


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def test_resnet50_has_the_published_number_of_parameters():
    assert parameters(resnet50_1d(12, 71)) == 16_104_647


def test_the_small_resnet_has_the_size_of_the_earlier_system_on_twelve_leads_and_their_differences():
    assert parameters(resnet1d_small(12, 5)) == 8_739_205


def test_resnet50_has_the_stride_on_the_first_one_by_one():
    strided = [m for m in resnet50_1d(1, 1).modules() if isinstance(m, nn.Conv1d) and m.stride == (2,)]
    assert [m.kernel_size[0] for m in strided] == [7, 1, 1, 1, 1, 1, 1]  # stem, then body and shortcut of 3 stages


def test_wang_has_the_benchmarks_layers():
    # Counted by hand: stem 7, three blocks of kernels 5 and 3, two strided shortcuts, head 256-128-71.
    c = 128
    norm = 2 * c
    stem, block, shortcut = 12 * c * 7 + norm, 8 * c * c + 2 * norm, c * c + norm
    head = 2 * 2 * c + (2 * c * 128 + 128) + 2 * 128 + (128 * 71 + 71)
    assert parameters(resnet1d_wang(12, 71)) == stem + 3 * block + 2 * shortcut + head


def test_wang_keeps_the_resolution_in_the_stem_and_quarters_it_afterwards():
    features = resnet1d_wang(12, 71).features.eval()
    assert features(torch.zeros(1, 12, 1000)).shape == (1, 128, 250)
