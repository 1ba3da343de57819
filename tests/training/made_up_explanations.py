"""Tiny networks whose explanations can be said beforehand, and trained weights around them."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from ecg_forge.models import registry
from ecg_forge.models.heads import AttentionPool, MeanPool, SignalClassifier
from ecg_forge.training.classifier import Classifier, Scales
from ecg_forge.training.config import ClassifierConfig

FS, LENGTH = 100, 200
LABELS = ("NORM", "MI", "STTC", "CD", "HYP")
SCALES = Scales({"mean_mv": 0.1, "sd_mv": 0.5}, {"mean_years": 60.0, "sd_years": 10.0})
NETWORKS = ("linear", "planted", "one_convolution", "attended")


class Linear(nn.Module):
    """A weight for each sample of each lead of a window of 100 samples."""

    def __init__(self, n_leads: int, n_labels: int) -> None:
        super().__init__()
        self.weights = nn.Linear(n_leads * 100, n_labels)

    def forward(self, signal: Tensor, metadata: Tensor | None = None) -> Tensor:
        logits: Tensor = self.weights(signal.flatten(1))
        return logits


class Planted(nn.Module):
    """Hears nothing but how large V2 is in the first half of a window."""

    def __init__(self, n_labels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.full((n_labels,), 14.0))

    def forward(self, signal: Tensor, metadata: Tensor | None = None) -> Tensor:
        heard = signal[:, 7, : signal.shape[-1] // 2].square().mean(dim=-1, keepdim=True)
        return heard * self.gain - 4


def linear(n_leads: int, n_labels: int, n_metadata: int = 0) -> nn.Module:
    return Linear(n_leads, n_labels)


def planted(n_leads: int, n_labels: int, n_metadata: int = 0) -> nn.Module:
    return Planted(n_labels)


def one_convolution(n_leads: int, n_labels: int, n_metadata: int = 0) -> nn.Module:
    """One channel, the sum of three neighbours in lead I; its mean over time is each logit."""
    convolution = nn.Conv1d(n_leads, 1, 3, padding=1, bias=False)
    nn.init.zeros_(convolution.weight)
    with torch.no_grad():
        convolution.weight[0, 0] = 1.0
    network = SignalClassifier(nn.Sequential(convolution), MeanPool(), 1, nn.Linear, n_labels, n_metadata)
    nn.init.ones_(network.head.weight)
    return network


def attended(n_leads: int, n_labels: int, n_metadata: int = 0) -> nn.Module:
    """Attention over steps of two samples; a step weighs more, the higher lead I is."""
    features = nn.Sequential(nn.Conv1d(n_leads, n_leads, 2, stride=2, groups=n_leads, bias=False))
    pool = AttentionPool(n_leads)
    with torch.no_grad():
        features[0].weight.fill_(0.5)
        pool.score.weight.zero_()
        pool.score.weight[0, 0] = 1.0
    return SignalClassifier(features, pool, n_leads, nn.Linear, n_labels, n_metadata)


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the networks above be built by their names."""
    known = {name: f"{__name__}:{name}" for name in NETWORKS}
    monkeypatch.setattr(registry, "CLASSIFIERS", {**registry.CLASSIFIERS, **known})


def weights(model: str, seed: int = 0, **changes: Any) -> dict[str, Any]:
    """Weights as a training leaves them; windows of 1 s, 0.5 s apart."""
    settings = {"model": model, "task": "superclass", "epochs": 1, "steps_per_epoch": 1, "precision": "32-true"}
    config = ClassifierConfig(**{**settings, "crop_s": 1.0, "stride_s": 0.5, "aggregate": "mean", **changes})
    torch.manual_seed(seed)
    module = Classifier(config, LABELS, FS, SCALES)
    saved = {"model": model, "labels": list(LABELS), "fs": FS, "scales": asdict(SCALES), "training": asdict(config)}
    return {"config": saved, "tensors": module.network.state_dict()}


def people(records: int) -> pd.DataFrame:
    return pd.DataFrame({"age": 50.0, "sex": "male"}, index=range(records))


def signals(records: int = 3, seed: int = 1, length: int = LENGTH) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=0.3, size=(records, 12, length)).astype(np.float32)
