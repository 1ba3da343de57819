"""The whole way on a small simulated PTB-XL: every artifact is there, and keeps the rules of the domain."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog
from safetensors.numpy import load_file

from ecg_forge.ecg.leads import limb_lead_residual
from ecg_forge.ecg.statements import CODES
from ecg_forge.pipelines.arms import ARMS, REAL_ONLY, SYNTHETIC_ONLY, TRANSFER_ARMS
from tests.pipelines.conftest import session, write_conf

pytestmark = pytest.mark.slow


def test_every_arm_is_scored_on_the_same_test_records(whole_run: DataCatalog) -> None:
    records = whole_run.load("records")
    test = records.index[records["split"] == "test"]
    for arm in ARMS:
        probabilities = whole_run.load(f"{arm}.probabilities")
        assert probabilities.index[probabilities["split"] == "test"].tolist() == test.tolist()
        assert set(probabilities["split"]) == {"val", "test"}
        metrics = whole_run.load(f"{arm}.metrics")
        assert metrics.index.tolist()[:71] == list(CODES)
        assert 0 <= metrics.loc["macro", "auc_low"] <= metrics.loc["macro", "auc"] <= 1


def test_arms_differ_by_the_rows_they_add_and_nothing_else(whole_run: DataCatalog) -> None:
    tables = {arm: whole_run.load(f"{arm}.training_table") for arm in ARMS}
    accepted = int(whole_run.load("synthetic_verdicts")["accepted"].sum())
    real = len(tables["baseline"])
    for arm, source in (("oversampled", "copy"), ("augmented", "synthetic")):
        pd.testing.assert_frame_equal(tables[arm].iloc[:real], tables["baseline"])
        assert tables[arm]["source"].iloc[real:].tolist() == [source] * accepted
    added = [tables[arm].iloc[real:][list(CODES)].to_numpy() for arm in ("oversampled", "augmented")]
    np.testing.assert_array_equal(added[0], added[1])


def test_only_training_patients_train_and_nothing_synthetic_is_tested(whole_run: DataCatalog) -> None:
    records = whole_run.load("records")
    held_out = records[records["split"] != "train"]
    for arm in ARMS:
        table = whole_run.load(f"{arm}.training_table")
        real = records.loc[table.loc[table["source"] != "synthetic", "ecg_id"]]
        assert set(real["patient_id"]).isdisjoint(held_out["patient_id"])
        assert set(whole_run.load(f"{arm}.probabilities").index) <= set(records.index)
    assert whole_run.load("normaliser")["n_records"] == (records["split"] == "train").sum()


def test_an_arm_of_synthetic_records_learns_from_as_many_as_its_real_templates(whole_run: DataCatalog) -> None:
    synthetic, real = (whole_run.load(f"{arm}.training_table") for arm in (SYNTHETIC_ONLY, REAL_ONLY))
    assert set(synthetic["source"]) == {"synthetic"}
    assert set(real["source"]) == {"real"}
    np.testing.assert_array_equal(synthetic[list(CODES)].to_numpy(), real[list(CODES)].to_numpy())
    records = whole_run.load("records")
    assert set(records.loc[real["ecg_id"], "split"]) == {"train"}
    scores = whole_run.load("transfer_scores").set_index(["arm", "task"])
    assert set(scores.index) == {(a, t) for a in ("baseline", *TRANSFER_ARMS) for t in ("all", "superclass")}
    assert scores["auc"].between(0, 1).all()


def test_fidelity_is_measured_for_each_scale_of_guidance(whole_run: DataCatalog) -> None:
    by_guidance, by_steps = whole_run.load("fidelity_by_guidance"), whole_run.load("fidelity_by_steps")
    assert by_guidance.columns.tolist() == ["1", "2"]
    assert not by_guidance["1"].equals(by_guidance["2"])
    pd.testing.assert_series_equal(by_guidance["2"], by_steps["2"], check_names=False)  # the run's own settings


def test_fidelity_is_measured_for_few_steps_and_for_many(whole_run: DataCatalog) -> None:
    figures, by_steps = whole_run.load("fidelity_figures"), whole_run.load("fidelity_by_steps")
    assert set(by_steps.index) <= set(figures.index)
    assert by_steps.columns.tolist() == ["1", "2"]
    assert not by_steps["1"].equals(by_steps["2"])
    page = whole_run.load("fidelity_page")
    assert all(f"({name}.svg)" in page for name in whole_run.load("fidelity_drawings"))


def test_denoisers_stand_side_by_side_by_the_name_of_their_folder(whole_run: DataCatalog) -> None:
    page = whole_run.load("denoisers_page")
    assert "| fidelity | unet1d_tiny, edm | dpmpp_2m, 2 steps |" in page
    assert "| Figure | Better is | fidelity | real, beside fidelity |" in page


def test_the_packed_denoiser_makes_the_ecgs_of_the_trained_one(whole_run: DataCatalog) -> None:
    trained, packed = whole_run.load("denoiser_weights"), whole_run.load("packed_denoiser")
    assert packed["config"] == trained["config"]
    for name, tensor in trained["tensors"].items():
        np.testing.assert_allclose(packed["tensors"][name], tensor, rtol=1e-3, atol=1e-6)


def test_the_packed_classifier_is_the_baseline_at_the_temperature_of_validation(whole_run: DataCatalog) -> None:
    trained, packed = whole_run.load("baseline.weights"), whole_run.load("packed_classifier")
    assert packed["config"].items() > trained["config"].items()
    assert packed["config"]["temperature"] == whole_run.load("baseline.calibration")["temperature"]
    for name, tensor in packed["tensors"].items():
        np.testing.assert_allclose(tensor, trained["tensors"][name], rtol=1e-3, atol=1e-6)


def test_a_finished_benchmark_is_scored_again_but_not_trained_again(
    whole_run: DataCatalog, project: Path, conf: Path
) -> None:
    runs = {f"superclass/resnet1d_tiny-seed{seed}" for seed in (0, 1)}
    assert set(whole_run.load("benchmark_weights")) == set(whole_run.load("benchmark_probabilities")) == runs
    board = whole_run.load("leaderboard")
    ours = board[board["kind"] != "published"]
    assert sorted(ours["kind"]) == ["ensemble", "run", "run"]
    assert ours["auc"].between(0, 1).all()
    page = whole_run.load("leaderboard_page")
    kept = sorted((conf.parent / "data" / "06_models" / "benchmark").rglob("*.safetensors"))
    written = [file.stat().st_mtime_ns for file in kept]
    with session(project, conf) as again:
        again.run(pipeline_names=["benchmark"])
    assert [file.stat().st_mtime_ns for file in kept] == written
    assert len(written) == 2
    assert whole_run.load("leaderboard_page") == page


def test_synthetic_ecgs_have_the_planned_labels_and_obey_einthoven(whole_run: DataCatalog) -> None:
    plan, signals = whole_run.load("synthetic_plan"), whole_run.load("synthetic_signals")
    assert signals.ecg_id.tolist() == plan.index.tolist()
    assert plan["target"].value_counts().to_dict() == {"CLBBB": 4, "PVC": 4}
    assert all(target in statements for target, statements in zip(plan["target"], plan["statements"], strict=True))
    assert limb_lead_residual(signals.millivolts(plan.index)).max() <= 0.002


def test_all_arms_take_equally_many_steps(whole_run: DataCatalog) -> None:
    assert {arm: len(whole_run.load(f"{arm}.history")) for arm in ARMS} == dict.fromkeys(ARMS, 4)


def test_the_report_says_what_the_tables_say(whole_run: DataCatalog) -> None:
    html, comparison = whole_run.load("report"), whole_run.load("comparison")
    row = comparison.query(
        "arm == 'augmented' and reference == 'baseline' and label == 'macro' and metric == 'ap'"
    ).iloc[0]
    assert f"{abs(row['difference']):.3f}" in html
    assert row["verdict"] in html
    assert "simulat" in html
    assert "<script src=" not in html


def test_what_is_published_is_enough_to_score_again(whole_run: DataCatalog) -> None:
    page, metrics = whole_run.load("results_page"), whole_run.load("augmented.metrics")
    row = next(line for line in page.splitlines() if line.startswith("| augmented | macro, all labels"))
    assert f"| {metrics.loc['macro', 'auc']:.3f} (" in row
    for arm in ARMS:
        pd.testing.assert_frame_equal(whole_run.load(f"{arm}.published"), whole_run.load(f"{arm}.probabilities"))
        run = whole_run.load(f"{arm}.published_run")
        assert run["parameters"]["classifier"]["model"] == "resnet1d_tiny"
        assert run["thresholds"] == whole_run.load(f"{arm}.thresholds")
    assert whole_run.load("synthetic_example_figure").startswith("<svg")


def test_what_the_classifier_looks_at_is_told_of_validation_records(whole_run: DataCatalog) -> None:
    split, explained = whole_run.load("records")["split"], whole_run.load("explained_records")
    assert set(split.loc[explained["ecg_id"]]) == {"val"}
    assert whole_run.load("explanations")["label"].unique().tolist() == ["NORM", "LVH"]
    assert set(whole_run.load("explanation_checks")["label"]) == {"NORM", "LVH"}
    drawings = set(whole_run.load("explanation_drawings"))
    assert {"NORM-record", "LVH-methods", "LVH-beats", "curves", "occlusion"} < drawings
    page, report = whole_run.load("explanation_page"), whole_run.load("explanation_report")
    assert all(f"]({name}.svg)" in page for name in drawings)
    assert report.count("<img") == len(drawings)


def test_the_data_card_knows_its_origin(whole_run: DataCatalog) -> None:
    card = whole_run.load("data_card")
    assert card["records"] == 300
    assert card["version"] == "unknown"
    assert "simulat" in card["origin"]


def start(project: Path, conf: Path, *options: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "kedro", "run", "--env=test", f"--conf-source={conf}", *options]
    return subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_killed_run_continues_and_ends_with_the_same_weights(
    project: Path, whole_run: DataCatalog, conf: Path, tmp_path: Path
) -> None:
    unbroken = conf.parent / "data"
    data = tmp_path / "data"
    again = write_conf(tmp_path, data)
    killed = start(project, again, "--pipelines=data_engineering,baseline")
    checkpoint = data / "06_models" / "baseline" / "checkpoints" / "last.ckpt"
    deadline = time.monotonic() + 240
    while not checkpoint.exists() and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    weights = data / "06_models" / "baseline" / "weights.safetensors"
    assert checkpoint.exists(), "the run ended before it could be killed"
    assert not weights.exists()
    continued = start(project, again, "--pipelines=data_engineering,baseline", "--only-missing-outputs")
    log, _ = continued.communicate(timeout=300)
    assert continued.returncode == 0, log
    assert "continuing from its last checkpoint" in log
    assert "decode_signals" not in log
    first, second = load_file(unbroken / "06_models" / "baseline" / "weights.safetensors"), load_file(weights)
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)
