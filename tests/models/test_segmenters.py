import builtins
import sys
from typing import Any

import pytest
import torch

from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.registry import SEGMENTER_SIDE, SEGMENTERS, build_segmenter, check_segmenter

pytest.importorskip("monai", reason="segmenters are monai's; install ecg-forge[paper]")


def test_an_unknown_segmenter_is_answered_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match="unknown segmenter 'u'; known are unet, attention_unet, unet_plus_plus"):
        check_segmenter("u")


@pytest.mark.parametrize("name", SEGMENTERS)
def test_a_segmenter_gives_each_pixel_a_logit_per_class(name: str) -> None:
    network = build_segmenter(name, width=2, classes=4).eval()
    assert network(torch.zeros(2, 3, 2 * SEGMENTER_SIDE, 3 * SEGMENTER_SIDE)).shape == (
        2,
        4,
        2 * SEGMENTER_SIDE,
        3 * SEGMENTER_SIDE,
    )


@pytest.mark.parametrize("name", SEGMENTERS)
def test_the_seed_decides_the_weights_of_a_segmenter(name: str) -> None:
    networks = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        networks.append(torch.cat([tensor.flatten() for tensor in build_segmenter(name, 2, 4).parameters()]))
    assert torch.equal(networks[0], networks[1])
    assert not torch.equal(networks[0], networks[2])


@pytest.mark.parametrize("name", SEGMENTERS)
def test_a_gradient_reaches_every_parameter_of_a_segmenter(name: str) -> None:
    torch.manual_seed(0)
    network = build_segmenter(name, 4, 4)
    network(torch.randn(2, 3, 4 * SEGMENTER_SIDE, 4 * SEGMENTER_SIDE)).square().mean().backward()
    assert [name for name, each in network.named_parameters() if each.grad is None] == []


def test_a_missing_monai_is_told_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def without_monai(name: str, *args: Any) -> Any:
        if name.startswith("monai"):
            raise ImportError(name)
        return whole(name, *args)

    for name in [name for name in sys.modules if name.startswith("monai")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without_monai)
    with pytest.raises(BadInput, match=r"needs monai; install it with `pip install ecg-forge\[paper\]`"):
        build_segmenter("unet", 2, 4)
