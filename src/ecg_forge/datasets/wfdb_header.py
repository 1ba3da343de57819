"""A small strict parser for the headers PTB-XL is made of.

Source: WFDB header(5), https://physionet.org/physiotools/wag/header-5.htm. Anything beyond what is read here is not
guessed at: the record is left to the wfdb package (see ``parse_header``).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS, lead_positions

MICROVOLTS_PER_UNIT = {"V": 1e6, "mV": 1e3, "uV": 1.0}
_GAIN = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\(0\)/(\w+)")
_FORMAT = re.compile(r"[0-9]+(?:\+[0-9]+)?")
_SIGNAL_FIELDS = 9  # file, format, gain, resolution, zero, initial value, checksum, block size, description


class HeaderProblem(Exception):
    """What is wrong with one header, as short text."""


@dataclass(frozen=True)
class Header:
    """What a header says about a record.

    Attributes:
        fs: sampling rate in Hz.
        length: samples per lead.
        signal_files: the file of each signal, in file order.
        lead_order: position of each of ``LEADS`` among the signals.
        scales: µV per unit of each signal; empty unless the record has PTB-XL's own form: all signals interleaved in
            one file, format 16, 0 V stored as 0.
        first: initial value of each signal, in the same case.
        checksums: sum of each signal's stored values modulo 65,536, in the same case.
    """

    fs: float
    length: int
    signal_files: tuple[str, ...]
    lead_order: tuple[int, ...]
    scales: tuple[float, ...] = ()
    first: tuple[int, ...] = ()
    checksums: tuple[int, ...] = ()


def parse_header(text: str) -> Header:
    """Parse the text of a ``.hea`` file.

    Raises:
        HeaderProblem: it is no header, or not one of a single-segment twelve-lead record.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    if not lines:
        raise HeaderProblem("empty header")
    fs, length = _record_line(lines[0].split())
    signals = [line.split(maxsplit=_SIGNAL_FIELDS - 1) for line in lines[1:]]
    if len(signals) != len(LEADS):
        raise HeaderProblem(f"unreadable header: {len(signals)} signal lines instead of {len(LEADS)}")
    if any(len(fields) < _SIGNAL_FIELDS for fields in signals):
        raise HeaderProblem("unreadable header: a signal line lacks fields (a lead without a name?)")
    files, formats, gains, _, _, first, checksums, _, names = zip(*signals, strict=True)
    _check_storage(files, formats)
    lead_order = _lead_order(names)
    scales = tuple(map(_microvolts_per_unit, gains))
    if set(formats) != {"16"} or len(set(files)) != 1 or 0.0 in scales:
        return Header(fs, length, files, lead_order)
    try:
        return Header(fs, length, files, lead_order, scales, tuple(map(int, first)), tuple(map(int, checksums)))
    except ValueError as error:
        raise HeaderProblem(f"unreadable header: {error}") from None


def _record_line(fields: list[str]) -> tuple[float, int]:
    try:
        name, signals, fs, length = fields[:4]
        count, rate, samples = int(signals), float(fs.split("/")[0]), int(length)
    except ValueError:
        raise HeaderProblem(f"unreadable header: {' '.join(fields)[:60]!r} is no record line") from None
    if "/" in name:
        raise HeaderProblem("record of several segments")
    if count != len(LEADS):
        raise HeaderProblem(f"{count} leads instead of {len(LEADS)}")
    return rate, samples


def _check_storage(files: tuple[str, ...], formats: tuple[str, ...]) -> None:
    """Accept plain file names only, and formats without frames or skew, whose claims would have to be bounded."""
    for file in set(files):
        if "/" in file or "\\" in file or file in ("~", "-", ".", ".."):
            raise HeaderProblem(f"unreadable header: {file!r} is not a signal file beside it")
    for form in set(formats):
        if not _FORMAT.fullmatch(form):
            raise HeaderProblem(f"storage format {form!r} is not supported")


@lru_cache(maxsize=64)
def _lead_order(names: tuple[str, ...]) -> tuple[int, ...]:
    try:
        return tuple(lead_positions(LEADS, names))
    except BadInput as error:
        raise HeaderProblem(str(error)) from error


@lru_cache(maxsize=64)
def _microvolts_per_unit(gain: str) -> float:
    """Return the scale of a gain like ``1000.0(0)/mV``, or 0 for any other form, a baseline beside 0 among them."""
    match = _GAIN.fullmatch(gain)
    if match is None or match[2] not in MICROVOLTS_PER_UNIT or float(match[1]) == 0:
        return 0.0
    return MICROVOLTS_PER_UNIT[match[2]] / float(match[1])
