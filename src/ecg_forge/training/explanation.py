"""Which samples, leads and waves a trained classifier's logit of a label rests on.

What is explained is the logit averaged over the windows that scoring slides along a record, as one function of the
whole record. So no map has to be stitched together: a sample that lies in two windows counts in both, and one near an
end, which lies in one, counts half as much, as it does in the score. Where scoring takes the largest window instead of
the mean, the explanation is still that of the mean, since the largest is blind to all other windows.

Methods are captum's (Kokhlikyan et al. 2020, arXiv:2009.07896).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from ecg_forge.ecg.demographics import demographics
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.models.heads import AttentionPool
from ecg_forge.training.classifier import Classifier, load_classifier
from ecg_forge.training.data import window_starts
from ecg_forge.training.fit import compute_device

AT_ONCE = 32  # records in one evaluation of the network, times their windows; bounds the memory


class RecordLogits(nn.Module):
    """A classifier as a function of whole records: mV ``(record, lead, sample)`` to logits ``(record, label)``.

    Args:
        classifier: trained, in evaluation mode.
        length: samples of a record.
    """

    def __init__(self, classifier: Classifier, length: int) -> None:
        super().__init__()
        self.classifier = classifier
        self.crop = min(round(classifier.config.crop_s * classifier.fs), length)
        self.starts = window_starts(length, self.crop, round(classifier.config.stride_s * classifier.fs))

    def forward(self, signal_mv: Tensor, metadata: Tensor) -> Tensor:
        """Return the logits, averaged over the windows of each record."""
        windows = self.windows(signal_mv)
        records, count = windows.shape[:2]
        logits: Tensor = self.classifier(windows.flatten(0, 1), metadata.repeat_interleave(count, 0))
        return logits.reshape(records, count, -1).mean(1)

    def windows(self, signal_mv: Tensor) -> Tensor:
        """Return the windows of each record, ``(record, window, lead, crop)``."""
        return torch.stack([signal_mv[..., start : start + self.crop] for start in self.starts], dim=1)

    def along_record(self, maps: Tensor, length: int) -> Tensor:
        """Add ``(record·window, crop)`` up where windows overlap: ``(record, length)``."""
        of_windows = maps.reshape(-1, len(self.starts), self.crop)
        total = maps.new_zeros(len(of_windows), length)
        for place, start in enumerate(self.starts):
            total[:, start : start + self.crop] += of_windows[:, place]
        return total


@dataclass(frozen=True)
class Batch:
    """Some records to explain.

    Attributes:
        signal_mv: ``(record, lead, sample)``.
        metadata: ``(record, m)``, as the classifier wants it.
        reference_mv: ``(record, lead, sample)``, what a part is replaced by, and where integrated gradients begin.
        parts: int64 ``(record, sample)``, places in `ecg_forge.ecg.waves.WAVES`.
    """

    signal_mv: Tensor
    metadata: Tensor
    reference_mv: Tensor
    parts: Tensor


class Explainer:
    """One trained classifier, ready to be asked about records of one length.

    Args:
        weights: of a trained classifier.
        length: samples of a record.
        steps: of integrated gradients.

    Raises:
        BadInput: captum is not installed.
    """

    def __init__(self, weights: Mapping[str, Any], length: int, steps: int = 50) -> None:
        _captum()
        self.device = compute_device()
        self.explained = RecordLogits(load_classifier(dict(weights)), length).to(self.device).eval()
        self.explained.requires_grad_(False)
        self.model = str(weights["config"]["training"]["model"])
        self.steps = steps

    @property
    def classifier(self) -> Classifier:
        """The classifier itself."""
        return self.explained.classifier

    def batch(self, signals_mv: np.ndarray, people: pd.DataFrame, parts: np.ndarray, reference: str) -> Batch:
        """Put records together.

        Args:
            signals_mv: mV ``(record, 12, sample)`` in ``LEADS`` order.
            people: columns age and sex, row by row.
            parts: ``(record, sample)``, see `ecg_forge.ecg.waves.wave_parts`.
            reference: a name in `REFERENCES`.
        """
        config, scales = self.classifier.config, self.classifier.scales
        metadata = demographics(people, scales.age) if config.metadata else np.empty((len(people), 0), np.float32)
        arrays = (signals_mv, metadata, REFERENCES[reference](signals_mv))
        signal, told, flat = (torch.from_numpy(array.astype(np.float32)).to(self.device) for array in arrays)
        return Batch(signal, told, flat, torch.from_numpy(parts).to(self.device))

    def target(self, label: str) -> int:
        """Return the place of a label among the logits; raise BadInput listing those that the classifier knows."""
        if label not in self.classifier.labels:
            raise BadInput(f"the classifier has no label {label!r}; it knows {', '.join(self.classifier.labels)}")
        return self.classifier.labels.index(label)

    def explain(self, method: str, batch: Batch, label: str) -> np.ndarray:
        """Return what a method says of each sample, float32 ``(record, lead, sample)``.

        Args:
            method: a name in `METHODS`.
            batch: the records.
            label: whose logit is explained.

        Raises:
            BadInput: the method or label is unknown, or the classifier lacks what the method needs.
        """
        if method not in METHODS:
            raise BadInput(f"unknown explanation {method!r}; known are {', '.join(METHODS)}")
        target = self.target(label)
        # cuDNN's recurrent layers have no gradient in evaluation mode; torch's own have.
        with torch.backends.cudnn.flags(enabled=False):
            found = METHODS[method](self, batch, target)
        return np.ascontiguousarray(found.detach().expand_as(batch.signal_mv).float().cpu().numpy())

    @torch.no_grad()
    def logits(self, signal_mv: Tensor, metadata: Tensor, label: str) -> np.ndarray:
        """Return the logit that is explained, ``(record,)``."""
        return self.explained(signal_mv, metadata)[:, self.target(label)].cpu().numpy()

    @torch.no_grad()
    def probabilities(self, signal_mv: Tensor, metadata: Tensor, label: str) -> np.ndarray:
        """Return the probability as scoring gives it, ``(record,)``."""
        target = self.target(label)
        parts = zip(torch.split(signal_mv, AT_ONCE), torch.split(metadata, AT_ONCE), strict=True)
        scored = [self.classifier.probabilities(self.explained.windows(each), told)[:, target] for each, told in parts]
        return torch.cat(scored).cpu().numpy()

    def deletion_and_insertion(
        self, batch: Batch, row: int, gone: np.ndarray, label: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the probability as one record is replaced by its reference, and as it replaces its reference.

        Args:
            batch: the records.
            row: which of them.
            gone: bool ``(step, lead, sample)``, what has changed sides after each step.
            label: whose probability is asked for.

        Returns:
            both ``(step,)``.
        """
        changed = torch.from_numpy(gone).to(self.device)
        signal, reference = batch.signal_mv[row], batch.reference_mv[row]
        told = batch.metadata[row].expand(len(gone), -1)
        sides = (torch.where(changed, reference, signal), torch.where(changed, signal, reference))
        deletion, insertion = (self.probabilities(side, told, label) for side in sides)
        return deletion, insertion


def saliency(explainer: Explainer, batch: Batch, target: int) -> Tensor:
    """Return the absolute gradient in 1/mV (Simonyan et al. 2014, arXiv:1312.6034); it has no sign."""
    method = _captum().Saliency(explainer.explained)
    signal = batch.signal_mv.clone().requires_grad_()  # or captum warns that it had to ask for gradients
    found: Tensor = method.attribute(signal, target=target, additional_forward_args=(batch.metadata,))
    return found


def integrated_gradients(explainer: Explainer, batch: Batch, target: int) -> Tensor:
    """Return each sample's share of the logit above that of the reference (Sundararajan et al. 2017, arXiv:1703.01365).

    The shares of a record add up to the difference of the two logits.
    """
    method = _captum().IntegratedGradients(explainer.explained)
    found: Tensor = method.attribute(
        batch.signal_mv,
        baselines=batch.reference_mv,
        target=target,
        additional_forward_args=(batch.metadata,),
        n_steps=explainer.steps,
        internal_batch_size=AT_ONCE,
    )
    return found


def grad_cam(explainer: Explainer, batch: Batch, target: int) -> Tensor:
    """Return Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391) at the `last_convolution`; all leads share one map.

    It is brought back to samples linearly. The paper cuts off what speaks against the label; here it stays, negative.

    Raises:
        BadInput: the classifier has no convolution over time.
    """
    captum, explained = _captum(), explainer.explained
    layer = last_convolution(explainer.classifier.network, explainer.model)
    method = captum.LayerGradCam(explained, layer)
    coarse = method.attribute(batch.signal_mv, target=target, additional_forward_args=(batch.metadata,))
    fine = captum.LayerAttribution.interpolate(coarse, (explained.crop,), interpolate_mode="linear")
    return explained.along_record(fine[:, 0], batch.signal_mv.shape[-1])[:, None]


def occlusion_leads(explainer: Explainer, batch: Batch, target: int) -> Tensor:
    """Return by how much the logit falls when a lead is replaced by its reference, the same at all its samples."""
    leads = torch.arange(len(LEADS), device=batch.signal_mv.device)
    return _ablated(explainer, batch, target, leads[None, :, None].expand_as(batch.signal_mv))


def occlusion_waves(explainer: Explainer, batch: Batch, target: int) -> Tensor:
    """Return by how much the logit falls when all P, all QRS, all ST-T or all between them are replaced, in all leads.

    Every sample has the value of its part.
    """
    return _ablated(explainer, batch, target, batch.parts[:, None].expand_as(batch.signal_mv))


def attention(explainer: Explainer, batch: Batch, target: int) -> Tensor:
    """Return how much the attention over time weighs each sample; a record's weights sum to 1 in each lead.

    A step's weight is shared evenly by the samples that it stands for. It is the same for every label.

    Raises:
        BadInput: the classifier has no attention over time.
    """
    explained = explainer.explained
    pools = [module for module in explainer.classifier.network.modules() if isinstance(module, AttentionPool)]
    if not pools:
        raise BadInput(f"{explainer.model} has no attention over time to show; leave `attention` out of the methods")
    heard: list[Tensor] = []
    watch = pools[-1].register_forward_pre_hook(lambda _, inputs: heard.append(inputs[0]))
    with torch.no_grad():
        explained(batch.signal_mv, batch.metadata)
        watch.remove()
        weights = functional.interpolate(pools[-1].weights(heard[0])[:, None], explained.crop)[:, 0]
    shares = weights / weights.sum(dim=-1, keepdim=True) / len(explained.starts)
    return explained.along_record(shares, batch.signal_mv.shape[-1])[:, None]


Method = Callable[[Explainer, Batch, int], Tensor]
METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "saliency": saliency,
        "integrated_gradients": integrated_gradients,
        "grad_cam": grad_cam,
        "occlusion_leads": occlusion_leads,
        "occlusion_waves": occlusion_waves,
        "attention": attention,
    }
)
"""Name → method: explainer, records and place of the label to ``(record, lead, sample)`` or ``(record, 1, sample)``."""


def zero_reference(signals_mv: np.ndarray) -> np.ndarray:
    """Return 0 mV everywhere."""
    return np.zeros_like(signals_mv)


def median_reference(signals_mv: np.ndarray) -> np.ndarray:
    """Return each lead's own median at all its samples: a flat line where the recording mostly lies."""
    return np.broadcast_to(np.median(signals_mv, axis=-1, keepdims=True), signals_mv.shape)


REFERENCES: Mapping[str, Callable[[np.ndarray], np.ndarray]] = MappingProxyType(
    {"median": median_reference, "zero": zero_reference}
)
"""Name → what stands for an ECG without information, mV ``(record, lead, sample)`` of a recording of that shape."""


def last_convolution(network: nn.Module, model: str) -> nn.Module:
    """Return where Grad-CAM looks: the last part of a network's features that convolves over time.

    A part is a child of ``network.features`` where this is a sequence, else the features as a whole; it convolves over
    time if it holds a ``Conv1d`` that hears more than one sample, and no ``Conv2d`` beside it, over images. Its output
    is looked at: after the shortcut of a residual block is added, before any recurrent layer, and before pooling over
    time.

    Args:
        network: a classifier's.
        model: what the error calls it.

    Raises:
        BadInput: there is no such part, as in recurrent networks, S4, and networks over images, fused with signals or
            not.
    """
    features = getattr(network, "features", nn.Identity())
    parts: Sequence[nn.Module] = list(features) if isinstance(features, nn.Sequential) else [features]
    for part in reversed(parts):
        layers = list(part.modules())
        over_time = any(isinstance(layer, nn.Conv1d) and layer.kernel_size[0] > 1 for layer in layers)
        if over_time and not any(isinstance(layer, nn.Conv2d) for layer in layers):
            return part
    raise BadInput(f"{model} has no convolution over time for Grad-CAM; leave `grad_cam` out of the methods")


def shuffled_weights(weights: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return weights whose values are shuffled within each tensor: nothing learned is left, sizes stay.

    A map that stays the same does not show what the classifier learned (Adebayo et al. 2018, arXiv:1810.03292).
    """
    generator = torch.Generator().manual_seed(seed)
    shuffled = {
        name: value.flatten()[torch.randperm(value.numel(), generator=generator)].view_as(value)
        for name, value in weights["tensors"].items()
    }
    return {"config": weights["config"], "tensors": shuffled}


def _ablated(explainer: Explainer, batch: Batch, target: int, parts: Tensor) -> Tensor:
    method = _captum().FeatureAblation(explainer.explained)
    found: Tensor = method.attribute(
        batch.signal_mv,
        baselines=batch.reference_mv,
        target=target,
        additional_forward_args=(batch.metadata,),
        feature_mask=parts,
    )
    return found


def _captum() -> Any:
    try:
        import captum.attr
    except ImportError as error:
        raise BadInput("explanations need captum; install it with `pip install ecg-forge[explain]`") from error
    return captum.attr
