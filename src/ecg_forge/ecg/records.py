"""Signals in memory: which recording stands in which row, in which unit, at which rate."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS

MICROVOLTS_PER_MILLIVOLT = 1000.0
FULL_SCALE = 32767
INVALID_SAMPLE = -32768
"""How WFDB format 16 marks a sample that has no value."""


@dataclass(frozen=True)
class SignalStream:
    """Signals on their way to disk: blocks of rows, so that memory is bounded by one block.

    Attributes:
        ecg_id: int64 ``(record,)``, one per row of all blocks together, unique.
        leads: lead names, in the order of the lead axis.
        fs: sampling rate in Hz.
        length: samples per lead.
        blocks: called with the number of rows that are on disk already, gives all others in order, as int16 arrays
            ``(rows, lead, sample)`` in microvolt, so that the rows add up to ``len(ecg_id)``.
        fingerprint: digest of all that the samples depend on, for a stream so slow that it should be continued after a
            kill; None for one that is as quickly made anew.
    """

    ecg_id: np.ndarray
    leads: tuple[str, ...]
    fs: int
    length: int
    blocks: Callable[[int], Iterable[np.ndarray]]
    fingerprint: str | None = None


@dataclass(frozen=True)
class Signals:
    """Recordings of one sampling rate and length, usually a read-only memory map.

    Attributes:
        samples: int16 ``(record, lead, sample)`` in microvolt.
        ecg_id: int64 ``(record,)``, unique.
        leads: lead names, in the order of the lead axis.
        fs: sampling rate in Hz.
    """

    samples: np.ndarray
    ecg_id: np.ndarray
    leads: tuple[str, ...] = LEADS
    fs: int = 100

    def __post_init__(self) -> None:
        if self.samples.ndim != 3 or self.samples.dtype != np.int16:
            raise BadInput(
                f"signals must be int16 (record, lead, sample), got {self.samples.dtype} {self.samples.shape}"
            )
        if self.samples.shape[:2] != (len(self.ecg_id), len(self.leads)):
            raise BadInput(
                f"signals {self.samples.shape} do not fit {len(self.ecg_id)} ecg_ids and {len(self.leads)} leads"
            )
        if len(np.unique(self.ecg_id)) != len(self.ecg_id):
            raise BadInput("signals hold the same ecg_id twice")

    def __len__(self) -> int:
        return len(self.ecg_id)

    @property
    def length(self) -> int:
        """Samples per lead."""
        return int(self.samples.shape[2])

    def rows(self, ecg_ids: ArrayLike) -> np.ndarray:
        """Return the row of each ecg_id; raise BadInput naming the first one that is not here."""
        wanted = np.asarray(ecg_ids, dtype=np.int64)
        order = np.argsort(self.ecg_id, kind="stable")
        if len(order) == 0:
            positions = np.zeros(len(wanted), dtype=np.int64)
            absent = np.ones(len(wanted), dtype=bool)
        else:
            place = np.searchsorted(self.ecg_id, wanted, sorter=order).clip(max=len(order) - 1)
            positions = order[place]
            absent = self.ecg_id[positions] != wanted
        if absent.any():
            raise BadInput(f"no signal for ecg_id {wanted[absent][0]} ({int(absent.sum())} missing in all)")
        return positions

    def millivolts(self, ecg_ids: ArrayLike) -> np.ndarray:
        """Return float32 ``(record, lead, sample)`` in mV for these ecg_ids, in their order."""
        return to_millivolts(self.samples[self.rows(ecg_ids)])

    def blocks(self, size: int = 512, first: int = 0) -> Iterator[np.ndarray]:
        """Yield the samples from row ``first`` on in blocks of at most ``size`` rows, unchanged."""
        for start in range(first, len(self), size):
            yield self.samples[start : start + size]

    def stream(self) -> SignalStream:
        """Return the same signals as a stream, ready to be written."""
        return SignalStream(self.ecg_id, self.leads, self.fs, self.length, lambda row: self.blocks(first=row))


def to_millivolts(microvolts: np.ndarray) -> np.ndarray:
    """Convert int16 microvolt to float32 millivolt."""
    return microvolts.astype(np.float32) / np.float32(MICROVOLTS_PER_MILLIVOLT)


def to_microvolts(millivolts: np.ndarray) -> np.ndarray:
    """Round millivolt to int16 microvolt; values beyond ±32.767 mV are clipped, NaN becomes `INVALID_SAMPLE`."""
    rounded = np.clip(np.rint(millivolts * MICROVOLTS_PER_MILLIVOLT), -FULL_SCALE, FULL_SCALE)
    return np.where(np.isnan(rounded), INVALID_SAMPLE, rounded).astype(np.int16)


class RecordBlock(Protocol):
    """Some recordings as they were read.

    Attributes:
        samples: int16 ``(record, 12, sample)`` in microvolt, `LEADS` order; zeros where a recording could not be read.
        problems: what was wrong with each recording, empty where nothing was.
    """

    samples: np.ndarray
    problems: list[str]


class Recordings(Protocol):
    """Recordings that are still files; ``origin`` says in words where they come from, ``dataset`` what they are."""

    @property
    def dataset(self) -> str: ...

    @property
    def origin(self) -> str: ...

    def read(self, filenames: Sequence[str], *, fs: int, length: int) -> Iterator[RecordBlock]:
        """Read recordings block by block, by their path without suffix.

        Args:
            filenames: paths below the source's folder, without suffix.
            fs: sampling rate in Hz that each must have.
            length: samples per lead that each must have.
        """
        ...
