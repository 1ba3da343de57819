"""Networks that give every pixel of a picture a class: monai's, with few channels.

Each takes pictures ``(picture, 3, row, column)``, their sides multiples of `registry.SEGMENTER_SIDE`, to logits
``(picture, class, row, column)``. All but the attention U-Net, in which monai has it otherwise, normalise each picture
by itself, so that light and contrast of a photograph matter little, and few photographs in a batch do no harm.
"""

from types import ModuleType

import torch
from torch import nn

from ecg_forge.ecg.errors import BadInput


def unet(width: int, classes: int) -> nn.Module:
    """U-Net (Ronneberger et al. 2015, arXiv:1505.04597) with ``width`` channels at full resolution."""
    return _monai().BasicUNet(2, 3, classes, features=_features(width))


def attention_unet(width: int, classes: int) -> nn.Module:
    """Attention U-Net (Oktay et al. 2018, arXiv:1804.03999)."""
    return _monai().AttentionUnet(2, 3, classes, channels=_features(width)[:5], strides=(2, 2, 2, 2))


def unet_plus_plus(width: int, classes: int) -> nn.Module:
    """U-Net++ (Zhou et al. 2018, arXiv:1807.10165), without deep supervision."""
    network = _monai().BasicUNetPlusPlus(2, 3, classes, features=_features(width))
    for number in (1, 2, 3):  # heads of deep supervision, which monai computes and throws away
        setattr(network, f"final_conv_0_{number}", nn.Identity())
    return _First(network)


class _First(nn.Module):
    """Returns the only output of a network that returns a list of them."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        return self.network(picture)[0]


def _features(width: int) -> tuple[int, ...]:
    """Return the channels from full resolution down to a sixteenth, and those before the last layer."""
    return (width, width, 2 * width, 4 * width, 8 * width, width)


def _monai() -> ModuleType:
    try:
        from monai.networks import nets
    except ImportError:
        raise BadInput("segmentation needs monai; install it with `pip install ecg-forge[paper]`") from None
    return nets
