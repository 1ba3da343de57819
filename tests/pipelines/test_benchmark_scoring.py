"""The leaderboard follows from the kept probabilities and PTB-XL's metadata alone, and refuses what does not fit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from ecg_forge.datasets.stock import Partitions
from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.metadata import DataConfig
from ecg_forge.metrics.classification import auc, macro
from ecg_forge.metrics.config import EvaluationConfig
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.pipelines.benchmark import scoring
from ecg_forge.pipelines.benchmark.published import (
    PublishedBenchmark,
    PublishedDecisions,
    PublishedScore,
    PublishedTable,
)
from ecg_forge.pipelines.benchmark.rows import COLUMNS
from tests.pipelines.conftest import GLOBALS, session, write_conf
from tests.pipelines.made_up_benchmark import Loaders, description, metadata, probabilities, runs, truth

RUNS = (
    ("superclass", "good", 0, 3.0),
    ("superclass", "good", 1, 3.0),
    ("superclass", "poor", 0, 0.7),
    ("all", "good", 0, 3.0),
)
PUBLISHED = PublishedBenchmark(
    [PublishedTable("study", "a paper", "90 %", {"old": {"superclass": PublishedScore(0.8, half_width=0.01)}})],
    [PublishedDecisions("old", "superclass", "a log", "it looked", 0.7, 0.6, 0.1, 0.9)],
)
POOR = "superclass/poor-seed0"


def score(descriptions: Loaders, scored: Loaders) -> tuple[pd.DataFrame, dict[str, Any], dict[str, pd.DataFrame]]:
    settings = (DataConfig(), EvaluationConfig(resamples=20), PUBLISHED)
    return scoring.score_benchmark(metadata(), *settings, descriptions, scored)


@pytest.fixture(scope="module")
def result() -> tuple[pd.DataFrame, dict[str, Any], dict[str, pd.DataFrame]]:
    return score(*runs(*RUNS))


@pytest.fixture(scope="module")
def leaderboard(result: tuple) -> pd.DataFrame:
    return result[0]


def row(leaderboard: pd.DataFrame, task: str, kind: str, name: str, seeds: str = "0") -> pd.Series:
    found = leaderboard.query("task == @task and kind == @kind and name == @name")
    return found[found["seeds"].fillna("") == seeds].iloc[0]


def test_every_run_every_mean_of_seeds_and_every_published_figure_has_a_row(leaderboard: pd.DataFrame) -> None:
    assert tuple(leaderboard.columns) == COLUMNS
    found = leaderboard[["task", "kind", "name", "seeds"]].fillna("").to_records(index=False).tolist()
    assert sorted(found) == [
        ("all", "run", "good", "0"),
        ("superclass", "ensemble", "good", "0, 1"),
        ("superclass", "published", "old", ""),
        ("superclass", "run", "good", "0"),
        ("superclass", "run", "good", "1"),
        ("superclass", "run", "poor", "0"),
    ]


def test_a_task_runs_from_the_highest_auc_to_the_lowest(leaderboard: pd.DataFrame) -> None:
    assert leaderboard["task"].drop_duplicates().tolist() == ["all", "superclass"]
    for _, rows in leaderboard.groupby("task"):
        assert rows["auc"].is_monotonic_decreasing
    assert leaderboard["kind"].iloc[1] == "ensemble"
    assert leaderboard["name"].iloc[-1] == "poor"


def test_scores_are_those_of_the_kept_probabilities(leaderboard: pd.DataFrame) -> None:
    labels = truth().task("superclass")
    test = Predictions.of("test", probabilities("superclass", 0, 0.7), labels, truth().records)
    poor = row(leaderboard, "superclass", "run", "poor")
    assert poor["auc"] == pytest.approx(macro(auc(test.truth, test.probability)), abs=1e-6)
    assert poor["auc_low"] < poor["auc"] < poor["auc_high"]
    assert (poor["n_labels"], poor["parameters"], poor["machine"]) == (5, 517_000, "Linux, one GPU")
    assert row(leaderboard, "all", "run", "good")["rare_labels"] > 20


def test_the_mean_of_seeds_is_the_mean_of_their_probabilities(leaderboard: pd.DataFrame) -> None:
    labels = truth().task("superclass")
    seeds = [probabilities("superclass", seed, 3.0).sort_index() for seed in (0, 1)]
    together = sum(table.drop(columns="split").astype(float) for table in seeds) / 2
    together.insert(0, "split", seeds[0]["split"])
    test = Predictions.of("test", together, labels, truth().records)
    mean = row(leaderboard, "superclass", "ensemble", "good", "0, 1")
    assert mean["auc"] == pytest.approx(macro(auc(test.truth, test.probability)), abs=1e-6)
    assert mean["auc"] > row(leaderboard, "superclass", "run", "good", "1")["auc"]
    assert (mean["parameters"], mean["seconds"]) == (1_034_000, 1200.0)
    assert mean[["records_per_s", "epochs_trained"]].isna().all()


def test_published_figures_say_where_they_stand_and_nothing_they_do_not_know(leaderboard: pd.DataFrame) -> None:
    old = row(leaderboard, "superclass", "published", "old", "")
    assert (old["source"], old["auc"], old["auc_low"], old["auc_high"]) == ("study", 0.8, 0.79, 0.81)
    assert old[["ap", "f1", "ece", "parameters", "machine"]].isna().all()


def test_the_spread_over_seeds_is_that_of_the_runs(result: tuple) -> None:
    leaderboard, board, _ = result
    runs_of_good = leaderboard.query("task == 'superclass' and kind == 'run' and name == 'good'")["auc"]
    (group,) = board["tasks"]["superclass"]["seeds"]
    assert (group["name"], group["seeds"]) == ("good", 2)
    assert group["auc_mean"] == pytest.approx(runs_of_good.mean(), abs=2e-6)
    assert group["auc_sd"] == pytest.approx(runs_of_good.std(), abs=2e-6)


def test_the_closer_look_is_at_the_best_on_validation(result: tuple) -> None:
    leaderboard, board, _ = result
    assert set(board["details"]) == {"all", "superclass"}
    detail = board["details"]["superclass"]
    assert detail["val_auc"] == leaderboard.query("task == 'superclass'")["val_auc"].max()
    assert {group["by"] for group in detail["subgroups"]} == {"all", "sex", "age"}
    assert len(detail["labels"]) == 5
    assert detail["calibration"]["after"]["ece"] <= detail["calibration"]["before"]["ece"] + 0.02


def test_decisions_on_superclasses_are_counted(result: tuple) -> None:
    leaderboard, board, _ = result
    assert set(board["decisions"]) == {"superclass"}
    found = board["decisions"]["superclass"]
    assert [(row["name"], row["seeds"]) for row in found["rows"]][-1] == ("poor", "0")
    assert len(found["rows"]) == 4
    poor = row(leaderboard, "superclass", "run", "poor")
    assert found["rows"][-1]["subset_accuracy"] == poor["subset_accuracy"]
    assert poor["hamming_loss_low"] < poor["hamming_loss"] < poor["hamming_loss_high"]
    assert [each["name"] for each in found["published"]] == ["old"]


def test_the_counts_of_the_best_cover_every_test_record(result: tuple) -> None:
    _, board, _ = result
    best, test = board["decisions"]["superclass"]["best"], board["tasks"]["superclass"]["n_test"]
    assert [each["label"] for each in best["labels"]] == list(truth().task("superclass").columns)
    assert {sum(each[part] for part in ("tn", "fp", "fn", "tp")) for each in best["labels"]} == {test}
    assert sum(map(sum, best["single_label"])) == test


def test_every_two_classifiers_are_compared_as_trained_once_with_their_lowest_seed(result: tuple) -> None:
    (pair,) = result[1]["decisions"]["superclass"]["pairs"]
    assert (pair["first"], pair["second"]) == ("good", "poor")
    assert pair["mcnemar_p_holm"] == pair["mcnemar_p"] < 0.05
    rows = {(row["name"], row["seeds"]): row for row in result[1]["decisions"]["superclass"]["rows"]}
    gap = rows["good", "0"]["subset_accuracy"] - rows["poor", "0"]["subset_accuracy"]
    assert pair["difference"] == pytest.approx(gap, abs=2e-6)


def test_a_run_kept_before_a_setting_was_known_is_printed_with_its_default(result: tuple) -> None:
    said = result[1]["runs"][0]["configuration"]
    assert (said["leads"], said["preparation"]["low_hz"], said["loss"]["focal_alpha"]) == (None, None, None)
    assert "preparation" not in description("all", "good", 0)["configuration"]


def test_seeds_kept_before_and_after_a_setting_was_known_are_trained_alike() -> None:
    descriptions, scored = runs(*RUNS[:2])
    after = {"schedule": "one_cycle", "leads": None, "loss": {"focal_gamma": 0.0, "focal_alpha": None}}
    descriptions["superclass/good-seed1"] = lambda: description("superclass", "good", 1, **after)
    assert "ensemble" in set(score(descriptions, scored)[0]["kind"])


def test_every_entry_has_a_report_with_named_labels(result: tuple) -> None:
    reports = result[2]
    assert sorted(reports) == [
        *("all/good-seed0", "superclass/good-ensemble", "superclass/good-seed0", "superclass/good-seed1"),
        POOR,
    ]
    assert reports[POOR].columns.tolist() == ["precision", "recall", "f1-score", "support"]
    assert reports[POOR].index.tolist()[:5] == ["NORM", "MI", "STTC", "CD", "HYP"]


def test_the_same_runs_give_the_same_bytes_in_whatever_order_they_are_found(result: tuple) -> None:
    descriptions, scored = runs(*reversed(RUNS))
    leaderboard, board, _ = score(descriptions, {key: scored[key] for key in sorted(scored)})
    assert leaderboard.to_csv(index=False) == result[0].to_csv(index=False)
    assert json.dumps(board, allow_nan=False) == json.dumps(result[1], allow_nan=False)
    for draw in (scoring.draw_leaderboard, scoring.draw_calibration, scoring.write_leaderboard_page):
        assert draw(json.loads(json.dumps(board))) == draw(result[1])


def test_without_a_finished_run_the_remedy_is_named() -> None:
    message = "no finished run .* run `kedro run --pipelines=benchmark` first"
    with pytest.raises(BadInput, match=message):
        score({}, {})
    leaderboard_alone = {"leaderboard": lambda: {"rows": []}}
    with pytest.raises(BadInput, match=message):
        score(leaderboard_alone, {})


def test_a_run_that_was_stopped_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    descriptions, scored = runs(*RUNS)
    del descriptions[POOR]
    leaderboard, _, _ = score(descriptions, scored)
    assert "poor" not in set(leaderboard["name"])
    assert f"run {POOR} has no description" in caplog.text


def refused(change: Any, error: type[Exception], message: str) -> None:
    """Score one run whose probabilities were changed."""
    table = change(probabilities("superclass", 0, 0.7))
    with pytest.raises(error, match=message) as raised:
        score({POOR: lambda: description("superclass", "poor", 0)}, {POOR: lambda: table})
    assert f"run {POOR}" in str(raised.value)


def test_a_record_of_another_split_is_a_leak() -> None:
    def swapped(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(split=np.where(table["split"] == "val", "test", "val"))

    def with_a_training_record(table: pd.DataFrame) -> pd.DataFrame:
        split = truth().records["split"]
        return table.rename(index={table.index[0]: split.index[split == "train"][0]})

    refused(swapped, LeakError, "is scored as .* but stands in")
    refused(with_a_training_record, LeakError, "stands in train")


def test_records_and_labels_must_be_those_of_the_task() -> None:
    refused(lambda table: table.iloc[1:], BadInput, r"lacks ecg_id \d+ \(1 such records\)")
    refused(lambda table: table.rename(index={table.index[0]: 99_999}), BadInput, "lacks ecg_id")
    refused(lambda table: pd.concat([table, table.iloc[:1]]), BadInput, "stands twice")
    refused(lambda table: table.rename(columns={"MI": "IM"}), BadInput, "wrong: IM, MI")
    refused(lambda table: table[["split", *table.columns[:0:-1]]], BadInput, "wrong: order")
    refused(lambda table: table.assign(MI=np.float16(np.nan)), BadInput, r"not in \[0, 1\]")


def test_a_record_without_a_label_of_the_task_must_not_be_scored() -> None:
    split = truth().records["split"]
    unlabelled = split.index[split == "test"].difference(truth().task("form").index)[:1]
    table = probabilities("form", 0, 1.0)
    table = pd.concat([table, table.iloc[-1:].set_axis(unlabelled).assign(split="test")])
    with pytest.raises(BadInput, match=rf"run form/a-seed0 scores ecg_id {unlabelled[0]} \(1 such"):
        score({"form/a-seed0": lambda: description("form", "a", 0)}, {"form/a-seed0": lambda: table})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 1}, "its description is that of superclass/poor-seed1"),
        ({"labels": ["NORM"]}, "labels of its description are not those of a task superclass"),
        ({"data": {"version": "1.0.1"}}, "was made with PTB-XL 1.0.1, but the metadata are unknown"),
    ],
)
def test_a_description_must_fit_its_run(changes: dict[str, Any], message: str) -> None:
    described = {**description("superclass", "poor", 0), **changes}
    with pytest.raises(BadInput, match=f"run {POOR}.*{message}"):
        score({POOR: lambda: described}, {POOR: lambda: probabilities("superclass", 0, 0.7)})


def test_a_description_must_be_whole_and_have_its_probabilities() -> None:
    described = description("superclass", "poor", 0)
    with pytest.raises(BadInput, match=f"run {POOR} has a description but no probabilities"):
        score({POOR: lambda: described}, {})
    del described["seconds"]
    with pytest.raises(BadInput, match="its description lacks seconds"):
        score({POOR: lambda: described}, {POOR: lambda: None})


def test_runs_of_one_name_must_be_trained_alike() -> None:
    descriptions, scored = runs(*RUNS[:2])
    descriptions["superclass/good-seed1"] = lambda: description("superclass", "good", 1, epochs=5)
    with pytest.raises(BadInput, match="superclass/good-seed0 and superclass/good-seed1 differ in epochs"):
        score(descriptions, scored)


def test_the_pipeline_needs_the_kept_files_and_the_metadata_only(project: Path, tmp_path: Path) -> None:
    kept, ptbxl = tmp_path / "benchmark", tmp_path / "ptb-xl"
    ptbxl.mkdir()
    metadata().to_csv(ptbxl / "ptbxl_database.csv")
    for suffix, kind, items in zip((".json", ".parquet"), ("JSONFile", "Table"), runs(*RUNS), strict=True):
        Partitions(path=str(kept), filename_suffix=suffix, dataset=f"ecg_forge.datasets.stock.{kind}").save(items)
    conf = write_conf(tmp_path, tmp_path / "data")
    places = {"data": str(tmp_path / "data"), "benchmark": str(kept), "ptbxl_source": str(ptbxl)}
    (conf / "test" / "globals.yml").write_text(yaml.safe_dump({**GLOBALS, **places, "simulation": None}))
    written = []
    for _ in range(2):
        with session(project, conf) as running:
            running.run(pipeline_names=["benchmark_results"])
        written.append({path.relative_to(kept): path.read_bytes() for path in kept.rglob("*") if path.is_file()})
    made = {str(path) for path in written[0]} - {
        f"{key}{end}" for key in runs(*RUNS)[0] for end in (".json", ".parquet")
    }
    assert {path for path in made if path.endswith(".report.csv")} == {
        f"{key}.report.csv" for key in (*runs(*RUNS)[0], "superclass/good-ensemble")
    }
    assert {path for path in made if "/" not in path} == {
        *(
            "leaderboard.csv",
            "leaderboard.json",
            "leaderboard.md",
            "leaderboard.svg",
            "front_page.md",
            "calibration.svg",
        )
    }
    assert written[0] == written[1], "the second run found the first one's files and made the same bytes"
    assert str(tmp_path) not in "".join(text.decode(errors="ignore") for text in written[0].values())
