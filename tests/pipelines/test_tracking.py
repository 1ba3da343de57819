"""A run that is tracked is found again in MLflow, in a server that the test starts."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests
import yaml
from kedro.framework.session import KedroSession
from kedro.io import DataCatalog, DatasetError
from kedro.pipeline import node, pipeline

from ecg_forge.ecg.errors import BadInput
from ecg_forge.hooks import parameters_of_arms
from ecg_forge.tracking import EXPERIMENT, FILES, PICTURES, RunLog, curves, leaves, scores
from ecg_forge.training.config import PreparationConfig
from tests.pipelines.conftest import session, write_conf

pytestmark = pytest.mark.slow  # a server is started

NOWHERE = "http://127.0.0.1:9"

mlflow = pytest.importorskip("mlflow", reason="tracking needs mlflow: pip install 'ecg-forge[tracking]'")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host=127.0.0.1", f"--port={port}", "--workers=1"]
    store = ["--backend-store-uri=sqlite:///mlflow.db", "--artifacts-destination=artifacts"]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen([*command, *store], cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        uri = f"http://127.0.0.1:{port}"
        wait_for(f"{uri}/health", process, log)
        yield uri
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            if requests.get(address, timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    raise AssertionError(f"MLflow's server did not answer: {log.read_text()}")


@pytest.fixture(scope="module")
def tracked_conf(server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tracked")
    conf = write_conf(folder, folder / "data")
    file = conf / "test" / "globals.yml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "tracking": server}))
    return conf


@pytest.fixture(scope="module")
def runs(project: Path, tracked_conf: Path, server: str) -> list[Any]:
    """What MLflow holds after one run of two pipelines, the run itself first and its arm second."""
    with session(project, tracked_conf) as running:
        running.run(pipeline_names=["data_engineering", "baseline"])
    return runs_at(server)[::-1]


def runs_at(uri: str) -> list[Any]:
    client = mlflow.MlflowClient(tracking_uri=uri)
    return client.search_runs([client.get_experiment_by_name(EXPERIMENT).experiment_id])


def test_the_arm_is_a_finished_run_within_the_run(runs: list[Any]) -> None:
    whole, arm = runs
    assert whole.info.run_name == "data_engineering, baseline"
    assert arm.info.run_name == "baseline"
    assert arm.data.tags["mlflow.parentRunId"] == whole.info.run_id
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert whole.data.tags["environment"] == "test"


def test_parameters_are_those_that_the_nodes_read(runs: list[Any]) -> None:
    whole, arm = (run.data.params for run in runs)
    assert arm["classifier.model"] == whole["classifier.model"] == "resnet1d_tiny"
    assert arm["classifier.preparation.order"] == str(PreparationConfig().order)
    assert "data_engineering.fs" in whole
    assert not [name for name in arm if name.startswith(("data_engineering", "denoiser"))]


def test_metrics_and_weights_lie_with_the_arm_and_figures_with_the_run(runs: list[Any], server: str) -> None:
    whole, arm = (run.info.run_id for run in runs)
    client = mlflow.MlflowClient(tracking_uri=server)
    history = client.get_metric_history(arm, "history/val_auc")
    assert [point.step for point in history] == [1, 2, 3, 4]
    files = {file.path for file in client.list_artifacts(arm)}
    assert files == {"weights.safetensors", "history.csv", "thresholds.json"}
    assert {"label_counts_figure.html", "data_card.json"} <= {file.path for file in client.list_artifacts(whole)}
    assert "plotly" in Path(client.download_artifacts(whole, "label_counts_figure.html")).read_text()[:10_000].lower()


def test_a_run_that_fails_is_told_as_failed(runs: list[Any], project: Path, tracked_conf: Path, server: str) -> None:
    records = next(tracked_conf.parent.glob("data/03_primary/records.parquet"))
    records.rename(records.with_suffix(".away"))
    with pytest.raises(DatasetError), session(project, tracked_conf) as running:
        running.run(pipeline_names=["baseline"])
    assert [run.info.status for run in runs_at(server)][:1] == ["FAILED"]


def test_a_server_that_is_not_there_stops_the_run_before_it_starts() -> None:
    with pytest.raises(BadInput, match="what `tracking` names"):
        RunLog(NOWHERE, "run", {}, {})


def test_a_server_that_goes_away_does_not_stop_the_run(
    server: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log = RunLog(server, "run", {}, {})
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setattr(log, "_client", mlflow.MlflowClient(tracking_uri=NOWHERE))
    log.saved("baseline.page", "text", {"type": "stock.Text", "filepath": __file__})
    assert "baseline.page was saved, but from here on nothing is logged" in caplog.text
    log.saved("baseline.other", "text", {"type": "stock.Text", "filepath": __file__})
    log.end("FINISHED")
    assert "baseline.other" not in caplog.text


def test_pictures_of_a_gallery_are_logged_one_by_one(server: str, tmp_path: Path) -> None:
    (tmp_path / "epoch_1.svg").write_text("<svg/>")
    log = RunLog(server, "pictures", {}, {})
    entry = {"type": f"ecg_forge.datasets.drawings.{PICTURES}", "path": str(tmp_path), "filename_suffix": ".svg"}
    log.saved("sheets", {"epoch_1": "<svg/>"}, entry)
    log.end("FINISHED")
    (run,) = [run for run in runs_at(server) if run.info.run_name == "pictures"]
    files = mlflow.MlflowClient(tracking_uri=server).list_artifacts(run.info.run_id, "sheets")
    assert [file.path for file in files] == ["sheets/epoch_1.svg"]


def test_the_kinds_of_datasets_it_knows_are_those_of_the_catalog(project: Path) -> None:
    catalog = "".join(file.read_text() for file in (project / "conf" / "base" / "catalog").glob("*.yml"))
    assert [kind for kind in (*FILES, PICTURES, "PlotlyFigure") if f".{kind}\n" not in catalog] == []


def test_tracking_is_off_unless_asked_for(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for uri, found in ((None, None), ("sqlite:///mlflow.db", "sqlite:///mlflow.db")):
        monkeypatch.setenv("ECG_FORGE_TRACKING", uri) if uri else monkeypatch.delenv("ECG_FORGE_TRACKING", False)
        with KedroSession.create(project, env="demo") as asked:
            assert asked.load_context().config_loader["globals"]["tracking"] == found


def test_the_tree_of_parameters_is_logged_leaf_by_leaf() -> None:
    tree = {"model": "s4", "loss": {"focal gamma(x)": 0.0}}
    assert dict(leaves("classifier", tree)) == {"classifier.model": "s4", "classifier.loss.focal gamma_x_": 0.0}


def test_a_validation_that_did_not_take_place_is_no_point_of_the_curve() -> None:
    history = pd.DataFrame({"epoch": [1, 2], "val_auc": [None, 0.9], "note": ["a", "b"]})
    assert curves("history", history) == [("history/val_auc", 0.9, 2)]


def test_numbers_of_a_result_are_metrics_and_its_details_are_not() -> None:
    result = {"macro_auc": 0.9, "named": "AFIB", "good": True, "before": {"ece": 1, "by_bin": {"0": 3}}}
    assert scores("summary", result) == [("summary/macro_auc", 0.9, 0), ("summary/before/ece", 1, 0)]


def test_an_arm_has_the_parameters_of_the_nodes_that_make_something_of_it() -> None:
    catalog = DataCatalog.from_config({})
    catalog["params:a"], catalog["params:b"] = 1, 2
    nodes = [node(min, ["params:a", "x"], "arm.made"), node(max, ["params:b", "x"], "made")]
    assert parameters_of_arms(pipeline(nodes), catalog) == {"": {"a": 1, "b": 2}, "arm": {"a": 1}}
