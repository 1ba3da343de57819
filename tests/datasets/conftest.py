"""A tiny PTB-XL with known signals, as a folder in PhysioNet's layout."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecg_forge.datasets.ptbxl_writer import write_ptbxl_folder
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.statements import CODES

RECORDS = 5


@pytest.fixture(scope="session")
def tiny_signals() -> Signals:
    """Five recordings of 1,000 samples at 100 Hz, no two values alike by design: a mix-up of leads or rows shows."""
    generator = np.random.default_rng(0)
    samples = generator.integers(-3000, 3000, (RECORDS, len(LEADS), 1000)).astype(np.int16)
    return Signals(samples, np.arange(1, RECORDS + 1), LEADS, 100)


@pytest.fixture(scope="session")
def tiny_metadata() -> pd.DataFrame:
    """Metadata of the five recordings: four patients, the first two records of one patient."""
    ids = pd.RangeIndex(1, RECORDS + 1, name="ecg_id")
    return pd.DataFrame(
        {
            "patient_id": [10.0, 10.0, 11.0, 12.0, 13.0],
            "age": [56.0, 57.0, 300.0, 40.0, 30.0],
            "sex": [0, 0, 1, 1, 0],
            "height": np.nan,
            "weight": 70.0,
            "site": 0.0,
            "device": "CS-12",
            "recording_date": "1984-11-09 09:17:34",
            "scp_codes": "{'NORM': 100.0, 'SR': 0.0}",
            "validated_by_human": True,
            "strat_fold": [1, 1, 2, 9, 10],
            "filename_lr": [f"records100/00000/{i:05d}_lr" for i in ids],
            "filename_hr": [f"records500/00000/{i:05d}_hr" for i in ids],
        },
        index=ids,
    )


@pytest.fixture
def tiny_ptbxl(tmp_path: Path, tiny_metadata: pd.DataFrame, tiny_signals: Signals) -> Path:
    """A fresh folder of the tiny PTB-XL, free to be damaged."""
    folder = tmp_path / "ptb-xl"
    write_ptbxl_folder(folder, tiny_metadata, pd.DataFrame({"description": CODES}, index=list(CODES)), tiny_signals)
    return folder
