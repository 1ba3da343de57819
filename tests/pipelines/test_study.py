"""The study trains every arm in every cell once, on the rows its recipe says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog

from ecg_forge.datasets.checkpoints import CheckpointFolder
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.records import Signals
from ecg_forge.pipelines.baseline.nodes import tabulate_training_records
from ecg_forge.pipelines.study import nodes
from ecg_forge.pipelines.study.config import Cell, StudyConfig
from ecg_forge.pipelines.study.tables import draw_study_plan, shared_records, training_table
from tests.pipelines.conftest import session
from tests.pipelines.made_up_benchmark import truth

TRAINING = {"model": "resnet1d_tiny", "task": "all", "epochs": 5, "steps_per_epoch": 1}
ARMS = {
    "baseline": {},
    "oversampled": {"added": "copies"},
    "class_weighted": {"training": {"loss": {"class_weights": "balanced"}}},
    "augmented": {"added": "checked"},
}
PRETRAINED = {"baseline": {}, "pretrain_finetune": {"first": "unchecked"}}


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
    study = config(experiments=["rare"], rare_below=100, rare_from=10)
    assert study.cells({"PVC": 900, "WPW": 60, "2AVB": 9}) == [Cell("rare", "all", {"WPW": 40})]
    assert study.cells({"PVC": 900, "WPW": 100}) == []


def test_ratios_and_shares_are_cells_of_their_own() -> None:
    study = config(experiments=["mix_ratio", "low_data"], ratios=[0, 0.5], shares=[0.1])
    cells = study.cells({"WPW": 60})
    assert [cell.key for cell in cells] == ["mix_ratio/0", "mix_ratio/0.5", "low_data/10pct"]
    assert [cell.targets for cell in cells] == [{"WPW": 0}, {"WPW": 30}, {"WPW": 40}]
    runs = study.runs(cells)
    assert "real/10pct/baseline-seed0" in runs
    assert not any(name.startswith("mix_ratio/0/") for name in runs), "adding none is the baseline"


def test_an_environment_leaves_out_an_arm_or_a_statement() -> None:
    study = config(arms={**ARMS, "augmented": None}, per_label={"PVC": 0, "LAO/LAE": 3})
    cells = study.cells({})
    assert [cell.key for cell in cells] == ["per_label/LAO-LAE"]
    assert {arm for _, arm, _ in study.runs(cells).values()} == {"baseline", "oversampled", "class_weighted"}


def test_every_arm_is_compared_with_the_baseline_and_with_its_control() -> None:
    first = {"pretrain_finetune": {"first": "checked"}, "pretrain_copies": {"first": "copies"}}
    assert config(arms={**ARMS, **first}).pairs() == [
        *(("baseline", "oversampled"), ("baseline", "class_weighted")),
        *(("baseline", "augmented"), ("oversampled", "augmented")),
        *(("baseline", "pretrain_finetune"), ("pretrain_copies", "pretrain_finetune"), ("baseline", "pretrain_copies")),
    ]


def test_what_is_learned_first_takes_half_of_the_epochs_and_none_is_lost() -> None:
    stages = config(arms=PRETRAINED).stages("pretrain_finetune", 1)
    assert [(stage.epochs, stage.seed) for stage in stages] == [(2, 1), (3, 1)]
    with pytest.raises(BadInput, match="pretrain_finetune spends half of the epochs on what it learns first"):
        config(arms=PRETRAINED, training={**TRAINING, "epochs": 1})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arms": {"augmented": {"added": "checked"}}}, "study.arms lacks baseline"),
        ({"arms": {"baseline": {"added": "copies"}}}, "study.arms.baseline must be empty"),
        ({"arms": {"baseline": {"added": "noise"}}}, "added is 'noise'; give one of"),
        ({"arms": {"baseline": {"sources": []}}}, "study.arms.baseline"),
        ({"arms": {"baseline": {}, "none": {"real": False}}}, "must add something"),
        ({"arms": {"baseline": {}, "long": {"training": {"epochs": 9}}}}, "may not set epochs, .* not be fair"),
        ({"training": {**TRAINING, "seed": 3}}, "study.training sets seed"),
        ({"experiments": ["all"]}, "study.experiments names 'all'"),
        ({"seeds": [1, 1]}, "study.seeds"),
        ({"per_label": {"HUH": 3}}, "unknown SCP statement HUH"),
        ({"per_label": {"PVC": -3}}, "study.per_label"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        config(**changes)


def planned(study: StudyConfig) -> pd.DataFrame:
    """The pool of synthetic records, of which every third does not pass the checks."""
    plan = draw_study_plan(truth().records, truth().labels, study)
    return plan.assign(accepted=np.arange(len(plan)) % 3 > 0)


def learned(study: StudyConfig, cell: Cell, recipe: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    real = tabulate_training_records(truth().records, truth().labels)
    arm = config(arms={"baseline": {}, "it": recipe}).recipe("it")
    return training_table(cell, arm, real, truth().records, planned(study), study.plan_seed)


def test_only_kinds_that_an_arm_learns_from_are_planned() -> None:
    assert {*planned(config())["kind"]} == {"real_sets"}
    assert {*planned(config(arms={"baseline": {}, "one": {"added": "one_hot"}}))["kind"]} == {"one_hot"}


def test_each_recipe_gives_its_rows() -> None:
    study = config(per_label={"PVC": 6}, arms={**ARMS, "augmented_one_hot": {"added": "one_hot"}})
    (cell,) = study.cells({})
    tables = {
        source: learned(study, cell, {"added": source})[1].query("source != 'real'")
        for source in ("checked", "copies", "unchecked", "one_hot")
    }
    assert {source: {*table["source"]} for source, table in tables.items()} == {
        **{source: {"synthetic"} for source in ("checked", "unchecked", "one_hot")},
        "copies": {"copy"},
    }
    assert {source: len(table) for source, table in tables.items()} == dict.fromkeys(tables, 6)
    assert all(table["PVC"].all() for table in tables.values())
    pool = planned(study)
    assert pool.loc[tables["checked"]["ecg_id"], "accepted"].all()
    assert not pool.loc[tables["unchecked"]["ecg_id"], "accepted"].all()
    np.testing.assert_array_equal(tables["copies"].iloc[:, 4:], tables["checked"].iloc[:, 4:])
    assert (tables["one_hot"].iloc[:, 4:].sum(axis=1) == 1).all()


def test_an_arm_may_learn_from_synthetic_records_alone_or_first() -> None:
    study = config(per_label={"PVC": 6})
    (cell,) = study.cells({})
    nothing, alone = learned(study, cell, {"real": False, "added": "checked"})
    assert (len(nothing), {*alone["source"]}) == (0, {"synthetic"})
    first, then = learned(study, cell, {"first": "checked"})
    assert ({*first["source"]}, {*then["source"]}) == ({"synthetic"}, {"real"})


def test_a_share_keeps_whole_patients_and_is_part_of_a_larger_one() -> None:
    tenth, half = (shared_records(truth().records, share, seed=0) for share in (0.1, 0.5))
    assert {*tenth.index} < {*half.index}
    left = truth().records.drop(half.index)
    assert {*left["split"]} == {"train"}
    assert {*left["patient_id"]}.isdisjoint(half["patient_id"])


def test_a_share_lends_to_its_own_plan_and_seeds_do_not_change_it() -> None:
    settings = {"experiments": ["per_label", "low_data"], "shares": [0.5], "rare_below": 200, "rare_from": 40}
    study = config(**settings)
    plan = planned(study)
    lent = shared_records(truth().records, 0.5, study.plan_seed)
    assert {*plan.query("share == 0.5 and kind == 'real_sets'")["template_ecg_id"]} <= {*lent.index}
    pd.testing.assert_frame_equal(plan, planned(config(**settings, seeds=[7])))


def test_a_study_that_adds_nothing_is_no_study() -> None:
    with pytest.raises(BadInput, match="no arm adds a record in any cell of study.experiments"):
        planned(config(per_label={}))
    with pytest.raises(BadInput, match="no arm adds a record"):
        planned(config(arms={"baseline": {}}))


@dataclass
class Trainings:
    """Stands for the trainer: remembers what it was asked, and dies when told to."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    dies_at: int = -1

    def train(
        self,
        table: pd.DataFrame,
        records: Any,
        labels: Any,
        normaliser: Any,
        run: Any,
        checkpoints: Any,
        *_: Any,
        start: Any,
    ) -> tuple[dict[str, Any], pd.DataFrame]:
        number = len(self.asked)
        sources = table["source"].value_counts().to_dict()
        self.asked.append({"sources": sources, "epochs": run.epochs, "start": start, "path": checkpoints.path})
        if number == self.dies_at:
            raise KeyboardInterrupt
        return {"config": {"best_epoch": 1}, "tensors": {"run": number}}, pd.DataFrame({"seconds": [2.0, 0.5]})

    @staticmethod
    def score(weights: Any, records: pd.DataFrame, _: Any) -> pd.DataFrame:
        split = records.loc[records["split"] != "train", "split"]
        chance = np.random.default_rng(weights["tensors"]["run"]).random((len(split), truth().labels.shape[1]))
        table = pd.DataFrame(chance.astype(np.float32), index=split.index, columns=truth().labels.columns)
        table.insert(0, "split", split)
        return table


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> Trainings:
    fake = Trainings()
    monkeypatch.setattr(nodes, "train_classifier", fake.train)
    monkeypatch.setattr(nodes, "score_records", fake.score)
    return fake


def train(
    study: StudyConfig, finished: dict[str, Any], loudness: int = 1, passed: bool = True
) -> Iterator[tuple[dict, dict]]:
    """The node on made-up records, with synthetic signals of one loudness."""
    pool = planned(study)
    ids = pool.index.to_numpy()
    made = Signals(np.full((len(ids), 12, 4), loudness, dtype=np.int16), ids)
    real = Signals(np.zeros((1, 12, 4), dtype=np.int16), np.array([1]))
    return nodes.train_study(
        *(truth().records, truth().labels, real, {}),
        {"version": "1.0.3", "sampling_rate_hz": 100, "about": "more"},
        {"code": "1", "machine": "Linux", "started": "now", "ptbxl_source": "a folder"},
        tabulate_training_records(truth().records, truth().labels),
        *(pool.drop(columns="accepted"), pool[["accepted"]] & passed, made, study),
        {name: (lambda said=said: said) for name, said in finished.items()},
        CheckpointFolder(Path("checkpoints")),
    )


def run(study: StudyConfig, finished: dict[str, Any] | None = None, **changes: Any) -> tuple[dict, dict]:
    probabilities, said = {}, {}
    for part in train(study, finished or {}, **changes):
        probabilities |= part[0]
        said |= part[1]
    return probabilities, said


def test_a_run_keeps_its_test_records_and_says_what_it_was(trainings: Trainings) -> None:
    probabilities, descriptions = run(config(arms=PRETRAINED, per_label={"PVC": 6}, seeds=[3]))
    assert (
        set(probabilities)
        == set(descriptions)
        == {
            "real/100pct/baseline-seed3",
            "per_label/PVC/pretrain_finetune-seed3",
        }
    )
    split = truth().records["split"]
    for table in probabilities.values():
        assert {*table.index} == {*split.index[split == "test"]}
        assert {str(kind) for kind in table.dtypes.iloc[1:]} == {"float16"}
    said = descriptions["per_label/PVC/pretrain_finetune-seed3"]
    assert (said["arm"], said["seed"], said["task"], said["model"]) == ("pretrain_finetune", 3, "all", "resnet1d_tiny")
    assert said["cell"] == {"experiment": "per_label", "name": "PVC", "targets": {"PVC": 6}, "share": 1.0}
    assert (said["first"], said["records"]) == ({"synthetic": 6}, {"real": int((split == "train").sum())})
    assert (said["seconds"], said["best_epoch"]) == (5.0, 3), (
        "two trainings, the second of which begins after two epochs"
    )
    assert list(said["thresholds"]) == said["labels"] == list(truth().labels.columns)
    assert 0 < said["val_auc"] < 1
    assert 0 < said["val_ap"] < 1
    assert said["data"]["version"] == "1.0.3"
    assert sum(said["data"]["records_by_split"].values()) == len(split)
    assert said["provenance"] == {"code": "1", "machine": "Linux", "started": "now"}


def test_what_is_learned_first_is_where_the_second_training_begins(trainings: Trainings) -> None:
    run(config(arms=PRETRAINED, per_label={"PVC": 6}, seeds=[0]))
    baseline, first, second = trainings.asked
    assert (baseline["epochs"], first["epochs"], second["epochs"]) == (5, 2, 3)
    assert (first["start"], second["start"]) == (None, {"run": 1})
    assert (first["sources"], list(second["sources"])) == ({"synthetic": 6}, ["real"])


def test_no_training_shares_a_folder_of_checkpoints_with_another(trainings: Trainings) -> None:
    study = config(arms={**ARMS, **PRETRAINED}, seeds=[0])
    run(study)
    paths = [asked["path"] for asked in trainings.asked]
    assert len({*paths}) == len(paths) == 10
    run(study, loudness=2)
    again = {asked["path"] for asked in trainings.asked[10:]}
    learned_nothing_made = {path for path in paths if "augmented" not in str(path) and "pretrain" not in str(path)}
    assert again & {*paths} == learned_nothing_made, "other synthetic signals must not continue an older training"


def test_a_run_is_trained_again_only_if_it_would_end_otherwise(trainings: Trainings) -> None:
    study = config(arms={"baseline": {}, "augmented": {"added": "checked"}}, per_label={"PVC": 6}, seeds=[0])
    _, kept = run(study)
    assert run(study, kept) == ({}, {})
    assert run(config(**{**vars(study), "training": {**TRAINING, "workers": 3}}), kept) == ({}, {})
    augmented = ["per_label/PVC/augmented-seed0"]
    assert list(run(study, kept, loudness=2)[0]) == augmented, "other synthetic signals"
    assert list(run(config(**{**vars(study), "per_label": {"PVC": 5}}), kept)[0]) == augmented
    assert set(run(config(**{**vars(study), "training": {**TRAINING, "epochs": 6}}), kept)[0]) == set(kept)


def test_a_killed_study_has_kept_what_was_finished(trainings: Trainings) -> None:
    study = config(per_label={"PVC": 6}, seeds=[0])
    trainings.dies_at = 1
    kept: dict[str, Any] = {}
    with pytest.raises(KeyboardInterrupt):
        for _, said in train(study, {}):
            kept |= said
    assert list(kept) == ["real/100pct/baseline-seed0"]
    trainings.dies_at = -1
    assert len(run(study, kept)[1]) == len(ARMS) - 1


def test_two_processes_with_different_seeds_share_the_runs_and_train_none_twice(trainings: Trainings) -> None:
    whole = run(config(per_label={"PVC": 6}))[1]
    one, other = (run(config(per_label={"PVC": 6}, seeds=[seed]))[1] for seed in (0, 1))
    assert {*one}.isdisjoint(other)
    together = {**one, **other}
    assert {name: said["rows"] for name, said in together.items()} == {n: said["rows"] for n, said in whole.items()}


def test_an_arm_without_records_is_left_out_by_name(trainings: Trainings, caplog: pytest.LogCaptureFixture) -> None:
    study = config(arms={"baseline": {}, "synthetic_only": {"real": False, "added": "checked"}}, per_label={"PVC": 6})
    _, said = run(study, passed=False)
    assert [name for name in said if not name.startswith("real")] == []
    assert "per_label/PVC/synthetic_only-seed0 has no record to learn from" in caplog.text


@pytest.mark.slow
def test_every_run_is_kept_and_none_is_trained_twice(whole_run: DataCatalog, project: Path, conf: Path) -> None:
    with session(project, conf) as running:
        running.run(pipeline_names=["study"])
    with session(project, conf) as after:
        catalog = after.load_context().catalog
    said = {name: load() for name, load in catalog.load("study_descriptions").items() if "/" in name}
    assert {name: (each["first"], list(each["records"])) for name, each in said.items()} == {
        **dict.fromkeys([f"real/100pct/baseline-seed{k}" for k in (0, 1)], ({}, ["real"])),
        **dict.fromkeys([f"per_label/PVC/augmented_unchecked-seed{k}" for k in (0, 1)], ({}, ["real", "synthetic"])),
        **dict.fromkeys([f"per_label/PVC/pretrain_finetune-seed{k}" for k in (0, 1)], ({"synthetic": 3}, ["real"])),
    }
    probabilities = catalog.load("study_probabilities")
    assert set(probabilities) == set(said)
    assert {split for load in probabilities.values() for split in load()["split"]} == {"test"}
    comparison = catalog.load("study_comparison")
    assert {*comparison["arm"]} == {"augmented_unchecked", "pretrain_finetune"}
    assert {*comparison.query("target")["label"]} == {"PVC"}
    made = {name: each["provenance"]["started"] for name, each in said.items()}
    with session(project, conf) as again:
        again.run(pipeline_names=["study"], node_names=["train_study"])
    kept = {
        name: load()["provenance"]["started"]
        for name, load in catalog.load("study_descriptions").items()
        if name in made
    }
    assert kept == made
