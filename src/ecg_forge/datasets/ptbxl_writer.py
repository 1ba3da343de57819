"""Writing PTB-XL in PhysioNet's own layout, so that simulated and real recordings are read by the same code."""

from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from ecg_forge.datasets.ptbxl_source import check_names
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals

_SHOW_PROGRESS_FROM = 500  # records
FILENAME_COLUMN = {100: "filename_lr", 500: "filename_hr"}
"""The column of the metadata that names the files of a sampling rate."""


def write_ptbxl_folder(folder: Path, metadata: pd.DataFrame, statements: pd.DataFrame, signals: Signals) -> None:
    """Write tables, the list of records, and one WFDB record per row (format 16, 1000 units per mV) into ``folder``.

    Args:
        folder: an empty or new folder; the caller sees to it that nobody reads it before this returns.
        metadata: the columns of ``ptbxl_database.csv``, indexed by ecg_id.
        statements: the columns of ``scp_statements.csv``, indexed by statement.
        signals: one recording per row of ``metadata``, in its order, in the order of ``LEADS``, at 100 or 500 Hz.

    Raises:
        BadInput: the rate is neither, or ecg_ids or leads do not match.
    """
    if signals.fs not in FILENAME_COLUMN:
        raise BadInput(f"PTB-XL comes at 100 or 500 Hz, not {signals.fs} Hz")
    if list(metadata.index) != list(signals.ecg_id) or tuple(signals.leads) != LEADS:
        raise BadInput("metadata and signals must hold the same ecg_ids in the same order, with the twelve leads")
    filenames = list(metadata[FILENAME_COLUMN[signals.fs]])
    check_names(filenames)
    folder.mkdir(parents=True, exist_ok=True)
    metadata.to_csv(folder / "ptbxl_database.csv", index_label="ecg_id")
    statements.to_csv(folder / "scp_statements.csv", index_label="")
    _write_records(folder, filenames, signals)
    (folder / "RECORDS").write_text("".join(f"{name}\n" for name in filenames), encoding="utf-8")


def _write_records(folder: Path, filenames: list[str], signals: Signals) -> None:
    for parent in {(folder / name).parent for name in filenames}:
        parent.mkdir(parents=True, exist_ok=True)
    shown = tqdm(filenames, "writing records", unit="record", disable=len(filenames) < _SHOW_PROGRESS_FROM or None)
    for name, signal in zip(shown, signals.samples, strict=True):
        write_record(folder / name, signal, signals.fs)


def write_record(path: Path, signal: np.ndarray, fs: int) -> None:
    """Write one WFDB record, format 16, 1000 units per mV.

    Args:
        path: of its two files, without suffix.
        signal: int16 ``(12, sample)`` in microvolt, in the order of ``LEADS``; ``INVALID_SAMPLE`` where it is unknown.
        fs: sampling rate in Hz.
    """
    path.with_name(f"{path.name}.dat").write_bytes(np.ascontiguousarray(signal.T, dtype="<i2").tobytes())
    path.with_name(f"{path.name}.hea").write_text(_header(path.name, fs, signal), encoding="ascii")


def _header(name: str, fs: int, signal: np.ndarray) -> str:
    """Return the header that ``wfdb.wrsamp`` writes for this record (a test holds the two together, byte for byte).

    Written here because wrsamp spends 10 ms and more per record on looking up field specifications. Source: WFDB
    header(5), https://physionet.org/physiotools/wag/header-5.htm.
    """
    first = signal[:, 0].tolist()
    checksums = (signal.sum(axis=1, dtype=np.int64) % 65536).tolist()
    lines = [f"{name} {len(LEADS)} {fs} {signal.shape[1]}"]
    for lead, start, checksum in zip(LEADS, first, checksums, strict=True):
        lines.append(f"{name}.dat 16 1000.0(0)/mV 16 0 {start} {checksum} 0 {lead.upper()}")  # PhysioNet writes AVR
    return "\n".join(lines) + "\n"
