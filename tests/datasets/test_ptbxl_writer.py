"""What is written is what wfdb would have written."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import wfdb

from ecg_forge.datasets.ptbxl_writer import write_ptbxl_folder
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.records import Signals


def test_records_equal_those_of_wrsamp_byte_for_byte(tiny_ptbxl: Path, tiny_signals: Signals, tmp_path: Path) -> None:
    wfdb.wrsamp(
        "00002_lr",
        fs=100,
        units=["mV"] * 12,
        sig_name=["I", "II", "III", "AVR", "AVL", "AVF", "V1", "V2", "V3", "V4", "V5", "V6"],
        d_signal=tiny_signals.samples[1].T.astype(np.int64),
        fmt=["16"] * 12,
        adc_gain=[1000.0] * 12,
        baseline=[0] * 12,
        write_dir=str(tmp_path),
    )
    for suffix in (".hea", ".dat"):
        ours = (tiny_ptbxl / "records100" / "00000" / f"00002_lr{suffix}").read_bytes()
        assert ours == (tmp_path / f"00002_lr{suffix}").read_bytes()


def test_the_tables_and_the_list_of_records_are_physionets(tiny_ptbxl: Path, tiny_metadata: pd.DataFrame) -> None:
    assert (tiny_ptbxl / "RECORDS").read_text().splitlines() == list(tiny_metadata["filename_lr"])
    assert (tiny_ptbxl / "ptbxl_database.csv").read_text().startswith("ecg_id,patient_id,")
    assert (tiny_ptbxl / "scp_statements.csv").read_text().startswith(",description")


def test_500_hz_goes_to_the_other_folder(tmp_path: Path, tiny_metadata: pd.DataFrame, tiny_signals: Signals) -> None:
    write_ptbxl_folder(tmp_path, tiny_metadata, pd.DataFrame(), replace(tiny_signals, fs=500))
    assert (tmp_path / "records500" / "00000" / "00001_hr.hea").read_text().startswith("00001_hr 12 500 1000\n")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fs": 250}, "100 or 500 Hz"),
        ({"ecg_id": np.arange(2, 7)}, "same ecg_ids"),
        ({"leads": tuple("abcdefghijkl")}, "leads"),
    ],
)
def test_signals_that_do_not_fit_are_refused(
    tmp_path: Path, tiny_metadata: pd.DataFrame, tiny_signals: Signals, change: dict, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        write_ptbxl_folder(tmp_path, tiny_metadata, pd.DataFrame(), replace(tiny_signals, **change))


def test_a_file_name_cannot_leave_the_folder(
    tmp_path: Path, tiny_metadata: pd.DataFrame, tiny_signals: Signals
) -> None:
    metadata = tiny_metadata.assign(filename_lr="../../x")
    with pytest.raises(BadInput, match="not a file name inside"):
        write_ptbxl_folder(tmp_path / "a", metadata, pd.DataFrame(), tiny_signals)
