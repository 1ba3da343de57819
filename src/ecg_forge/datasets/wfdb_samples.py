"""Header and samples of one WFDB record, checked; whatever is wrong with it is a `RecordProblem`."""

import os
from pathlib import Path

import numpy as np

from ecg_forge.datasets.wfdb_header import Header, HeaderProblem, parse_header
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import FULL_SCALE, INVALID_SAMPLE

_HEADER_LIMIT = 1 << 16  # bytes; PTB-XL's have about 600
_READ_WHOLE = 500_000  # samples per lead, a quarter of an hour at 500 Hz
_IN_ORDER = tuple(range(len(LEADS)))


class RecordProblem(Exception):
    """What is wrong with one record, as short text."""


def read_header(path: str) -> Header:
    """Read and parse the header of a record, given by its path without suffix.

    Raises:
        RecordProblem: it is missing, or not the header of a record with the twelve leads.
    """
    try:
        descriptor = os.open(f"{path}.hea", os.O_RDONLY)
    except OSError as error:
        raise RecordProblem(f"missing header ({error.strerror})") from None
    try:
        raw = os.read(descriptor, _HEADER_LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(raw) > _HEADER_LIMIT:
        raise RecordProblem(f"unreadable header: more than {_HEADER_LIMIT} bytes")
    try:
        return parse_header(_decoded(raw))
    except HeaderProblem as problem:
        raise RecordProblem(str(problem)) from None


def read_samples(path: str, header: Header, length: int) -> np.ndarray:
    """Read the first samples of the twelve leads.

    A record of at most 500,000 samples per lead is read as a whole, and its checksums are verified; of a longer one
    nothing is read but the samples asked for.

    Args:
        path: without suffix.
        header: of this record.
        length: samples wanted per lead, at most those there are.

    Returns:
        int16 ``(12, length)`` in µV, leads in the order of `LEADS`; `INVALID_SAMPLE` where the file marks a sample as
        missing.

    Raises:
        RecordProblem: a file is missing or damaged, or a sample lies beyond ±32.767 mV.
    """
    count = header.length if header.length <= _READ_WHOLE else length
    return (_read_plain(path, header, count) if header.scales else _read_any(path, header, count))[:, :length]


def _decoded(raw: bytes) -> str:
    """Decode UTF-8, or else Latin-1, so that the sign of a microvolt survives; wfdb leaves volts of it."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _read_plain(path: str, header: Header, count: int) -> np.ndarray:
    """Return int16 ``(lead, count)`` of a record in PTB-XL's own form, checked against its header."""
    signals = len(header.names)
    raw = _read_start(
        os.path.join(os.path.dirname(path), header.signal_files[0]), 2 * signals * count, 2 * signals * header.length
    )
    stored = np.frombuffer(raw, "<i2").reshape(count, signals).T.copy()
    if count == header.length:
        _check_sums(stored.view(np.uint16).sum(axis=1, dtype=np.uint16), header)
    for name, found, expected in zip(header.names, stored[:, 0].tolist(), header.first, strict=True):
        if found != expected:
            raise RecordProblem(f"wrong initial value ({name}: {found} instead of {expected})")
    if header.lead_order != _IN_ORDER:
        stored = stored[list(header.lead_order)]
    if set(header.scales) == {1.0}:
        return stored
    return _rounded(np.where(stored == INVALID_SAMPLE, np.nan, stored * np.array(header.scales)[:, None]))


def _read_start(path: str, wanted: int, size: int) -> bytes:
    """Read the first ``wanted`` bytes of a file that must have ``size``."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise RecordProblem(f"missing signal file {os.path.basename(path)} ({error.strerror})") from None
    try:
        found = os.fstat(descriptor).st_size
        raw = os.read(descriptor, wanted) if found == size else b""
    finally:
        os.close(descriptor)
    if found < size:
        raise RecordProblem(f"truncated signal file: {found} of {size} bytes")
    if found > size:
        raise RecordProblem(f"signal file of {found} bytes, the header says {size}")
    return raw


def _check_sums(found: np.ndarray, header: Header) -> None:
    wrong = [
        name
        for name, sum_, expected in zip(header.names, found.tolist(), header.checksums, strict=True)
        if sum_ != expected % 65536  # wfdb writes some checksums as signed numbers
    ]
    if wrong:
        raise RecordProblem(f"wrong checksum ({', '.join(wrong)})")


def _rounded(microvolts: np.ndarray) -> np.ndarray:
    """Round µV to int16; NaN becomes the mark of a missing sample."""
    if np.nanmax(np.abs(microvolts), initial=0.0) > FULL_SCALE:
        raise RecordProblem("amplitude beyond ±32.767 mV")
    return np.where(np.isnan(microvolts), INVALID_SAMPLE, np.rint(microvolts)).astype(np.int16)


def _read_any(path: str, header: Header, count: int) -> np.ndarray:
    """Return int16 ``(lead, count)`` of a record in any other form, through the wfdb package."""
    import wfdb

    folder = Path(path).parent
    for file in dict.fromkeys(header.signal_files):
        if not (folder / file).is_file():
            raise RecordProblem(f"missing signal file {file}")
    try:
        record = wfdb.rdrecord(path, sampto=count, physical=False)
        found, expected = record.calc_checksum(), record.checksum
        physical = record.dac()
    except Exception as error:  # whatever wfdb raises on a damaged file, the record is the problem
        raise RecordProblem(f"unreadable record: {type(error).__name__}: {error}") from None
    wrong = [
        name
        for name, sum_, value in zip(header.names, found, expected, strict=True)
        if count == header.length and value is not None and (int(sum_) - value) % 65536
    ]
    if wrong:
        raise RecordProblem(f"wrong checksum ({', '.join(wrong)})")
    if physical.shape != (count, len(header.names)):
        raise RecordProblem(f"truncated signal file: {physical.shape[0]} of {count} samples")
    return _rounded((physical[:, list(header.lead_order)] * np.array(header.units)).T)
