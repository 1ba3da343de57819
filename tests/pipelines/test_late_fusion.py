"""Kept runs are combined into one more, which the leaderboard lists beside them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.metadata import DataConfig
from ecg_forge.metrics.config import EvaluationConfig
from ecg_forge.metrics.late_fusion_config import LateFusionConfig
from ecg_forge.pipelines.benchmark import scoring
from ecg_forge.pipelines.benchmark.published import PublishedBenchmark
from ecg_forge.pipelines.late_fusion.nodes import fuse_late
from tests.pipelines.made_up_benchmark import Loaders, metadata, probabilities, runs, truth

MEMBERS = ("good-seed0", "poor-seed1")
RUNS = (("superclass", "good", 0, 2.0), ("superclass", "good", 1, 2.0), ("superclass", "poor", 1, 0.5))
ORIGIN = {"code": "0.1 (abc)", "machine": "some", "started": "2026-01-01T00:00:00+00:00", "ptbxl_source": "here"}
FUSED = "superclass/late_fusion-seed0"


def fuse(descriptions: Loaders, scored: Loaders, members: tuple[str, ...] = MEMBERS) -> tuple[dict, dict]:
    config = LateFusionConfig(list(members), ["superclass"], folds=3, penalties=(1.0,), fewest_patients=5)
    return fuse_late(metadata(), DataConfig(), config, ORIGIN, descriptions, scored)


@pytest.fixture(scope="module")
def fused() -> tuple[pd.DataFrame, dict[str, Any]]:
    tables, descriptions = fuse(*runs(*RUNS))
    assert list(tables) == list(descriptions) == [FUSED]
    return tables[FUSED], descriptions[FUSED]


def test_the_table_is_that_of_a_run(fused: tuple) -> None:
    table, member = fused[0], probabilities("superclass", 0, 2.0)
    assert table.columns.tolist() == member.columns.tolist()
    assert table.dtypes.tolist() == member.dtypes.tolist()
    pd.testing.assert_series_equal(table["split"].sort_index(), member["split"].sort_index())


def test_the_description_says_what_was_combined_and_what_it_took(fused: tuple) -> None:
    said = fused[1]
    assert said["configuration"]["members"] == list(MEMBERS)
    assert list(said["weights"]) == list(truth().task("superclass").columns)
    assert set(said["weights"]["NORM"]) == {"intercept", *MEMBERS}
    assert said["weights"]["NORM"]["good-seed0"] > said["weights"]["NORM"]["poor-seed1"] > -0.5
    assert said["parameters"] == 2 * 517_000 + 5 * 3
    assert said["seconds"] >= 1200
    assert said["provenance"] == {part: ORIGIN[part] for part in ("code", "machine", "started")}


def test_the_truth_of_the_test_fold_changes_nothing() -> None:
    blinded = metadata().copy()
    test = blinded["strat_fold"] == 10
    blinded.loc[test, "scp_codes"] = "{'NORM': 100.0}"
    descriptions, scored = runs(*RUNS)
    config = LateFusionConfig(list(MEMBERS), ["superclass"], folds=3, penalties=(1.0,), fewest_patients=5)
    held = probabilities("superclass", 0, 2.0).index
    labelled = truth().records.index[(truth().records["split"] == "test") & truth().records.index.isin(held)]
    # Only records with a label of the task are scored; the others must not gain one.
    blinded = blinded[~test | blinded.index.isin(labelled)]
    tables, _ = fuse_late(blinded, DataConfig(), config, ORIGIN, descriptions, scored)
    pd.testing.assert_frame_equal(tables[FUSED], fuse(descriptions, scored)[0][FUSED])


def test_the_leaderboard_lists_it_beside_its_members(fused: tuple) -> None:
    descriptions, scored = runs(*RUNS)
    descriptions[FUSED], scored[FUSED] = (lambda: fused[1]), (lambda: fused[0])
    settings = (DataConfig(), EvaluationConfig(resamples=20), PublishedBenchmark([]))
    table, board, reports = scoring.score_benchmark(metadata(), *settings, descriptions, scored)
    row = table.set_index("name").loc["late_fusion"]
    assert (row["kind"], row["model"], row["seeds"]) == ("run", "late_fusion", "0")
    assert row["val_auc"] == pytest.approx(fused[1]["val_auc"], abs=1e-5)
    assert pd.isna(row["epochs_trained"])
    assert FUSED in reports
    assert "| late_fusion |" in scoring.write_leaderboard_page(board)


def test_a_member_that_is_not_there_is_named() -> None:
    with pytest.raises(
        BadInput, match="needs the run superclass/best-seed0, which is not there.*superclass/good-seed0"
    ):
        fuse(*runs(*RUNS), members=("good-seed0", "best-seed0"))


def test_a_member_without_parameters_such_as_trees_can_be_fused() -> None:
    descriptions, scored = runs(*RUNS)
    trees = {**descriptions["superclass/good-seed0"](), "parameters": None}
    descriptions["superclass/good-seed0"] = lambda: trees
    assert fuse(descriptions, scored)[1][FUSED]["parameters"] is None


def test_two_seeds_of_a_name_can_be_members() -> None:
    tables, descriptions = fuse(*runs(*RUNS), members=("good-seed1", "good-seed0"))
    weights = descriptions[FUSED]["weights"]["NORM"]
    assert list(weights) == ["intercept", "good-seed1", "good-seed0"]
    assert np.isfinite(tables[FUSED].drop(columns="split").to_numpy(float)).all()
