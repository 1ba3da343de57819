"""Records of any rate, lead order and unit become what PTB-XL's are; what cannot is told."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import wfdb
from kedro.io import DatasetError

from ecg_forge.datasets import wfdb_samples
from ecg_forge.datasets.own_records import OwnRecord, OwnRecordReader, OwnRecords, read_own_record
from ecg_forge.datasets.own_table import KnownStatements, OwnTable
from ecg_forge.datasets.validators import check_metadata, check_statements
from ecg_forge.datasets.wfdb_samples import RecordProblem
from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.leads import LEADS, limb_lead_residual
from tests.made_up_records import waves, write_own_record

EXPECTED = np.rint(waves(100, 10) * 1000)
INNER = slice(50, -50)  # at its ends a filter lacks neighbours


def read(folder: Path, name: str = "ecg", fs: int = 100) -> OwnRecord:
    return read_own_record(str(folder / name), fs=fs, length=10 * fs)


def problem(folder: Path, name: str = "ecg") -> str:
    with pytest.raises(RecordProblem) as caught:
        read(folder, name)
    return str(caught.value)


def edit(path: Path, old: str, new: str, encoding: str = "utf-8") -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new), encoding=encoding)


@pytest.mark.parametrize("unit", ["mV", "uV"])
@pytest.mark.parametrize("fs", [250, 500, 257, 1000])
def test_other_rates_orders_and_units_give_the_same_signal(tmp_path: Path, fs: int, unit: str) -> None:
    write_own_record(tmp_path, "ecg", waves(fs, 10), fs, unit, seed=fs)
    record = read(tmp_path)
    assert record.samples.shape == (12, 1000)
    np.testing.assert_allclose(record.samples[:, INNER], EXPECTED[:, INNER], atol=1)
    assert limb_lead_residual(record.samples.astype(float)).max() <= 2
    assert (record.fs, record.seconds) == (fs, pytest.approx(10))


def test_a_record_of_the_rate_wanted_is_not_resampled(tmp_path: Path) -> None:
    write_own_record(tmp_path, "ecg", waves(100, 10), 100)
    np.testing.assert_array_equal(read(tmp_path).samples, EXPECTED)


def test_a_longer_record_gives_its_beginning_to_the_last_sample(tmp_path: Path) -> None:
    write_own_record(tmp_path, "ecg", waves(500, 30), 500)
    np.testing.assert_allclose(read(tmp_path).samples[:, 50:], EXPECTED[:, 50:], atol=1)


def test_a_shorter_record_is_continued_by_its_last_value(tmp_path: Path) -> None:
    write_own_record(tmp_path, "ecg", waves(500, 7), 500)
    samples = read(tmp_path).samples
    np.testing.assert_allclose(samples[:, 50:650], EXPECTED[:, 50:650], atol=1)
    assert (samples[:, 700:] == samples[:, [699]]).all()
    assert limb_lead_residual(samples.astype(float)).max() <= 2


def test_a_record_of_less_than_half_the_duration_is_told(tmp_path: Path) -> None:
    write_own_record(tmp_path, "ecg", waves(500, 4), 500)
    assert problem(tmp_path) == "4 s are too short; at least 5 s are needed"


def test_of_a_very_long_record_only_the_beginning_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_own_record(tmp_path, "ecg", waves(250, 20), 250)
    data = np.fromfile(tmp_path / "ecg.dat", "<i2")
    data[-1] += 1
    data.tofile(tmp_path / "ecg.dat")
    assert problem(tmp_path).startswith("wrong checksum")
    monkeypatch.setattr(wfdb_samples, "_READ_WHOLE", 4000)
    np.testing.assert_allclose(read(tmp_path).samples[:, 50:], EXPECTED[:, 50:], atol=1)


@pytest.mark.parametrize("fs", [49, 6000])
def test_a_rate_that_holds_no_ecg_is_told(tmp_path: Path, fs: int) -> None:
    write_own_record(tmp_path, "ecg", waves(fs, 10), fs)
    assert problem(tmp_path) == f"sampling rate {fs} Hz is no whole number from 50 to 5000"


def test_a_missing_sample_is_told_with_its_lead(tmp_path: Path) -> None:
    signal = waves(500, 10)
    signal[LEADS.index("V3"), 100] = np.nan
    write_own_record(tmp_path, "ecg", signal, 500)
    assert problem(tmp_path) == "missing samples (V3)"


@pytest.mark.parametrize(("unit", "encoding"), [("µV", "utf-8"), ("μV", "utf-8"), ("µV", "latin-1"), ("UV", "utf-8")])
def test_a_microvolt_is_one_however_it_is_written(tmp_path: Path, unit: str, encoding: str) -> None:
    write_own_record(tmp_path, "ecg", waves(100, 10), 100, "uV")
    edit(tmp_path / "ecg.hea", "/uV", f"/{unit}", encoding)
    np.testing.assert_array_equal(read(tmp_path).samples, EXPECTED)
    edit(tmp_path / "ecg.hea", "(0)", "(1)") if encoding == "utf-8" else None  # wfdb, which drops the µ, reads this one
    np.testing.assert_allclose(read(tmp_path).samples, EXPECTED, atol=1)


@pytest.mark.parametrize("spelling", ["lead {}", "Lead_{}", "ECG {}", "ECG-{}"])
def test_leads_are_known_by_other_spellings(tmp_path: Path, spelling: str) -> None:
    write_own_record(tmp_path, "ecg", waves(100, 10), 100)
    header = (tmp_path / "ecg.hea").read_text().splitlines()
    renamed = [" ".join([*line.split()[:8], spelling.format(line.split()[8].lower())]) for line in header[1:]]
    (tmp_path / "ecg.hea").write_text("\n".join([header[0], *renamed]))
    np.testing.assert_array_equal(read(tmp_path).samples, EXPECTED)


def test_a_lead_upside_down_is_not_taken_for_the_lead(tmp_path: Path) -> None:
    write_own_record(tmp_path, "ecg", waves(100, 10), 100)
    edit(tmp_path / "ecg.hea", "AVR", "-aVR")
    assert problem(tmp_path).startswith("missing lead aVR; ")
    assert problem(tmp_path).endswith("and no leads: -aVR")


@pytest.mark.parametrize("form", ["16", "32"])
def test_leads_beside_the_twelve_do_no_harm(tmp_path: Path, form: str) -> None:
    signal = np.concatenate([np.full((1, 1000), 0.7), waves(100, 10), np.full((2, 1000), -0.7)])
    wfdb.wrsamp(
        "ecg", fs=100, units=["mV"] * 15, sig_name=["vx", *LEADS, "vy", "vz"], p_signal=signal.T, fmt=[form] * 15,
        adc_gain=[1000.0] * 15, baseline=[0] * 15, write_dir=str(tmp_path),
    )  # fmt: skip
    np.testing.assert_array_equal(read(tmp_path).samples, EXPECTED)


def test_a_folder_is_read_in_order_and_its_problems_are_told(tmp_path: Path) -> None:
    write_own_record(tmp_path / "a", "one", waves(250, 10), 250, seed=1)
    write_own_record(tmp_path / "b", "two", waves(500, 12), 500, "uV", seed=2)
    reader = OwnRecords(path=str(tmp_path)).load()
    assert isinstance(reader, OwnRecordReader)
    (block,) = reader.read(["b/two", "gone", "a/one"], fs=100, length=1000)
    assert block.problems == ["", "missing header (No such file or directory)", ""]
    for samples in block.samples[[0, 2]]:
        np.testing.assert_allclose(samples[:, INNER], EXPECTED[:, INNER], atol=1)
    assert not block.samples[1].any()
    with pytest.raises(BadInput, match=r"'\.\./secret' is not a file name inside"):
        list(reader.read(["../secret"], fs=100, length=1000))


def test_the_table_is_loaded_as_ptbxls(tmp_path: Path) -> None:
    """With the mark of a spreadsheet at its beginning, a column of its own, and a row that ends early."""
    text = "\ufeffrecord,patient,statements,ward\na/one,P1,NORM;SR,7\na/two,NA\n"
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    metadata = OwnTable(filepath=str(tmp_path / "labels.csv")).load()
    check_metadata(metadata)
    assert metadata["filename_lr"].tolist() == ["a/one", "a/two"]
    assert metadata["patient_id"].is_unique
    assert metadata["scp_codes"].tolist() == ["{'NORM': 100.0, 'SR': 0.0}", "{}"]
    check_statements(KnownStatements().load())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "labels.csv is no table of records"),
        (b"record,patient\na,\xff\n", "labels.csv is no table of records"),
        (b"record;patient;statements\na;1;SR\n", r"labels.csv: missing column record, .*found record;patient"),
        (b"record,patient,statements\na,1,AFIB,LVH\n", "labels.csv: rows have more cells than there are columns"),
        (b"record,patient,statements\na,1,AFIB,LVH\nb,2,SR\nc,3,SR,LVH,PVC\n", "labels.csv is no table of records"),
        (b"record,patient,statements\na,1,AFIBB\n", "labels.csv: record a: unknown statement 'AFIBB'; did you mean"),
    ],
)
def test_a_table_that_is_none_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        OwnTable(filepath=str(tmp_path / "labels.csv")).load()


def test_a_leak_in_the_table_is_called_one(tmp_path: Path) -> None:
    table = pd.DataFrame({"record": ["a", "b"], "patient": "P", "statements": "SR", "split": ["train", "test"]})
    table.to_csv(tmp_path / "labels.csv", index=False)
    with pytest.raises(DatasetError, match="patient P stands in another fold or split") as caught:
        OwnTable(filepath=str(tmp_path / "labels.csv")).load()
    assert isinstance(caught.value.__cause__, LeakError)
