import pytest
import torch

from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.condition import Condition
from ecg_forge.models.registry import build_denoiser
from ecg_forge.models.unet1d import UNet1d, UNet1dConfig, _from_patches, _rotate, _to_patches


@pytest.mark.parametrize(
    ("name", "low", "high"), [("unet1d_tiny", 1.0e6, 1.5e6), ("unet1d_small", 4e6, 6e6), ("unet1d_base", 12e6, 25e6)]
)
def test_presets_have_the_size_they_promise(name, low, high):
    assert low < sum(p.numel() for p in build_denoiser(name, 8, 71).parameters()) < high


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"patch": 0}, "at least 1"),
        ({"widths": (32, 64)}, "one length"),
        ({"widths": (), "attention": ()}, "one length"),
        ({"widths": (32, 48, 64)}, "multiples of 32"),
    ],
)
def test_impossible_sizes_are_refused(sizes, message):
    with pytest.raises(BadInput, match=message):
        UNet1dConfig(**sizes)


def test_stride_counts_patch_and_levels():
    assert UNet1dConfig(patch=5, widths=(32, 32, 32)).stride == 20


def test_ten_seconds_at_100_hz_pass_although_they_need_padding():
    config = UNet1dConfig(widths=(32, 32, 32))
    assert 1000 % config.stride == 8
    assert UNet1d(config)(torch.zeros(1, 8, 1000), torch.zeros(1), Condition.null(1, 71)).shape == (1, 8, 1000)


def test_patches_hold_the_samples_of_one_lead_in_order_and_go_back():
    x = torch.arange(12.0).view(1, 2, 6)
    patches = _to_patches(x, 3)
    assert patches[0, :, 0].tolist() == [0.0, 1.0, 2.0, 6.0, 7.0, 8.0]
    assert torch.equal(_from_patches(patches, 3), x)


def test_rotary_positions_make_attention_depend_on_the_distance_only():
    query, key = torch.randn(2, 32, generator=torch.Generator().manual_seed(0))
    rows = torch.ones(1, 1, 10, 1)
    score = _rotate(query * rows)[0, 0] @ _rotate(key * rows)[0, 0].T
    torch.testing.assert_close(score[2, 5], score[6, 9])
    assert not torch.isclose(score[2, 5], score[2, 6])
