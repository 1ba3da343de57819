"""Trained models as folders that can be handed on: half-precision weights, configuration, card, licence, checksums."""

import hashlib
import json
import re
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import JSONPreview

from ecg_forge.datasets.atomic import replacing_folder
from ecg_forge.datasets.preview import weights_preview
from ecg_forge.ecg.attribution import CLASSIFIER_NOTICE, PTBXL_ATTRIBUTION, SYNTHETIC_NOTICE
from ecg_forge.ecg.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

PACKAGED_BOX = Path(__file__).parents[1] / "box" / "denoiser"
"""Where the weights lie that come with the package."""
PACKAGED_CLASSIFIER = Path(__file__).parents[1] / "box" / "classifier"
"""Where a classifier would lie that came with the package."""


@dataclass(frozen=True)
class BoxKind:
    """What a box holds.

    Attributes:
        name: of the model; the files of the weights are called after it.
        licence: the text of ``LICENSE.txt``.
    """

    name: str
    licence: str


DENOISER = BoxKind(
    "denoiser",
    "These weights are licensed CC BY 4.0, as the recordings they were learned from.\n\n"
    f"{PTBXL_ATTRIBUTION}\n\n{SYNTHETIC_NOTICE}\n",
)
CLASSIFIER = BoxKind(
    "classifier",
    "MODEL_CARD.md says what these weights were learned from; the licence of those recordings holds for them.\n\n"
    f"{CLASSIFIER_NOTICE}\n",
)

MAX_SHARD_BYTES = 16_000_000
MAX_BOX_BYTES = 25_000_000
_CONFIG, _SUMS, _CARD, _LICENSE = "config.json", "SHA256SUMS", "MODEL_CARD.md", "LICENSE.txt"
_SHARD = re.compile(r"([a-z]+)-(\d{5})-of-(\d{5})\.safetensors")
_HEADER_BYTES = 200  # of safetensors, at most, per tensor and beside its name


def load_box(folder: Path = PACKAGED_BOX, kind: BoxKind = DENOISER) -> dict[str, Any]:
    """Read configuration and weights, each file checked against ``SHA256SUMS``.

    Returns:
        ``{"config": what JSON holds, "tensors": {name: torch.Tensor}}``, float32 on the CPU.

    Raises:
        BadInput: there are no weights, or those of another model, or a file is missing or damaged; it is named.
    """
    from safetensors.torch import load

    sums = _read_sums(folder, kind)
    contents = {name: _checked_content(folder / name, digest) for name, digest in sums.items()}
    tensors: dict[str, Tensor] = {}
    for name in sorted(set(contents) - {_CONFIG}):
        tensors |= load(contents[name])
    config = json.loads(contents[_CONFIG])
    return {"config": config, "tensors": {name: _widened(tensor) for name, tensor in tensors.items()}}


def write_box(weights: dict[str, Any], folder: Path, card_text: str, kind: BoxKind = DENOISER) -> None:
    """Write weights so that `load_box` reads them; a box that was there before is replaced as a whole.

    Args:
        weights: ``{"config", "tensors"}`` of a trained model.
        folder: a new or empty one, or a box.
        card_text: the model card, in Markdown.
        kind: what the model is.

    Raises:
        BadInput: the folder holds other things, a tensor does not fit half precision or a shard, or the whole is larger
            than `MAX_BOX_BYTES`; what was there before is left as it was.
    """
    from safetensors.torch import save

    _require_own_folder(folder, kind)
    tensors = {name: _narrowed(name, tensor) for name, tensor in weights["tensors"].items()}
    shards = _split(tensors)
    with replacing_folder(folder) as temporary:
        config = json.dumps(weights["config"], indent=2, allow_nan=False)
        (temporary / _CONFIG).write_text(config + "\n", encoding="utf-8")
        for number, shard in enumerate(shards, start=1):
            # not save_file, whose files only their owner can read, wherever they are installed
            (temporary / f"{kind.name}-{number:05d}-of-{len(shards):05d}.safetensors").write_bytes(save(shard))
        _write_sums(temporary)
        (temporary / _CARD).write_text(card_text, encoding="utf-8")
        (temporary / _LICENSE).write_text(kind.licence, encoding="utf-8")
        size = sum(file.stat().st_size for file in temporary.iterdir())
        if size > MAX_BOX_BYTES:
            raise BadInput(
                f"the box would hold {size:,} bytes, more than {MAX_BOX_BYTES:,}; choose a smaller {kind.name}"
            )


class _Box(AbstractDataset[dict[str, Any], dict[str, Any]]):
    """A box as a catalog entry: loaded as ``{"config", "tensors"}``, saved with the text of the card as ``"card"``."""

    def __init__(self, *, filepath: str | None = None, metadata: dict[str, Any] | None = None) -> None:
        """Keep the folder; nothing is read before ``load``."""
        self._filepath = filepath
        self.metadata = metadata

    @property
    @abstractmethod
    def _kind(self) -> BoxKind: ...

    @property
    @abstractmethod
    def _packaged(self) -> Path: ...

    @property
    def _folder(self) -> Path:
        return self._packaged if self._filepath is None else Path(self._filepath)

    def load(self) -> dict[str, Any]:
        """Return configuration and tensors.

        Raises:
            DatasetError: as `load_box`.
        """
        return load_box(self._folder, self._kind)

    def save(self, data: dict[str, Any]) -> None:
        """Write the box.

        Raises:
            DatasetError: as `write_box`; or the entry names no ``filepath``, or the value has other keys.
        """
        if self._filepath is None:
            raise DatasetError("the box in the package is read-only; give the entry a filepath to write one there")
        if set(data) != {"config", "tensors", "card"}:
            raise BadInput(f"a box must be a dict of config, tensors and card, got {', '.join(map(str, data))}")
        write_box(data, self._folder, data["card"], self._kind)

    def preview(self) -> JSONPreview:
        """Return the configuration and the size of each tensor for kedro-viz."""
        box = self.load()
        return weights_preview(box["config"], {name: tuple(tensor.shape) for name, tensor in box["tensors"].items()})

    def _exists(self) -> bool:
        return (self._folder / _SUMS).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


class DenoiserBox(_Box):
    """The box of a denoiser; without ``filepath`` it is the one in the package, which is only read.

    ```yaml
    denoiser_box:
      type: ecg_forge.datasets.box.DenoiserBox
    ```
    """

    _kind, _packaged = DENOISER, PACKAGED_BOX


class ClassifierBox(_Box):
    """The box of a classifier, calibrated: its configuration holds a ``temperature``.

    ```yaml
    packed_classifier:
      type: ecg_forge.datasets.box.ClassifierBox
      filepath: data/06_models/packed_classifier
    ```
    """

    _kind, _packaged = CLASSIFIER, PACKAGED_CLASSIFIER


def _read_sums(folder: Path, kind: BoxKind) -> dict[str, str]:
    """Read the checksums: exactly those of the configuration and of every shard."""
    path = folder / _SUMS
    if not path.is_file():
        raise BadInput(f"{path} does not exist, so there are no trained weights there; name a folder that holds a box")
    pairs = [line.split(maxsplit=1) for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    sums = {pair[-1].lstrip("*"): pair[0] for pair in pairs if pair}
    shards = [match for name in sums if (match := _SHARD.fullmatch(name))]
    if strangers := {match[1] for match in shards} - {kind.name}:
        raise BadInput(f"{folder} holds a {strangers.pop()}; name a folder that holds a {kind.name}")
    complete = sorted(int(match[2]) for match in shards) == list(range(1, len(shards) + 1))
    if not (complete and shards and all(int(match[3]) == len(shards) for match in shards)):
        raise BadInput(f"{path} is damaged: it does not list every shard; install the package or write the box again")
    if set(sums) != {_CONFIG, *(match[0] for match in shards)}:
        raise BadInput(f"{path} is damaged: it must list {_CONFIG} and the shards; write the box again")
    return sums


def _checked_content(path: Path, digest: str) -> bytes:
    if not path.is_file():
        raise BadInput(f"{path} does not exist, though {_SUMS} lists it; install the package or write the box again")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise BadInput(f"{path} is damaged: its SHA256 differs from {_SUMS}; install the package or write it again")
    return content


def _write_sums(folder: Path) -> None:
    """Write what ``sha256sum --check`` reads, for the files that are there."""
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(folder.iterdir())]
    (folder / _SUMS).write_text("".join(lines), encoding="utf-8")


def _require_own_folder(folder: Path, kind: BoxKind) -> None:
    """Refuse to replace a folder that is no box of this kind."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file; choose a folder for the box")
    own = {_CONFIG, _SUMS, _CARD, _LICENSE, "README.md"}
    strangers = [] if not folder.exists() else [file.name for file in folder.iterdir() if file.name not in own]
    if strangers := [name for name in strangers if not ((shard := _SHARD.fullmatch(name)) and shard[1] == kind.name)]:
        raise BadInput(
            f"{folder} holds {strangers[0]}, which is no part of a box of a {kind.name}; choose another folder"
        )


def _narrowed(name: str, value: Any) -> "Tensor":
    """Return a copy on the CPU, in half precision if it holds real numbers."""
    import torch

    tensor = torch.as_tensor(value).detach().cpu().clone(memory_format=torch.contiguous_format)
    if not tensor.is_floating_point():
        return tensor
    half = tensor.half()
    if not half.isfinite().all():
        raise BadInput(f"tensor {name} does not fit half precision: its largest value is {tensor.abs().max().item():g}")
    return half


def _widened(tensor: "Tensor") -> "Tensor":
    return tensor.float() if tensor.is_floating_point() else tensor


def _split(tensors: dict[str, "Tensor"]) -> list[dict[str, "Tensor"]]:
    """Fill one shard after the other, in the order given, each up to `MAX_SHARD_BYTES` with its header."""
    shards: list[dict[str, Tensor]] = [{}]
    room = MAX_SHARD_BYTES - _HEADER_BYTES
    for name, tensor in tensors.items():
        size = tensor.nbytes + len(name.encode()) + _HEADER_BYTES
        if size > MAX_SHARD_BYTES - _HEADER_BYTES:
            raise BadInput(f"tensor {name} takes {tensor.nbytes:,} bytes, more than a shard of {MAX_SHARD_BYTES:,}")
        if size > room:
            shards.append({})
            room = MAX_SHARD_BYTES - _HEADER_BYTES
        shards[-1][name] = tensor
        room -= size
    return shards
