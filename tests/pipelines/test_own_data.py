"""One's own WFDB folder enters the same pipeline as PTB-XL."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from kedro.framework.session import KedroSession
from kedro.io import DataCatalog

from ecg_forge.ecg.simulator import SimulationConfig, simulate_ptbxl
from tests.made_up_records import waves, write_own_record
from tests.pipelines.conftest import ROOT

RECORDS = 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Records of 12 and 10 s at 250 and 500 Hz, in mV and µV, two of each patient."""
    folder, rows = tmp_path / "ecgs", []
    codes = simulate_ptbxl(SimulationConfig(n_records=RECORDS, seed=1)).metadata["scp_codes"]
    for number, text in enumerate(codes):
        fs, unit = (250, "mV") if number % 3 else (500, "uV")
        write_own_record(folder / "wards", f"e{number}", waves(fs, 10 + 2 * (number % 2)), fs, unit, seed=number)
        statements = ";".join(yaml.safe_load(text))
        rows.append({"record": f"wards/e{number}", "patient": f"P{number // 2}", "statements": statements, "age": 50})
    pd.DataFrame(rows).to_csv(folder / "labels.csv", index=False)
    return folder


def engineered(project: Path, conf: Path, parameters: dict | None = None) -> DataCatalog:
    with KedroSession.create(project, conf_source=str(conf), env="own", runtime_params=parameters) as running:
        running.run(pipeline_names=["data_engineering"])
    with KedroSession.create(project, conf_source=str(conf), env="own") as after:
        return after.load_context().catalog


@pytest.fixture
def conf(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's configuration, whose environment ``own`` finds the folder and keeps its data apart."""
    conf = tmp_path / "conf"
    shutil.copytree(ROOT / "conf", conf)
    settings = yaml.safe_load((conf / "own" / "globals.yml").read_text())
    (conf / "own" / "globals.yml").write_text(yaml.safe_dump({**settings, "data": str(tmp_path / "data")}))
    monkeypatch.setenv("OWN_ECGS", str(folder))
    return conf


def test_own_records_become_records_labels_and_signals(project: Path, conf: Path, folder: Path) -> None:
    catalog = engineered(project, conf)
    records, signals = catalog.load("records"), catalog.load("signals")
    assert len(records) == len(signals) == RECORDS
    assert (records.groupby("patient_id")["split"].nunique() == 1).all()
    assert set(records["split"]) == {"train", "val", "test"}
    expected = waves(100, 10) * 1000
    assert (signals.fs, signals.length) == (100, 1000)
    assert np.abs(signals.samples[:, :, 50:-50] - expected[:, 50:-50]).max() < 1.5  # rounded twice
    labels = catalog.load("labels")
    given = pd.read_csv(folder / "labels.csv")["statements"].str.split(";")
    assert [sorted(labels.columns[row]) for row in labels.to_numpy()] == [sorted(codes) for codes in given]
    card = catalog.load("data_card")
    assert card["dataset"] == "own records"
    assert str(folder) in card["origin"]


def test_a_damaged_record_stops_the_run_by_its_name_or_is_left_out(project: Path, conf: Path, folder: Path) -> None:
    (folder / "wards" / "e7.dat").write_bytes(b"")
    with pytest.raises(Exception, match=r"wards/e7 \(ecg_id 8\): truncated signal file: 0 of 72000 bytes"):
        engineered(project, conf)
    catalog = engineered(project, conf, {"data_engineering": {"on_bad_record": "drop"}})
    assert catalog.load("records").index.tolist() == [k for k in range(1, RECORDS + 1) if k != 8]
