"""Weights come back as they went, with the configuration that builds the model."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from kedro.io import DatasetError
from safetensors.torch import save_file

from ecg_forge.datasets.model_weights import ModelWeights

CONFIG = {"model": "resnet1d_wang", "labels": ["NORM", "LAO/LAE"], "width": 0.1, "nested": {"on": True, "none": None}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "models" / "weights.safetensors"


def test_config_and_tensors_round_trip_exactly(path: Path) -> None:
    tensors = {"a.weight": torch.randn(3, 2), "b": torch.tensor(7), "c": torch.zeros(0, 4, dtype=torch.float16)}
    ModelWeights(filepath=str(path)).save({"config": CONFIG, "tensors": tensors})
    loaded = ModelWeights(filepath=str(path)).load()
    assert loaded["config"] == CONFIG
    assert loaded["tensors"].keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert loaded["tensors"][name].dtype == tensor.dtype
        assert torch.equal(loaded["tensors"][name], tensor)


def test_views_shared_memory_gradients_and_arrays_are_saved_by_value(path: Path) -> None:
    base = torch.arange(6.0).reshape(2, 3)
    tensors = {"base": base, "turned": base.T, "trained": torch.nn.Parameter(base), "array": np.arange(3)}
    ModelWeights(filepath=str(path)).save({"config": {}, "tensors": tensors})
    loaded = ModelWeights(filepath=str(path)).load()["tensors"]
    assert torch.equal(loaded["turned"], base.T)
    assert torch.equal(loaded["trained"], base)
    assert not loaded["trained"].requires_grad
    assert loaded["array"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"config": {"x": object()}, "tensors": {}}, "not JSON serializable"),
        ({"config": {"x": float("nan")}, "tensors": {}}, "not JSON compliant"),
        ({"state": {}}, "must be a dict of config and tensors, got state"),
    ],
)
def test_what_cannot_be_saved_is_refused_and_nothing_stays(path: Path, data: dict, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        ModelWeights(filepath=str(path)).save(data)
    assert not path.parent.exists() or not list(path.parent.iterdir())


@pytest.mark.parametrize("keep", [0, 4, 100, -1])
def test_a_truncated_file_is_named(path: Path, keep: int) -> None:
    ModelWeights(filepath=str(path)).save({"config": CONFIG, "tensors": {"a": torch.zeros(100)}})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DatasetError, match=r"weights\.safetensors is damaged"):
        ModelWeights(filepath=str(path)).load()


def test_a_file_of_another_program_is_named(path: Path) -> None:
    path.parent.mkdir()
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(DatasetError, match=r"weights\.safetensors holds no configuration"):
        ModelWeights(filepath=str(path)).load()


def test_the_preview_is_configuration_and_sizes(path: Path) -> None:
    dataset = ModelWeights(filepath=str(path))
    dataset.save({"config": CONFIG, "tensors": {"a.weight": torch.zeros(3, 2), "b": torch.tensor(7)}})
    assert json.loads(dataset.preview()) == {"numbers": 7, "config": CONFIG, "shapes": {"a.weight": "3 × 2", "b": ""}}
