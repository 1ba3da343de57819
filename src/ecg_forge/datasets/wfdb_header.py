"""A small strict parser for the headers of twelve-lead records; leads and units are told by name.

Source: WFDB header(5), https://physionet.org/physiotools/wag/header-5.htm. Storage other than PTB-XL's own is not
guessed at: the samples are left to the wfdb package (see ``Header.scales``).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS, is_lead, lead_positions

MICROVOLTS_PER_UNIT = {"v": 1e6, "mv": 1e3, "uv": 1.0, "µv": 1.0, "μv": 1.0, "nv": 1e-3}  # micro sign, and Greek mu
_GAIN = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\(0\)")
_DEFAULT_UNIT = "mV"  # header(5): where a signal line names none
_FORMAT = re.compile(r"[0-9]+(?:\+[0-9]+)?")
_SIGNAL_FIELDS = 9  # file, format, gain, resolution, zero, initial value, checksum, block size, description
_MOST_SIGNALS = 64


class HeaderProblem(Exception):
    """What is wrong with one header, as short text."""


@dataclass(frozen=True)
class Header:
    """What a header says about a record.

    Attributes:
        fs: sampling rate in Hz.
        length: samples per lead.
        signal_files: the file of each signal, in file order.
        names: what each signal is called, in file order.
        lead_order: position of each of ``LEADS`` among the signals.
        units: µV per physical unit of each of ``LEADS``, in their order.
        scales: µV per stored unit of each of ``LEADS``; empty unless the record has PTB-XL's own form: all signals
            interleaved in one file, format 16, 0 V stored as 0.
        first: initial value of each signal, in the same case.
        checksums: sum of each signal's stored values modulo 65,536, in the same case.
    """

    fs: float
    length: int
    signal_files: tuple[str, ...]
    names: tuple[str, ...]
    lead_order: tuple[int, ...]
    units: tuple[float, ...]
    scales: tuple[float, ...] = ()
    first: tuple[int, ...] = ()
    checksums: tuple[int, ...] = ()


def parse_header(text: str) -> Header:
    """Parse the text of a ``.hea`` file.

    Raises:
        HeaderProblem: it is no header, or not one of a single-segment record with the twelve leads.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    if not lines:
        raise HeaderProblem("empty header")
    count, fs, length = _record_line(lines[0].split())
    signals = [line.split(maxsplit=_SIGNAL_FIELDS - 1) for line in lines[1:]]
    if len(signals) != count:
        raise HeaderProblem(f"unreadable header: {len(signals)} signal lines instead of {count}")
    if any(len(fields) < _SIGNAL_FIELDS for fields in signals):
        raise HeaderProblem("unreadable header: a signal line lacks fields (a lead without a name?)")
    files, formats, gains, _, _, first, checksums, _, names = zip(*signals, strict=True)
    _check_storage(files, formats)
    lead_order = _lead_order(names)
    units, scales = _scaling(gains, names)
    if set(formats) != {"16"} or len(set(files)) != 1 or 0.0 in scales:
        return Header(fs, length, files, names, lead_order, units)
    try:
        sums = tuple(map(int, first)), tuple(map(int, checksums))
        return Header(fs, length, files, names, lead_order, units, scales, *sums)
    except ValueError as error:
        raise HeaderProblem(f"unreadable header: {error}") from None


def _record_line(fields: list[str]) -> tuple[int, float, int]:
    """Return number of signals, sampling rate and samples per signal."""
    try:
        name, signals, fs, length = fields[:4]
        count, rate, samples = int(signals), float(fs.split("/")[0]), int(length)
    except ValueError:
        raise HeaderProblem(f"unreadable header: {' '.join(fields)[:60]!r} is no record line") from None
    if "/" in name:
        raise HeaderProblem("record of several segments")
    if not len(LEADS) <= count <= _MOST_SIGNALS:
        raise HeaderProblem(f"{count} leads instead of {len(LEADS)}")
    return count, rate, samples


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
    """Find the twelve leads among the signals; others, such as Frank's, may stand beside them."""
    known = [position for position, name in enumerate(names) if is_lead(name)]
    try:
        found = lead_positions(LEADS, [names[position] for position in known])
    except BadInput as error:
        others = [name for name in names if not is_lead(name)]
        raise HeaderProblem(f"{error}{', and no leads: ' if others else ''}{', '.join(others)}") from error
    return tuple(known[position] for position in found)


@lru_cache(maxsize=64)
def _scaling(gains: tuple[str, ...], names: tuple[str, ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return µV per physical unit, and per stored unit, of each of ``LEADS``."""
    units, scales = zip(*(_read_gain(gains[place], names[place]) for place in _lead_order(names)), strict=True)
    return units, scales


def _read_gain(field: str, name: str) -> tuple[float, float]:
    """Return µV per physical unit, and µV per stored unit of a gain like ``1000.0(0)/mV``.

    The latter is 0 for any other form, a baseline beside 0 among them.
    """
    gain, _, unit = field.partition("/")
    if (unit or _DEFAULT_UNIT).lower() not in MICROVOLTS_PER_UNIT:
        raise HeaderProblem(f"unknown unit {unit!r} of lead {name}; known are V, mV, uV, µV and nV")
    microvolts = MICROVOLTS_PER_UNIT[(unit or _DEFAULT_UNIT).lower()]
    match = _GAIN.fullmatch(gain)
    return microvolts, microvolts / float(match[1]) if match and float(match[1]) else 0.0
