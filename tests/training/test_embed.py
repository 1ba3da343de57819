"""The features of a trained classifier are what its last layer takes, record by record."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals
from ecg_forge.models.heads import last_linear
from ecg_forge.training.classifier import Classifier, Scales, embed, load_classifier, score
from ecg_forge.training.config import ClassifierConfig
from ecg_forge.training.data import SignalPools

SCALES = Scales({"mean_mv": 0.0, "sd_mv": 0.2}, {"mean_years": 60.0, "sd_years": 10.0})
LABELS = ["NORM", "MI", "STTC", "CD", "HYP"]
SIGNALS = Signals(
    np.random.default_rng(0).integers(-300, 300, size=(7, 12, 400)).astype(np.int16), np.arange(1, 8), LEADS, 100
)
PEOPLE = pd.DataFrame({"age": 50.0, "sex": "male"}, index=SIGNALS.ecg_id)


def weights(**changes: Any) -> dict[str, Any]:
    settings = {
        "model": "resnet1d_tiny",
        "task": "superclass",
        "epochs": 1,
        "steps_per_epoch": 1,
        "batch_size": 4,
        "precision": "32-true",
    }
    config = ClassifierConfig(**{**settings, "crop_s": 1.0, "stride_s": 0.5, **changes})
    torch.manual_seed(0)
    module = Classifier(config, LABELS, SIGNALS.fs, SCALES)
    saved = {"labels": LABELS, "fs": SIGNALS.fs, "scales": asdict(SCALES), "training": asdict(config)}
    return {"config": saved, "tensors": module.network.state_dict()}


def embedded(trained: dict[str, Any], ids: np.ndarray = SIGNALS.ecg_id) -> tuple[pd.DataFrame, pd.DataFrame]:
    return embed(trained, SignalPools([SIGNALS], ids), PEOPLE.loc[ids])


def test_features_are_averaged_over_the_windows_of_their_record() -> None:
    trained = weights()
    features, _ = embedded(trained)
    network: Any = load_classifier(trained).network
    windows = np.stack([SIGNALS.samples[2][:, start : start + 100] for start in range(0, 301, 50)]) / 1000
    with torch.no_grad():
        pooled = network.pool(network.features(torch.from_numpy(windows).float() / 0.2))
        taken = network.head[:-1](pooled) if isinstance(network.head, nn.Sequential) else pooled
    np.testing.assert_allclose(features.loc[3], taken.mean(0), atol=1e-5)
    assert (features.to_numpy().dtype, features.index.name) == (np.float32, "ecg_id")


@pytest.mark.parametrize("model", ["resnet1d_tiny", "resnet1d_wang", "s4_small"])
def test_the_last_layer_takes_features_to_logits(model: str) -> None:
    # One window a record: features go through the last layer unaveraged.
    trained = weights(model=model, crop_s=4.0)
    features, probabilities = embedded(trained)
    layer = last_linear(load_classifier(trained).network)
    with torch.no_grad():
        logits = layer(torch.from_numpy(features.to_numpy()))
    np.testing.assert_allclose(logits.sigmoid(), probabilities, atol=1e-5)


def test_the_probabilities_are_those_of_scoring() -> None:
    trained = weights(metadata=True)
    pd.testing.assert_frame_equal(embedded(trained)[1], score(trained, SignalPools([SIGNALS], SIGNALS.ecg_id), PEOPLE))


def test_features_do_not_depend_on_the_order_of_records() -> None:
    trained, backwards = weights(), SIGNALS.ecg_id[::-1]
    pd.testing.assert_frame_equal(embedded(trained, backwards)[0].loc[SIGNALS.ecg_id], embedded(trained)[0], atol=1e-5)


def test_a_network_without_a_linear_layer_has_no_last_one() -> None:
    with pytest.raises(BadInput, match="no linear layer"):
        last_linear(nn.Sequential(nn.Conv1d(1, 1, 1)))
