"""CPU time per record of our reader beside ``wfdb.rdsamp``, on the same random records, and whether the values agree.

python benchmarks/read_records.py PTBXL_FOLDER
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import wfdb

from ecg_forge.datasets.ptbxl_source import LocalFolder
from ecg_forge.datasets.record_reader import RecordReader
from ecg_forge.ecg.leads import LEADS, lead_positions

FS, LENGTH = 100, 1000


def read_with_wfdb(folder: Path, names: list[str]) -> np.ndarray:
    """Return int16 ``(record, lead, sample)`` in µV as ``wfdb.rdsamp`` reads it."""
    samples = np.empty((len(names), len(LEADS), LENGTH), np.int16)
    for row, name in enumerate(names):
        signal, fields = wfdb.rdsamp(str(folder / name))
        samples[row] = np.rint(1000 * signal.T[lead_positions(LEADS, fields["sig_name"])])
    return samples


def read_with_ours(folder: Path, names: list[str]) -> np.ndarray:
    """Return the same through ``RecordReader``, in blocks as the pipeline reads."""
    blocks = list(RecordReader(LocalFolder(folder)).read(names, fs=FS, length=LENGTH))
    if problems := [problem for block in blocks for problem in block.problems if problem]:
        sys.exit(f"{len(problems)} records are damaged, the first: {problems[0]}")
    return np.concatenate([block.samples for block in blocks])


def measured(read: Callable[[Path, list[str]], np.ndarray], folder: Path, names: list[str]) -> tuple[np.ndarray, float]:
    """Return what ``read`` returns, and its CPU time in ms per record; files are in the cache by a first run."""
    read(folder, names)
    start = time.process_time()
    samples = read(folder, names)
    return samples, (time.process_time() - start) / len(names) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="PTB-XL in PhysioNet's layout")
    parser.add_argument("--records", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    names = [name for name in (args.folder / "RECORDS").read_text().split() if name.endswith("_lr")]
    chosen = np.random.default_rng(args.seed).choice(names, min(args.records, len(names)), replace=False).tolist()
    theirs, slow = measured(read_with_wfdb, args.folder, chosen)
    ours, fast = measured(read_with_ours, args.folder, chosen)
    print(f"{len(chosen)} records at {FS} Hz from {args.folder}")
    print(f"wfdb.rdsamp   {slow:8.3f} ms CPU per record")
    print(f"RecordReader  {fast:8.3f} ms CPU per record, header checksums verified")
    print(f"ratio         {slow / fast:8.1f}")
    print(f"equal values  {np.array_equal(ours, theirs)}")
    if not np.array_equal(ours, theirs):
        sys.exit("the two readers disagree")


if __name__ == "__main__":
    main()
