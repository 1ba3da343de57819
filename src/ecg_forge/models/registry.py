"""Which classifiers, denoisers and segmenters there are, by the name a parameter file gives them.

Nothing of torch is imported until a model is built.
"""

from collections.abc import Callable, Mapping
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
        "xresnet1d50": "ecg_forge.models.xresnet:xresnet1d50",
        "xresnet1d101": "ecg_forge.models.xresnet:xresnet1d101",
        "inception1d": "ecg_forge.models.inception:inception1d",
        "ribeiro_resnet": "ecg_forge.models.ribeiro:ribeiro_resnet",
        "resnet1d_small": "ecg_forge.models.resnet:resnet1d_small",
        "inception_small": "ecg_forge.models.inception:inception_small",
        "conv_bilstm_attention": "ecg_forge.models.conv_bilstm:conv_bilstm_attention",
        "rnn": "ecg_forge.models.recurrent:rnn",
        "lstm": "ecg_forge.models.recurrent:lstm",
        "gru": "ecg_forge.models.recurrent:gru",
        "bilstm": "ecg_forge.models.recurrent:bilstm",
        "bigru": "ecg_forge.models.recurrent:bigru",
        "gru_attention": "ecg_forge.models.recurrent:gru_attention",
        "bigru_attention": "ecg_forge.models.recurrent:bigru_attention",
        "cnn_gru": "ecg_forge.models.recurrent:cnn_gru",
        "cnn_lstm": "ecg_forge.models.recurrent:cnn_lstm",
        "cnn2d": "ecg_forge.models.image_cnn:cnn2d",
        "alexnet": "ecg_forge.models.image_cnn:alexnet",
        "alexnet_attention": "ecg_forge.models.image_cnn:alexnet_attention",
        "vgg": "ecg_forge.models.image_cnn:vgg",
        "resnet2d": "ecg_forge.models.image_cnn:resnet2d",
        "mobilenet": "ecg_forge.models.image_cnn:mobilenet",
        "early_fusion": "ecg_forge.models.fusion:early_fusion",
        "joint_fusion": "ecg_forge.models.fusion:joint_fusion",
        "attention_fusion": "ecg_forge.models.fusion:attention_fusion",
        "s4": "ecg_forge.models.s4_classifier:s4",
        "s4_small": "ecg_forge.models.s4_classifier:s4_small",
    }
)
"""Name → ``module:function`` of a classifier: ``(n_leads, n_labels, n_metadata)`` → ``(signal, metadata)`` → logits."""

DENOISERS: Mapping[str, str] = MappingProxyType(
    {
        "unet1d_tiny": "ecg_forge.models.unet1d:unet1d_tiny",
        "unet1d_small": "ecg_forge.models.unet1d:unet1d_small",
        "unet1d_base": "ecg_forge.models.unet1d:unet1d_base",
        "dit1d_tiny": "ecg_forge.models.dit1d:dit1d_tiny",
        "dit1d_small": "ecg_forge.models.dit1d:dit1d_small",
        "dit1d_base": "ecg_forge.models.dit1d:dit1d_base",
        "sssd_tiny": "ecg_forge.models.sssd:sssd_tiny",
        "sssd_small": "ecg_forge.models.sssd:sssd_small",
        "sssd": "ecg_forge.models.sssd:sssd",
    }
)
"""Name → ``module:function`` of every denoiser: ``(n_leads, n_statements)`` → ``(x, c_noise, condition)`` → like x."""

SEGMENTER_SIDE = 16
"""The sides of what a segmenter takes are multiples of it: they are halved four times."""

SEGMENTERS: Mapping[str, str] = MappingProxyType(
    {
        "unet": "ecg_forge.models.segmenters:unet",
        "attention_unet": "ecg_forge.models.segmenters:attention_unet",
        "unet_plus_plus": "ecg_forge.models.segmenters:unet_plus_plus",
    }
)
"""Name → ``module:function`` of every segmenter: ``(width, classes)`` → pictures → logits of each pixel."""


def check_classifier(name: str) -> str:
    """Return the name of a known classifier unchanged; raise BadInput listing the known ones otherwise."""
    return _check(name, "classifier", CLASSIFIERS)


def check_denoiser(name: str) -> str:
    """Return the name of a known denoiser unchanged; raise BadInput listing the known ones otherwise."""
    return _check(name, "denoiser", DENOISERS)


def check_segmenter(name: str) -> str:
    """Return the name of a known segmenter unchanged; raise BadInput listing the known ones otherwise."""
    return _check(name, "segmenter", SEGMENTERS)


def build_classifier(name: str, n_leads: int, n_labels: int, n_metadata: int = 0) -> "nn.Module":
    """Build a freshly initialised classifier; its weights follow torch's global seed.

    It maps a signal ``(record, lead, sample)`` and, if ``n_metadata`` is not 0, metadata ``(record, n_metadata)`` to
    logits ``(record, label)``.

    Raises:
        BadInput: unknown name, fewer than one lead or label, or fewer than no metadata.
    """
    builder = CLASSIFIERS[check_classifier(name)]
    _check_sizes(1, n_leads=n_leads, n_labels=n_labels)
    _check_sizes(0, n_metadata=n_metadata)
    return _load(builder)(n_leads, n_labels, n_metadata)


def build_denoiser(name: str, n_leads: int, n_statements: int) -> "nn.Module":
    """Build a freshly initialised denoiser; its weights follow torch's global seed.

    Raises:
        BadInput: unknown name, or fewer than one lead or statement.
    """
    builder = DENOISERS[check_denoiser(name)]
    _check_sizes(1, n_leads=n_leads, n_statements=n_statements)
    return _load(builder)(n_leads, n_statements)


def build_segmenter(name: str, width: int, classes: int) -> "nn.Module":
    """Build a freshly initialised segmenter; its weights follow torch's global seed.

    Raises:
        BadInput: unknown name, fewer than one channel or class, or monai is not installed.
    """
    builder = SEGMENTERS[check_segmenter(name)]
    _check_sizes(1, width=width, classes=classes)
    return _load(builder)(width, classes)


def _check(name: str, kind: str, known: Mapping[str, str]) -> str:
    if name not in known:
        raise BadInput(f"unknown {kind} {name!r}; known are {', '.join(known)}")
    return name


def _check_sizes(least: int, **sizes: int) -> None:
    for size, value in sizes.items():
        if value < least:
            raise BadInput(f"{size} must be at least {least}, got {value}")


def _load(builder: str) -> "Callable[..., nn.Module]":
    module, function = builder.split(":")
    load: Callable[..., nn.Module] = getattr(import_module(module), function)
    return load
