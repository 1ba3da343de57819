"""Signals on their way to a folder: all or nothing, or so that what a killed run has written is continued."""

import hashlib
import io
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecg_forge.datasets.atomic import replace_folder, replacing, replacing_folder
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.records import SignalStream

logger = logging.getLogger(__name__)

FORMAT_VERSION = 1
SAMPLES, ECG_ID, DESCRIPTION = "samples.npy", "ecg_id.npy", "signals.json"
_SAMPLE = np.dtype("<i2")


def write_signals(target: Path, stream: SignalStream) -> None:
    """Write a stream block by block and put the whole folder in the place of ``target`` at the end.

    A stream with a fingerprint keeps what it has written in ``.<name>.partial`` beside the target until then, and
    starts after the last whole block that it finds there from an earlier run of the same stream.

    Raises:
        BadInput: the blocks do not fit what the stream announces; what was there before is left as it was.
    """
    if len(np.unique(stream.ecg_id)) != len(stream.ecg_id):
        raise BadInput("signals hold the same ecg_id twice")
    if stream.fingerprint is None:
        with replacing_folder(target) as folder:
            _write(folder, stream, 0, lambda _: None)
        return
    partial = _Partial.of(target, stream)
    start = partial.start()
    if start:
        logger.info("%s: continuing after %d of %d records", target, start, len(stream.ecg_id))
    _write(partial.folder, stream, start, partial.keep)
    replace_folder(partial.folder, target)
    shutil.rmtree(partial.home)


@dataclass(frozen=True)
class _Partial:
    """The folder of an unfinished stream: ``signals`` in the making, and a note of the rows that are safe on disk.

    The note counts whole blocks: where a block depends a little on what was computed together with it, only a stream
    that starts again where a block ended gives the bytes of an unbroken one.

    Attributes:
        home: ``.<name>.partial`` beside the target.
        identity: digest of everything that says which stream this is.
        shape: ``(record, lead, sample)`` of the whole.
    """

    home: Path
    identity: str
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, target: Path, stream: SignalStream) -> "_Partial":
        said = [FORMAT_VERSION, stream.fingerprint, list(stream.leads), stream.fs, stream.length]
        digest = hashlib.sha256(json.dumps(said).encode())
        digest.update(np.asarray(stream.ecg_id, dtype=np.int64).tobytes())
        return cls(target.with_name(f".{target.name}.partial"), digest.hexdigest(), _shape(stream))

    @property
    def folder(self) -> Path:
        return self.home / "signals"

    @property
    def _note(self) -> Path:
        return self.home / "progress.json"

    def start(self) -> int:
        """Return how many rows are safe; where nothing is, or not of this stream, or damaged, empty the folder."""
        if rows := self._rows_kept():
            return rows
        shutil.rmtree(self.home, ignore_errors=True)
        self.folder.mkdir(parents=True)
        return 0

    def keep(self, rows: int) -> None:
        """Bring what was written to the disk, and only then note that so many rows are safe."""
        with (self.folder / SAMPLES).open("r+b") as file:
            os.fsync(file.fileno())
        with replacing(self._note) as temporary:
            temporary.write_text(json.dumps({"stream": self.identity, "rows": rows}), encoding="utf-8")

    def _rows_kept(self) -> int:
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            rows, same = int(note["rows"]), note["stream"] == self.identity
            with (self.folder / SAMPLES).open("rb") as file:
                header = file.read(len(_header(self.shape)))
                size = file.seek(0, os.SEEK_END)
        except (OSError, ValueError, KeyError, TypeError):
            return 0
        whole = header == _header(self.shape) and 0 <= rows <= self.shape[0] and size >= _offset(self.shape, rows)
        return rows if same and whole else 0


def _write(folder: Path, stream: SignalStream, start: int, keep: Callable[[int], None]) -> None:
    """Write the folder from row ``start`` on; ``keep`` is told the number of rows after each block.

    Appending, unlike writing through a memory map, holds no more than a block in memory.
    """
    shape = _shape(stream)
    with (folder / SAMPLES).open("r+b" if start else "wb") as file:
        file.write(_header(shape))
        file.truncate(_offset(shape, start))
        file.seek(0, os.SEEK_END)
        rows = start
        for block in _checked(stream, start):
            file.write(np.ascontiguousarray(block, dtype=_SAMPLE).data)
            file.flush()
            rows += len(block)
            keep(rows)
    np.save(folder / ECG_ID, np.asarray(stream.ecg_id, dtype=np.int64))
    description = {
        "version": FORMAT_VERSION,
        "leads": stream.leads,
        "fs": stream.fs,
        "unit": "uV",
        "shape": shape,
    }
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=2), encoding="utf-8")


def _checked(stream: SignalStream, start: int) -> Iterator[np.ndarray]:
    """Yield the blocks from row ``start`` on, each as the stream announces it."""
    shape, rows = _shape(stream), start
    for block in stream.blocks(start):
        if block.dtype != np.int16 or block.ndim != 3 or block.shape[1:] != shape[1:]:
            raise BadInput(
                f"block at row {rows} is {block.dtype} {block.shape}; expected int16 (rows, {shape[1]}, {shape[2]})"
            )
        rows += len(block)
        if rows <= shape[0]:
            yield block
    if rows != shape[0]:
        raise BadInput(f"the blocks hold {rows} rows for {shape[0]} ecg_ids")


def _shape(stream: SignalStream) -> tuple[int, int, int]:
    return len(stream.ecg_id), len(stream.leads), stream.length


def _header(shape: tuple[int, int, int]) -> bytes:
    """Return what stands before the samples in ``samples.npy``."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": _SAMPLE.str, "fortran_order": False, "shape": shape})
    return header.getvalue()


def _offset(shape: tuple[int, int, int], row: int) -> int:
    """Return where a row begins in ``samples.npy``, in bytes."""
    return len(_header(shape)) + row * shape[1] * shape[2] * _SAMPLE.itemsize
