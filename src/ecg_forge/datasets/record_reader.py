"""Reading many WFDB records at once, each fully checked; what is wrong with one is told, never raised."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from ecg_forge.datasets.ptbxl_source import Source
from ecg_forge.datasets.wfdb_samples import RecordProblem, read_header, read_samples
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS

_SHOW_PROGRESS_FROM = 5_000  # records


@dataclass(frozen=True)
class RecordBlock:
    """Some records of one sampling rate and length.

    Attributes:
        samples: int16 ``(record, lead, sample)`` in µV, leads in the order of ``LEADS``; zeros where there is a
            problem, -32768 where the file marks a sample as missing.
        problems: one text per record, empty if it is fine.
    """

    samples: np.ndarray
    problems: list[str]


@dataclass(frozen=True)
class RecordReader:
    """Reads WFDB records of a source, by path without suffix; nothing is read or fetched before it is asked for."""

    source: Source
    dataset: str = "PTB-XL"

    @property
    def origin(self) -> str:
        """Where the records come from, in words."""
        return self.source.describe()

    def read(self, filenames: Sequence[str], *, fs: int, length: int, block_size: int = 256) -> Iterator[RecordBlock]:
        """Fetch all these records, then yield them in blocks, in their order.

        Args:
            filenames: paths below the source's root, without suffix.
            fs: sampling rate in Hz every record must have.
            length: samples per lead every record must have.
            block_size: records per block; memory is bounded by two blocks.

        Raises:
            BadInput: a path leaves the folder, the source cannot provide a file, or a size is below 1.
        """
        if fs < 1 or length < 1 or block_size < 1:
            raise BadInput(f"fs {fs}, length {length} and block_size {block_size} must all be above 0")
        self._fetch(filenames)
        hidden = len(filenames) < _SHOW_PROGRESS_FROM
        with tqdm(total=len(filenames), desc="reading records", unit="record", disable=hidden or None) as progress:
            for start in range(0, len(filenames), block_size):
                block = self._read_block(filenames[start : start + block_size], fs, length)
                progress.update(len(block.problems))
                yield block

    def _fetch(self, filenames: Sequence[str]) -> None:
        self.source.fetch([f"{name}{suffix}" for name in filenames for suffix in (".hea", ".dat")])

    def _read_block(self, filenames: Sequence[str], fs: int, length: int) -> RecordBlock:
        samples = np.zeros((len(filenames), len(LEADS), length), np.int16)
        # one thread: others would wait for the interpreter lock, and from a local disk they gain nothing
        return RecordBlock(
            samples,
            [_read_record(str(self.source.root / name), fs, out) for name, out in zip(filenames, samples, strict=True)],
        )


def _read_record(path: str, fs: int, out: np.ndarray) -> str:
    """Read one record into ``out``, int16 ``(lead, sample)``, and return what is wrong with it."""
    length = out.shape[1]
    try:
        header = read_header(path)
        if header.fs != fs:
            raise RecordProblem(f"sampling rate {header.fs:g} Hz instead of {fs} Hz")
        if header.length != length:
            raise RecordProblem(f"{header.length} samples instead of {length}")
        out[:] = read_samples(path, header, length)
    except RecordProblem as problem:
        return str(problem)
    return ""
