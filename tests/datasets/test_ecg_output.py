"""What other programs read is what was made, and says that it is synthetic."""

import ast
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import wfdb

from ecg_forge.datasets.ecg_output import FORMATS, check_format, how_to_read, new_folder, write_ecgs
from ecg_forge.datasets.validators import check_metadata, check_statements
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import label_set
from ecg_forge.ecg.leads import LEADS, limb_lead_residual, twelve_leads
from ecg_forge.ecg.metadata import DataConfig, record_table
from ecg_forge.ecg.synthesis_request import SynthesisRequest
from ecg_forge.ecg.synthetic_ecgs import SyntheticECGs, plan_of

REQUEST = SynthesisRequest.of(["AFIB", "LVH", "PRC(S)"], 3, age=95, sex="female", guidance=2.0, seed=1, first=998)


def made_up(request: SynthesisRequest) -> SyntheticECGs:
    eight = np.random.default_rng(0).normal(size=(request.n, 8, 10 * request.fs)).astype(np.float32)
    return SyntheticECGs(twelve_leads(eight), plan_of(request), request)


@pytest.fixture
def ecgs() -> SyntheticECGs:
    return made_up(REQUEST)


@pytest.mark.parametrize(("fs", "column"), [(100, "filename_lr"), (500, "filename_hr")])
def test_wfdb_reads_names_units_rate_and_values(tmp_path: Path, fs: int, column: str) -> None:
    ecgs = made_up(replace(REQUEST, fs=fs))
    write_ecgs(ecgs, tmp_path, "wfdb")
    metadata = pd.read_csv(tmp_path / "ptbxl_database.csv", index_col="ecg_id")
    assert len(metadata) == 3
    for name, signal in zip(metadata[column], ecgs.signals, strict=True):
        read, fields = wfdb.rdsamp(str(tmp_path / name))
        assert fields["sig_name"] == [lead.upper() for lead in LEADS]
        assert (fields["units"], fields["fs"], fields["sig_len"]) == (["mV"] * 12, fs, 10 * fs)
        np.testing.assert_allclose(read.T, signal, atol=0.001)
        assert limb_lead_residual(read.T).max() <= 0.002 + 1e-9, "each lead is rounded to 1 µV on its own"


def test_the_wfdb_folder_is_a_ptb_xl_to_whoever_reads_ptb_xl(tmp_path: Path, ecgs: SyntheticECGs) -> None:
    write_ecgs(ecgs, tmp_path, "wfdb")
    metadata = pd.read_csv(tmp_path / "ptbxl_database.csv", index_col="ecg_id")
    statements = pd.read_csv(tmp_path / "scp_statements.csv", index_col=0)
    check_metadata(metadata)
    check_statements(statements)
    label_set(statements)
    assert [ast.literal_eval(codes) for codes in metadata["scp_codes"]] == [
        {"AFIB": 0.0, "LVH": 100.0, "PRC(S)": 0.0}
    ] * 3
    assert (tmp_path / "RECORDS").read_text().splitlines() == list(metadata["filename_lr"])
    assert metadata["filename_lr"].iloc[1:].tolist() == [
        "records100/1001000/1001000_lr",
        "records100/1001000/1001001_lr",
    ]
    records = record_table(metadata, DataConfig())
    assert records["age"].tolist() == [90.0] * 3
    assert records["age_90_plus"].all()
    assert set(records["sex"]) == {"female"}


def test_a_record_cannot_be_taken_for_a_real_one(
    tmp_path: Path, ecgs: SyntheticECGs, ptbxl_metadata: pd.DataFrame
) -> None:
    write_ecgs(ecgs, tmp_path, "wfdb")
    metadata = pd.read_csv(tmp_path / "ptbxl_database.csv", index_col="ecg_id")
    assert list(metadata.columns) == [*ptbxl_metadata.columns, "source", "seed"]
    assert metadata.index.min() > ptbxl_metadata.index.max()
    assert metadata["patient_id"].min() > ptbxl_metadata["patient_id"].max()
    assert metadata["patient_id"].is_unique
    assert set(metadata["source"]) == {"synthetic"}
    assert metadata["report"].str.startswith("synthetic ecg, requested: atrial fibrillation").all()
    assert set(metadata["strat_fold"]) == {1}, "never validation or test"
    assert metadata["seed"].tolist() == ecgs.records["seed"].tolist()


def test_an_age_or_sex_that_was_left_open_is_empty(tmp_path: Path) -> None:
    write_ecgs(made_up(SynthesisRequest.of("AFIB", 1)), tmp_path, "wfdb")
    metadata = pd.read_csv(tmp_path / "ptbxl_database.csv", index_col="ecg_id")
    assert metadata[["age", "sex"]].isna().all(axis=None)


def test_npz_holds_the_array_with_its_leads_rate_and_unit(tmp_path: Path, ecgs: SyntheticECGs) -> None:
    write_ecgs(ecgs, tmp_path, "npz")
    with np.load(tmp_path / "ecgs.npz") as read:
        np.testing.assert_array_equal(read["signals"], ecgs.signals)
        assert tuple(read["leads"]) == LEADS
        assert (int(read["fs"]), str(read["unit"])) == (100, "mV")
        assert read["ecg_id"].tolist() == ecgs.records.index.tolist()


def test_csv_holds_a_table_per_record(tmp_path: Path, ecgs: SyntheticECGs) -> None:
    write_ecgs(ecgs, tmp_path, "csv")
    for ecg_id, signal in zip(ecgs.records.index, ecgs.signals, strict=True):
        table = pd.read_csv(tmp_path / "records" / f"{ecg_id}.csv", index_col="time_s")
        assert tuple(table.columns) == LEADS
        np.testing.assert_allclose(table.index, np.arange(1000) / 100)
        np.testing.assert_allclose(table.to_numpy().T, signal, atol=0.5001e-4)


@pytest.mark.parametrize("name", ["npz", "csv"])
def test_the_table_of_records_says_what_each_is(tmp_path: Path, ecgs: SyntheticECGs, name: str) -> None:
    write_ecgs(ecgs, tmp_path, name)
    records = pd.read_csv(tmp_path / "records.csv", index_col="ecg_id")
    assert set(records["source"]) == {"synthetic"}
    assert records["statements"].tolist() == ["AFIB;LVH;PRC(S)"] * 3
    assert records["seed"].tolist() == ecgs.records["seed"].tolist()


@pytest.mark.parametrize("name", FORMATS)
def test_the_readme_tells_origin_licence_and_how_to_make_it_again(
    tmp_path: Path, ecgs: SyntheticECGs, name: str
) -> None:
    write_ecgs(ecgs, tmp_path, name)
    readme = (tmp_path / "README.txt").read_text(encoding="utf-8")
    assert "recorded from nobody" in readme
    assert "CC BY 4.0" in readme
    assert "10.13026/kfzx-aw45" in readme
    call = next(line for line in readme.splitlines() if line.startswith("ecg_forge.generate("))
    assert _request_of(call) == REQUEST


def _request_of(call: str) -> SynthesisRequest:
    tree = ast.parse(call, mode="eval").body
    assert isinstance(tree, ast.Call)
    settings = {keyword.arg: ast.literal_eval(keyword.value) for keyword in tree.keywords}
    return SynthesisRequest.of(ast.literal_eval(tree.args[0]), **settings)


@pytest.mark.parametrize("name", FORMATS)
def test_the_lines_that_read_the_records_do_read_them(tmp_path: Path, ecgs: SyntheticECGs, name: str) -> None:
    write_ecgs(ecgs, tmp_path, name)
    found: dict = {"wfdb": wfdb, "numpy": np, "pandas": pd}
    exec(how_to_read(ecgs, tmp_path, name), found)
    signal = found["signals"][0] if name == "npz" else np.asarray(found["signal"]).T
    np.testing.assert_allclose(signal, ecgs.signals[0], atol=0.001)
    assert found["records"].index.tolist() == ecgs.records.index.tolist()


@pytest.mark.parametrize(
    ("name", "fs", "message"), [("edf", 100, "unknown format 'edf'"), ("wfdb", 250, "100 and 500 Hz; npz and csv take")]
)
def test_a_format_that_cannot_hold_the_records_is_refused(name: str, fs: int, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        check_format(name, fs)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for path, message in [(tmp_path, "is not empty"), (tmp_path / "mine.txt", "is a file")]:
        with pytest.raises(BadInput, match=message), new_folder(path):
            pass
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_the_current_folder_is_not_replaced_under_its_users_feet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="is the current folder"), new_folder(Path(".")):
        pass


def test_a_failure_leaves_nothing_and_a_success_only_the_folder(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), new_folder(tmp_path / "out") as folder:
        (folder / "half").write_text("written")
        raise RuntimeError
    assert os.listdir(tmp_path) == []
    (tmp_path / "out").mkdir()
    with new_folder(tmp_path / "out") as folder:
        (folder / "whole").write_text("written")
    assert [str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*")] == ["out", "out/whole"]
