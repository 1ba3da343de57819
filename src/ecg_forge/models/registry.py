"""Which classifiers and denoisers there are, by the name a parameter file gives them.

Nothing of torch is imported until a model is built.
"""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from ecg_forge.ecg.errors import BadInput

if TYPE_CHECKING:
    from torch import nn

CLASSIFIERS: Mapping[str, str] = MappingProxyType(
    {
        "resnet1d_tiny": "ecg_forge.models.resnet:resnet1d_tiny",
        "resnet1d_wang": "ecg_forge.models.resnet:resnet1d_wang",
        "resnet50_1d": "ecg_forge.models.resnet:resnet50_1d",
    }
)
"""Name → ``module:function`` of every classifier: ``(n_leads, n_labels)`` → ``(record, lead, sample)`` → logits."""

DENOISERS: Mapping[str, str] = MappingProxyType(
    {
        "unet1d_tiny": "ecg_forge.models.unet1d:unet1d_tiny",
        "unet1d_small": "ecg_forge.models.unet1d:unet1d_small",
        "unet1d_base": "ecg_forge.models.unet1d:unet1d_base",
    }
)
"""Name → ``module:function`` of every denoiser: ``(n_leads, n_statements)`` → ``(x, c_noise, condition)`` → like x."""


def check_classifier(name: str) -> str:
    """Return the name of a known classifier unchanged; raise BadInput listing the known ones otherwise."""
    return _check(name, "classifier", CLASSIFIERS)


def check_denoiser(name: str) -> str:
    """Return the name of a known denoiser unchanged; raise BadInput listing the known ones otherwise."""
    return _check(name, "denoiser", DENOISERS)


def build_classifier(name: str, n_leads: int, n_labels: int) -> "nn.Module":
    """Build a freshly initialised classifier; its weights follow torch's global seed.

    Raises:
        BadInput: unknown name, or fewer than one lead or label.
    """
    return _build(CLASSIFIERS[check_classifier(name)], n_leads=n_leads, n_labels=n_labels)


def build_denoiser(name: str, n_leads: int, n_statements: int) -> "nn.Module":
    """Build a freshly initialised denoiser; its weights follow torch's global seed.

    Raises:
        BadInput: unknown name, or fewer than one lead or statement.
    """
    return _build(DENOISERS[check_denoiser(name)], n_leads=n_leads, n_statements=n_statements)


def _check(name: str, kind: str, known: Mapping[str, str]) -> str:
    if name not in known:
        raise BadInput(f"unknown {kind} {name!r}; known are {', '.join(known)}")
    return name


def _build(target: str, **sizes: int) -> "nn.Module":
    for size, value in sizes.items():
        if value < 1:
            raise BadInput(f"{size} must be at least 1, got {value}")
    module, function = target.split(":")
    model: nn.Module = getattr(import_module(module), function)(**sizes)
    return model
