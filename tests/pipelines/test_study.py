"""The study trains every arm in every cell once, on the rows its recipe says."""

from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DataCatalog

from ecg_forge.ecg.errors import BadInput
from ecg_forge.pipelines.study.config import Cell, StudyConfig
from tests.pipelines.conftest import session

TRAINING = {"model": "resnet1d_tiny", "task": "all", "epochs": 2, "steps_per_epoch": 1}
ARMS = {
    "baseline": {},
    "oversampled": {"added": "copies"},
    "class_weighted": {"training": {"loss": {"class_weights": "balanced"}}},
    "augmented": {"added": "checked"},
}


def config(**changes: object) -> StudyConfig:
    settings = {"training": TRAINING, "seeds": [0, 1], "arms": ARMS, "experiments": ["per_label"]}
    return StudyConfig(**{**settings, "per_label": {"PVC": 5, "WPW": 3}, **changes})


def test_an_arm_that_adds_nothing_is_trained_once_for_all_cells() -> None:
    study = config()
    runs = study.runs(study.cells({"PVC": 50, "WPW": 20}))
    shared = [f"real/100pct/{arm}-seed{k}" for arm in ("baseline", "class_weighted") for k in (0, 1)]
    cells = ["per_label/PVC", "per_label/WPW"]
    own = [f"{cell}/{arm}-seed{k}" for cell in cells for arm in ("oversampled", "augmented") for k in (0, 1)]
    assert sorted(runs) == sorted(shared + own)


def test_rare_statements_are_lifted_to_the_limit_and_those_with_too_few_are_left_out() -> None:
    (cell,) = config(experiments=["rare"], rare_below=100, rare_from=10).cells({"PVC": 900, "WPW": 60, "2AVB": 9})
    assert cell == Cell("rare", "all", {"WPW": 40})


def test_ratios_and_shares_are_cells_of_their_own() -> None:
    study = config(experiments=["mix_ratio", "low_data"], ratios=[0, 0.5], shares=[0.1])
    cells = study.cells({"WPW": 60})
    assert [cell.key for cell in cells] == ["mix_ratio/0", "mix_ratio/0.5", "low_data/10pct"]
    assert [cell.targets for cell in cells] == [{"WPW": 0}, {"WPW": 30}, {"WPW": 40}]
    assert "real/10pct/baseline-seed0" in study.runs(cells)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arms": {"augmented": {"added": "checked"}}}, "study.arms lacks baseline"),
        ({"arms": {"baseline": {"added": "noise"}}}, "added is 'noise'; give one of"),
        ({"arms": {"baseline": {"sources": []}}}, "study.arms.baseline"),
        ({"arms": {"baseline": {}, "none": {"real": False}}}, "must add something"),
        ({"experiments": ["all"]}, "study.experiments names 'all'"),
        ({"seeds": [1, 1]}, "study.seeds"),
        ({"per_label": {"HUH": 3}}, "unknown SCP statement HUH"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        config(**changes)


@pytest.mark.slow
def test_every_run_is_kept_and_none_is_trained_twice(whole_run: DataCatalog, project: Path, conf: Path) -> None:
    with session(project, conf) as running:
        running.run(pipeline_names=["study"])
    with session(project, conf) as after:
        catalog = after.load_context().catalog
    said = {name: load() for name, load in catalog.load("study_descriptions").items()}
    assert {each["arm"] for each in said.values()} >= {"baseline", "oversampled", "augmented", "augmented_unchecked", "augmented_one_hot"}
    assert all(each["records"].get("real", 0) > 0 for each in said.values() if each["arm"] != "synthetic_only")
    unchecked = said["per_label/PVC/augmented_unchecked-seed0"]
    assert unchecked["records"]["synthetic"] == 3
    pvc = {name.rpartition("/")[2]: each for name, each in said.items() if name.startswith("per_label/PVC")}
    assert pvc["augmented-seed0"]["records"].get("synthetic") == pvc["oversampled-seed0"]["records"].get("copy")
    made = {name: each["provenance"]["started"] for name, each in said.items()}
    with session(project, conf) as again:
        again.run(pipeline_names=["study"], node_names=["train_study"])
        kept = {n: load()["provenance"]["started"] for n, load in catalog.load("study_descriptions").items()}
    assert kept == made
    probabilities = catalog.load("study_probabilities")
    assert set(probabilities) == set(said)
    assert isinstance(next(iter(probabilities.values()))(), pd.DataFrame)
