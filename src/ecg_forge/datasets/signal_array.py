"""Signals as one memory-mapped array in a folder."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import AbstractDataset
from kedro_datasets._typing import ImagePreview

from ecg_forge.datasets.preview import ecg_preview
from ecg_forge.datasets.signal_writer import DESCRIPTION, ECG_ID, FORMAT_VERSION, SAMPLES, write_signals
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import canonical_lead
from ecg_forge.ecg.records import Signals, SignalStream


class SignalArray(AbstractDataset[Signals | SignalStream, Signals]):
    """A folder with ``samples.npy`` (int16 µV ``(record, lead, sample)``), ``ecg_id.npy`` and ``signals.json``.

    ```yaml
    signals:
      type: ecg_forge.datasets.signal_array.SignalArray
      filepath: data/02_intermediate/signals
    ```
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Keep the folder; it is made by the first ``save``."""
        self._filepath = filepath
        self.metadata = metadata

    @property
    def _folder(self) -> Path:
        return Path(self._filepath)

    def load(self) -> Signals:
        """Return the signals on a read-only memory map; no sample is read yet.

        Raises:
            DatasetError: a part of the folder is missing or damaged; the message names it.
        """
        description = _read_description(self._folder / DESCRIPTION)
        leads, fs, shape = tuple(description["leads"]), int(description["fs"]), tuple(description["shape"])
        samples = _open_array(self._folder / SAMPLES, shape, np.dtype(np.int16))
        ecg_id = np.array(_open_array(self._folder / ECG_ID, shape[:1], np.dtype(np.int64)))
        return Signals(samples, ecg_id, leads, fs)

    def save(self, data: Signals | SignalStream) -> None:
        """Write block by block and replace the whole folder at the end.

        A stream with a fingerprint that was stopped on its way is continued by the next save of the same stream.

        Raises:
            DatasetError: the blocks do not fit what the stream announces; what was there before is left as it was.
        """
        write_signals(self._folder, data.stream() if isinstance(data, Signals) else data)

    def preview(self, row: int = 0) -> ImagePreview:
        """Draw one recording on ECG paper for kedro-viz, as PNG in base64."""
        signals = self.load()
        if not 0 <= row < len(signals):
            raise BadInput(f"{self._filepath} has no row {row}; it holds {len(signals)} recordings")
        return ecg_preview(signals.samples[row], signals.fs, f"ecg_id {signals.ecg_id[row]}", signals.leads)

    def _exists(self) -> bool:
        return (self._folder / DESCRIPTION).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


def _read_description(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BadInput(f"{path} does not exist; run the node that makes it")
    try:
        description: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version, unit = description["version"], description["unit"]
        sizes = [int(size) for size in description["shape"]]
        for lead in description["leads"]:
            canonical_lead(lead)
        int(description["fs"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} is damaged ({error}); remove the folder and make it again") from error
    if version != FORMAT_VERSION or unit != "uV" or len(sizes) != 3:
        raise BadInput(f"{path} has format version {version}, unit {unit}; this program reads {FORMAT_VERSION}, uV")
    return description


def _open_array(path: Path, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    try:
        array = np.load(path, mmap_mode="r" if shape[0] else None, allow_pickle=False)
    except FileNotFoundError:
        raise BadInput(f"{path} does not exist; remove the folder and make it again") from None
    except (ValueError, OSError, EOFError) as error:
        raise BadInput(f"{path} is truncated or damaged ({error}); remove the folder and make it again") from error
    if array.shape != shape or array.dtype != dtype:
        raise BadInput(f"{path} holds {array.dtype} {array.shape}, signals.json says {dtype} {shape}")
    return np.asarray(array) if array.size == 0 else array
