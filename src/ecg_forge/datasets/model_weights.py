"""The weights of one model with the configuration that builds it."""

import json
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset
from kedro_datasets._typing import JSONPreview

from ecg_forge.datasets.atomic import replacing
from ecg_forge.datasets.preview import weights_preview
from ecg_forge.ecg.errors import BadInput

_CONFIG_KEY = "config"  # of the header's metadata


class ModelWeights(AbstractDataset[dict[str, Any], dict[str, Any]]):
    """One ``.safetensors`` file: the tensors of a model, and its configuration as JSON in the header.

    The value is ``{"config": <what JSON can hold>, "tensors": {name: torch.Tensor}}``; numpy arrays may be saved too.

    ```yaml
    "{arm}.weights":
      type: ecg_forge.datasets.model_weights.ModelWeights
      filepath: data/06_models/{arm}.safetensors
    ```
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Keep the path of the file."""
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> dict[str, Any]:
        """Return configuration and tensors, these on the CPU.

        Raises:
            DatasetError: the file is missing, damaged, or was not written by this dataset.
        """
        return load_weights(Path(self._filepath))

    def save(self, data: dict[str, Any]) -> None:
        """Write configuration and tensors; tensors that share memory are saved each on its own.

        Raises:
            DatasetError: the configuration is not JSON, or the value has other keys.
        """
        import torch
        from safetensors.torch import save_file

        if set(data) != {"config", "tensors"}:
            raise BadInput(f"weights must be a dict of config and tensors, got {', '.join(map(str, data))}")
        config = json.dumps(data["config"], allow_nan=False)
        tensors = {
            name: torch.as_tensor(value).detach().cpu().clone(memory_format=torch.contiguous_format)
            for name, value in data["tensors"].items()
        }
        with replacing(Path(self._filepath)) as temporary:
            save_file(tensors, temporary, metadata={_CONFIG_KEY: config})

    def preview(self) -> JSONPreview:
        """Return the configuration and the size of each tensor for kedro-viz."""
        path = Path(self._filepath)
        with _open(path) as file:
            shapes = {key: file.get_slice(key).get_shape() for key in file.keys()}  # noqa: SIM118 (it is no dict)
            return weights_preview(_config(path, file.metadata()), shapes)

    def _exists(self) -> bool:
        return Path(self._filepath).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


def load_weights(path: Path) -> dict[str, Any]:
    """Read configuration and tensors, these on the CPU, from a file that `ModelWeights` wrote.

    Raises:
        BadInput: the file is missing, damaged, or was not written by this program.
    """
    with _open(path) as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (it is no dict)
        return {"config": _config(path, file.metadata()), "tensors": tensors}


def _open(path: Path) -> Any:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise BadInput(f"{path} does not exist; run the node that trains it")
    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, OSError) as error:
        raise BadInput(f"{path} is damaged ({error}); remove it and train again") from error


def _config(path: Path, header: dict[str, str] | None) -> Any:
    try:
        return json.loads((header or {})[_CONFIG_KEY])
    except (KeyError, ValueError) as error:
        raise BadInput(f"{path} holds no configuration; it was not written by this program") from error
