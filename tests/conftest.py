"""Where the tests find real PTB-XL and the saved predictions of the published benchmark."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.records import to_millivolts

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def ptbxl_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PhysioNet folder of real PTB-XL: PTBXL_ROOT, or about 500 records unpacked from ``../shared``."""
    if root := os.environ.get("PTBXL_ROOT"):
        return Path(root)
    unpack = SHARED / "ptbxl" / "unpack.py"
    if not unpack.exists():
        pytest.skip("real PTB-XL is not here: set PTBXL_ROOT to PhysioNet's folder")
    folder = tmp_path_factory.mktemp("ptb-xl")
    subprocess.run([sys.executable, unpack, folder, "--limit", "500"], check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="session")
def real_millivolts(ptbxl_root: Path) -> Callable[[int], np.ndarray]:
    """Take so many of the records that are here, spread evenly: mV ``(record, 12, 1000)``."""
    names = pd.read_csv(ptbxl_root / "ptbxl_database.csv", usecols=["filename_lr"])["filename_lr"]
    here = [file for file in (ptbxl_root / f"{name}.dat" for name in names) if file.exists()]

    def take(number: int) -> np.ndarray:
        files = here[:: len(here) // number][:number]
        return to_millivolts(np.stack([np.fromfile(file, dtype="<i2").reshape(1000, 12).T for file in files]))

    return take


@pytest.fixture(scope="session")
def ptbxl_metadata() -> pd.DataFrame:
    """PhysioNet's whole table of real PTB-XL 1.0.3, indexed by ecg_id."""
    root = os.environ.get("PTBXL_ROOT")
    table = Path(root) / "ptbxl_database.csv" if root else SHARED / "ptbxl" / "ptbxl_database.csv.xz"
    if not table.exists():
        pytest.skip(f"real PTB-XL is not here: {table} does not exist; set PTBXL_ROOT to PhysioNet's folder")
    metadata = pd.read_csv(table, index_col="ecg_id")
    if len(metadata) != 21_799:
        pytest.skip(f"{table} is a part of PTB-XL 1.0.3: {len(metadata)} of 21,799 records")
    return metadata


@pytest.fixture(scope="session")
def golden_dir() -> Path:
    """The folder with saved predictions of the published benchmark."""
    folder = SHARED / "golden"
    if not folder.exists():
        pytest.skip("the benchmark's saved predictions are not here: expected in ../shared/golden")
    return folder


@pytest.fixture(scope="session")
def label_table() -> Path:
    """The table of published label counts of PTB-XL 1.0.3."""
    table = SHARED / "reference" / "label_table.csv"
    if not table.exists():
        pytest.skip("the table of label counts is not here: expected in ../shared/reference")
    return table
