"""Reading many WFDB records at once, each fully checked; what is wrong with one is told, never raised."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from kedro_datasets._typing import ImagePreview
from tqdm import tqdm

from ecg_forge.datasets.preview import ecg_preview
from ecg_forge.datasets.ptbxl_source import Source
from ecg_forge.datasets.wfdb_header import MICROVOLTS_PER_UNIT, Header, HeaderProblem, parse_header
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS

_HEADER_LIMIT = 1 << 16  # bytes; PTB-XL's have about 600
_MISSING_SAMPLE = -32768  # format 16's mark for a sample that was not measured, kept as it is
_SHOW_PROGRESS_FROM = 5_000  # records
_IN_ORDER = tuple(range(len(LEADS)))


class _RecordProblem(Exception):
    """What is wrong with one record, as short text."""


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

    def draw_first(self) -> ImagePreview:
        """Draw the first record that is here already, for kedro-viz; nothing is fetched.

        Raises:
            BadInput: none is here, or it is damaged.
        """
        first = min(self.source.root.rglob("*.hea"), default=None)
        if first is None:
            raise BadInput(f"{self.source.root} holds no record yet")
        name = first.relative_to(self.source.root).with_suffix("").as_posix()
        try:
            header = parse_header(first.read_text(encoding="latin-1"))
        except HeaderProblem as problem:
            raise BadInput(f"{first}: {problem}") from None
        block = self._read_block([name], int(header.fs), header.length)
        if block.problems[0]:
            raise BadInput(f"{first}: {block.problems[0]}")
        return ecg_preview(block.samples[0], header.fs, name)

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
    try:
        header = _read_header(path, fs, out.shape[1])
        out[:] = _read_plain(path, header) if header.scales else _read_any(path, header)
    except (_RecordProblem, HeaderProblem) as problem:
        return str(problem)
    return ""


def _read_header(path: str, fs: int, length: int) -> Header:
    try:
        descriptor = os.open(f"{path}.hea", os.O_RDONLY)
    except OSError as error:
        raise _RecordProblem(f"missing header ({error.strerror})") from None
    try:
        raw = os.read(descriptor, _HEADER_LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(raw) > _HEADER_LIMIT:
        raise _RecordProblem(f"unreadable header: more than {_HEADER_LIMIT} bytes")
    header = parse_header(raw.decode("latin-1"))
    if header.fs != fs:
        raise _RecordProblem(f"sampling rate {header.fs:g} Hz instead of {fs} Hz")
    if header.length != length:
        raise _RecordProblem(f"{header.length} samples instead of {length}")
    return header


def _read_plain(path: str, header: Header) -> np.ndarray:
    """Return int16 ``(lead, sample)`` of a record in PTB-XL's own form, checked against its header."""
    raw = _read_exactly(os.path.join(os.path.dirname(path), header.signal_files[0]), 2 * len(LEADS) * header.length)
    stored = np.frombuffer(raw, "<i2").reshape(header.length, len(LEADS)).T.copy()
    _check_sums(stored.view(np.uint16).sum(axis=1, dtype=np.uint16), header)
    for lead, (found, expected) in enumerate(zip(stored[:, 0].tolist(), header.first, strict=True)):
        if found != expected:
            raise _RecordProblem(f"wrong initial value ({_name_at(header, lead)}: {found} instead of {expected})")
    if set(header.scales) == {1.0}:
        return stored if header.lead_order == _IN_ORDER else stored[list(header.lead_order)]
    volts = np.where(stored == _MISSING_SAMPLE, np.nan, stored * np.array(header.scales)[:, None])
    return _rounded(volts[list(header.lead_order)])


def _read_exactly(path: str, size: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise _RecordProblem(f"missing signal file {os.path.basename(path)} ({error.strerror})") from None
    try:
        found = os.fstat(descriptor).st_size
        raw = os.read(descriptor, size) if found == size else b""
    finally:
        os.close(descriptor)
    if found < size:
        raise _RecordProblem(f"truncated signal file: {found} of {size} bytes")
    if found > size:
        raise _RecordProblem(f"signal file of {found} bytes, the header says {size}")
    return raw


def _check_sums(found: np.ndarray, header: Header) -> None:
    wrong = [
        _name_at(header, lead)
        for lead, (sum_, expected) in enumerate(zip(found.tolist(), header.checksums, strict=True))
        if sum_ != expected % 65536  # wfdb writes some checksums as signed numbers
    ]
    if wrong:
        raise _RecordProblem(f"wrong checksum ({', '.join(wrong)})")


def _name_at(header: Header, position: int) -> str:
    return LEADS[header.lead_order.index(position)]


def _rounded(microvolts: np.ndarray) -> np.ndarray:
    """Round µV to int16; NaN becomes the mark of a missing sample."""
    if np.nanmax(np.abs(microvolts), initial=0.0) > 32767:
        raise _RecordProblem("amplitude beyond ±32.767 mV")
    return np.where(np.isnan(microvolts), _MISSING_SAMPLE, np.rint(microvolts)).astype(np.int16)


def _read_any(path: str, header: Header) -> np.ndarray:
    """Return int16 ``(lead, sample)`` of a record in any other form, through the wfdb package."""
    import wfdb

    folder = Path(path).parent
    for file in dict.fromkeys(header.signal_files):
        if not (folder / file).is_file():
            raise _RecordProblem(f"missing signal file {file}")
    try:
        record = wfdb.rdrecord(path, physical=False)
        found, expected = record.calc_checksum(), record.checksum
        millivolts = record.dac()
        scales = [MICROVOLTS_PER_UNIT[unit] for unit in record.units]
    except Exception as error:  # whatever wfdb raises on a damaged file, the record is the problem
        raise _RecordProblem(f"unreadable record: {type(error).__name__}: {error}") from None
    wrong = [
        _name_at(header, lead)
        for lead, (sum_, value) in enumerate(zip(found, expected, strict=True))
        if value is not None and (int(sum_) - value) % 65536
    ]
    if wrong:
        raise _RecordProblem(f"wrong checksum ({', '.join(wrong)})")
    if millivolts.shape != (header.length, len(LEADS)):
        raise _RecordProblem(f"truncated signal file: {millivolts.shape[0]} of {header.length} samples")
    return _rounded((millivolts * np.array(scales)).T[list(header.lead_order)])
