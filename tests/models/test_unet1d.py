import pytest
import torch

from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.condition import Condition
from ecg_forge.models.registry import build_denoiser
from ecg_forge.models.unet1d import UNet1d, UNet1dConfig


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


def test_weights_have_the_names_they_are_stored_under():
    names = set(UNet1d(UNet1dConfig()).state_dict())
    assert {"noise.project.weight", "condition.sex.weight", "stem.weight", "gain.bias", "head.weight"} <= names
    assert {"middle.attention.query_key_value.weight", "middle.attention.project.bias"} <= names
    assert "noise.frequencies" not in names
