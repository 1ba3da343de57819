"""One's own twelve-lead WFDB records, of any rate, length, lead order and unit, read as if they were PTB-XL's."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import ImagePreview
from tqdm import tqdm

from ecg_forge.datasets.first_record import draw_first_record
from ecg_forge.datasets.ptbxl_source import check_names
from ecg_forge.datasets.record_reader import RecordBlock
from ecg_forge.datasets.wfdb_samples import RecordProblem, read_header, read_samples
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import INVALID_SAMPLE, to_microvolts, to_millivolts
from ecg_forge.ecg.resampling import resample, with_length

logger = logging.getLogger(__name__)

SLOWEST_HZ, FASTEST_HZ = 50, 5_000
SHORTEST = 0.5  # of the wanted duration
_MARGIN_S = 1.0  # read beyond the end, so that the filter of the resampling finds neighbours there
_SHOW_PROGRESS_FROM = 200  # records
_BLOCK = 256  # records


@dataclass(frozen=True)
class OwnRecord:
    """One record as it was fitted into the project's form.

    Attributes:
        samples: int16 ``(12, sample)`` in µV, leads in the order of `LEADS`.
        fs: sampling rate of the file in Hz.
        seconds: duration of the record in the file.
    """

    samples: np.ndarray
    fs: float
    seconds: float


def read_own_record(path: str, *, fs: int, length: int) -> OwnRecord:
    """Read one record and bring it to a rate and length.

    A longer record gives its beginning; a shorter one is continued by its last value, if at least half is there.

    Args:
        path: without suffix.
        fs: sampling rate wanted, in Hz.
        length: samples wanted per lead.

    Raises:
        RecordProblem: a file is missing or damaged; a lead is missing or has an unknown unit; the rate is no whole
            number from 50 to 5,000 Hz; the record is too short; or a sample that is needed is marked as missing.
    """
    header = read_header(path)
    if not (header.fs.is_integer() and SLOWEST_HZ <= header.fs <= FASTEST_HZ):
        raise RecordProblem(f"sampling rate {header.fs:g} Hz is no whole number from {SLOWEST_HZ} to {FASTEST_HZ}")
    own_fs, duration = int(header.fs), length / fs
    seconds = header.length / own_fs
    if seconds < SHORTEST * duration:
        raise RecordProblem(f"{seconds:g} s are too short; at least {SHORTEST * duration:g} s are needed")
    microvolts = read_samples(path, header, min(header.length, round((duration + _MARGIN_S) * own_fs)))
    if (missing := (microvolts == INVALID_SAMPLE).any(axis=1)).any():
        raise RecordProblem(f"missing samples ({', '.join(np.array(LEADS)[missing])})")
    resampled = microvolts if own_fs == fs else to_microvolts(resample(to_millivolts(microvolts), own_fs, fs))
    return OwnRecord(with_length(resampled, length), header.fs, seconds)


@dataclass(frozen=True)
class OwnRecordReader:
    """Reads one's own records below a folder; nothing is read before it is asked for."""

    folder: Path
    dataset: str = "own records"

    @property
    def origin(self) -> str:
        """Where the records come from, in words."""
        return f"local folder {self.folder}"

    def read(self, filenames: Sequence[str], *, fs: int, length: int) -> Iterator[RecordBlock]:
        """Yield these records in blocks, in their order, each as `read_own_record` brings it to the rate and length.

        Raises:
            BadInput: a path leaves the folder.
        """
        check_names(filenames)
        found: Counter[str] = Counter()
        hidden = len(filenames) < _SHOW_PROGRESS_FROM
        with tqdm(total=len(filenames), desc="reading records", unit="record", disable=hidden or None) as progress:
            for start in range(0, len(filenames), _BLOCK):
                names = filenames[start : start + _BLOCK]
                block = RecordBlock(np.zeros((len(names), len(LEADS), length), np.int16), [])
                for name, out in zip(names, block.samples, strict=True):
                    block.problems.append(self._read(name, fs, out, found))
                    progress.update()
                yield block
        logger.info("%s: %s", self.origin, ", ".join(f"{count} {what}" for what, count in sorted(found.items())))

    def _read(self, name: str, fs: int, out: np.ndarray, found: Counter[str]) -> str:
        """Read one record into ``out``, count what was done to it, and return what is wrong with it."""
        duration = out.shape[1] / fs
        try:
            record = read_own_record(str(self.folder / name), fs=fs, length=out.shape[1])
        except RecordProblem as problem:
            found["unusable"] += 1
            return str(problem)
        out[:] = record.samples
        found[f"at {record.fs:g} Hz"] += 1
        if record.seconds != duration:
            found["cut" if record.seconds > duration else "continued"] += 1
        return ""


class OwnRecords(AbstractDataset[NoReturn, OwnRecordReader]):
    """A folder of one's own WFDB records; loading returns a handle that reads them in blocks when asked to.

    ```yaml
    ptbxl_recordings:
      type: ecg_forge.datasets.own_records.OwnRecords
      path: /data/ecgs
    ```
    """

    def __init__(self, *, path: str, metadata: dict[str, Any] | None = None) -> None:
        """Keep the folder; nothing is opened before ``load``."""
        self._path = path
        self.metadata = metadata

    def load(self) -> OwnRecordReader:
        """Return the reader.

        Raises:
            DatasetError: the folder does not exist.
        """
        if not self._exists():
            raise BadInput(f"the folder of records {self._path!r} does not exist; set OWN_ECGS to the folder of yours")
        return OwnRecordReader(Path(self._path))

    def save(self, data: NoReturn) -> None:
        """Refuse: recordings are read only."""
        raise DatasetError(f"{type(self).__name__} is read-only: recordings are never written by a pipeline")

    def preview(self) -> ImagePreview:
        """Draw the first record for kedro-viz."""
        return draw_first_record(Path(self._path))

    def _exists(self) -> bool:
        return Path(self._path).is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"path": self._path}
