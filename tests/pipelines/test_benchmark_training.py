"""The benchmark trains what is not there yet, leaves unlabelled records out, and says how each run came about."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf

from ecg_forge.datasets.checkpoints import CheckpointFolder
from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.labels import TASKS
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.statements import CODES
from ecg_forge.pipelines.benchmark.config import BenchmarkConfig
from ecg_forge.pipelines.benchmark.description import differ_in
from ecg_forge.pipelines.benchmark.nodes import train_benchmark
from ecg_forge.training.fit import History
from tests.pipelines.conftest import ROOT

CONF = ROOT / "conf"
CPU = "cpu/parameters/cpu.yml"
TRAINING = {"model": "resnet1d_tiny", "epochs": 2, "batch_size": 4, "crop_s": 0.5, "stride_s": 0.5}
CARD = {"version": "1.0.3", "sampling_rate_hz": 100}
ORIGIN = {"code": "0.1 (abc)", "machine": "some", "started": "2026-01-01T00:00:00+00:00", "ptbxl_source": "here"}


class KilledError(Exception):
    """What a kill looks like from inside."""


def config(**changes: Any) -> BenchmarkConfig:
    return BenchmarkConfig(
        **{
            "classifiers": ["tiny", "tiny_metadata"],
            "tasks": ["superclass"],
            "seeds": [0],
            "training": TRAINING,
            "departures": {"tiny_metadata": {"metadata": True}},
            **changes,
        }
    )


def records() -> pd.DataFrame:
    splits = ["train"] * 12 + ["val"] * 6 + ["test"] * 6
    return pd.DataFrame(
        {"split": splits, "patient_id": range(24), "age": np.linspace(20, 90, 24), "sex": ["male", "female"] * 12},
        index=pd.Index(range(1, 25), name="ecg_id"),
    )


def labels() -> pd.DataFrame:
    """NORM and IMI by turns; the last record of each split has a rhythm only, no superclass."""
    table = pd.DataFrame(False, index=records().index, columns=list(CODES))
    table.loc[table.index[::2], "NORM"], table.loc[table.index[1::2], "IMI"] = True, True
    table.loc[[12, 18, 24], ["NORM", "IMI"]] = False
    table["SR"] = True
    return table


def signals() -> Signals:
    samples = np.random.default_rng(0).normal(scale=100, size=(24, 12, 100)).astype(np.int16)
    return Signals(samples, records().index.to_numpy())


def run(
    folder: Path,
    settings: BenchmarkConfig,
    finished: dict[str, dict[str, Any]] | None = None,
    weights: dict[str, dict[str, Any]] | None = None,
    table: pd.DataFrame | None = None,
) -> Iterator[Any]:
    known = records() if table is None else table
    done = [{name: (lambda found=found: found) for name, found in (each or {}).items()} for each in (finished, weights)]
    scales, checkpoints = {"mean_mv": 0.0, "sd_mv": 0.1}, CheckpointFolder(folder / "checkpoints")
    return train_benchmark(known, labels(), signals(), scales, CARD, ORIGIN, settings, *done, checkpoints)


def descriptions(runs: Iterator[Any]) -> dict[str, dict[str, Any]]:
    return {name: found for _, _, described in runs for name, found in described.items()}


def test_a_run_keeps_probabilities_weights_and_how_it_came_about(tmp_path: Path) -> None:
    (probabilities, weights, description), _ = list(run(tmp_path, config()))
    name = "superclass/tiny-seed0"
    assert list(probabilities) == list(weights) == list(description) == [name]
    table, said = probabilities[name], description[name]
    assert table.columns.tolist() == ["split", *TASKS["superclass"]]
    assert set(table.drop(columns="split").dtypes) == {np.dtype("float16")}
    assert table.index.tolist() == [13, 14, 15, 16, 17, 19, 20, 21, 22, 23]  # 12, 18 and 24 have no superclass
    assert said["data"]["records_by_split"] == {"train": 11, "val": 5, "test": 5}
    assert (said["name"], said["model"], said["task"], said["seed"]) == ("tiny", "resnet1d_tiny", "superclass", 0)
    assert said["configuration"]["steps_per_epoch"] == 2
    assert said["provenance"] == {part: ORIGIN[part] for part in ("code", "machine", "started")}
    assert said["labels"] == list(said["thresholds"]) == list(TASKS["superclass"])
    assert (said["epochs_trained"], said["best_epoch"] in (1, 2)) == (2, True)
    assert said["records_per_s"] > 0
    assert 0.05 < said["peak_memory_gb"] < 20


def test_the_parameters_counted_are_those_that_are_trained(tmp_path: Path) -> None:
    from ecg_forge.models.registry import build_classifier

    said = descriptions(run(tmp_path, config()))
    for name, n_metadata in (("tiny", 0), ("tiny_metadata", 5)):
        network = build_classifier("resnet1d_tiny", 12, 5, n_metadata)
        assert said[f"superclass/{name}-seed0"]["parameters"] == sum(p.numel() for p in network.parameters())


def test_finished_runs_are_not_trained_again_and_changed_ones_are(tmp_path: Path) -> None:
    first = descriptions(run(tmp_path, config(seeds=[0, 1])))
    assert list(run(tmp_path, config(seeds=[0, 1]), first)) == [({}, {}, {})]
    again = descriptions(run(tmp_path, config(seeds=[0, 1], departures={"tiny_metadata": {}}), first))
    assert list(again) == ["superclass/tiny_metadata-seed0", "superclass/tiny_metadata-seed1"]
    del first["superclass/tiny-seed1"]
    assert list(descriptions(run(tmp_path, config(seeds=[0, 1]), first))) == ["superclass/tiny-seed1"]


def test_a_run_is_scored_again_from_its_weights_where_only_the_scoring_changed(tmp_path: Path) -> None:
    name, one = "superclass/tiny-seed0", config(classifiers=["tiny"])
    ((probabilities, weights, first),) = run(tmp_path, one)
    mean = config(classifiers=["tiny"], training={**TRAINING, "aggregate": "mean"})
    ((again, _, second),) = run(tmp_path, mean, first, weights)
    trained = ("seconds", "records_per_s", "best_epoch", "provenance")
    assert [second[name][part] for part in trained] == [first[name][part] for part in trained]
    assert second[name]["configuration"] == {**first[name]["configuration"], "aggregate": "mean"}
    assert second[name]["epoch_chosen_with"] == {"aggregate": "max", "stride_s": 0.5}
    labels_only = [table[name].drop(columns="split").astype(float) for table in (again, probabilities)]
    assert (labels_only[0] <= labels_only[1] + 1e-3).all(axis=None)  # a mean is never above the largest
    assert not labels_only[0].equals(labels_only[1])
    assert list(run(tmp_path, mean, second, weights)) == [({}, {}, {})]


def test_who_reads_the_batches_makes_no_other_run(tmp_path: Path) -> None:
    first = descriptions(run(tmp_path, config(classifiers=["tiny"])))
    helped = config(classifiers=["tiny"], training={**TRAINING, "workers": 2})
    assert list(run(tmp_path, helped, first)) == [({}, {}, {})]


NEW_SINCE = ("schedule", "plateau_factor", "plateau_patience", "leads", "preparation")


def test_a_run_kept_before_a_setting_was_known_is_the_same_while_that_has_its_default() -> None:
    (one,) = config(classifiers=["tiny"]).configurations({"superclass": 11}).values()
    kept = {"configuration": json.loads(json.dumps(asdict(one)))}  # as its file holds it
    assert differ_in(kept, one) == set()
    for name in NEW_SINCE:
        del kept["configuration"][name]
    del kept["configuration"]["loss"]["focal_alpha"]
    assert differ_in(kept, one) == set()
    fewer = replace(one, leads=("I", "II", "V2"), loss=replace(one.loss, focal_alpha=0.25))
    assert differ_in(kept, fewer) == {"leads", "loss"}
    assert differ_in({"configuration": json.loads(json.dumps(asdict(fewer)))}, fewer) == set()


def test_the_committed_runs_are_those_that_their_environment_would_train() -> None:
    settings = OmegaConf.to_container(
        OmegaConf.merge(*(OmegaConf.load(CONF / file) for file in ("base/parameters/benchmark.yml", CPU)))["benchmark"]
    )
    wanted = BenchmarkConfig(**settings).configurations({"all": 17_418, "superclass": 17_084})
    assert len(wanted) == 4
    for name, configuration in wanted.items():
        kept = json.loads((CONF.parent / "docs" / "results" / "benchmark" / f"{name}.json").read_text())
        assert differ_in(kept, configuration) == set()


def test_a_benchmark_killed_in_a_training_ends_with_the_probabilities_of_an_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(classifiers=["tiny"])
    ((unbroken, _, _),) = run(tmp_path / "a", settings)

    def killed(history: History, *_: Any) -> None:
        if history.rows:  # the first epoch is over and its checkpoint written
            raise KilledError

    with monkeypatch.context() as context, pytest.raises(KilledError):
        context.setattr(History, "on_train_epoch_start", killed)
        next(run(tmp_path / "b", settings))
    ((continued, _, description),) = run(tmp_path / "b", settings)
    pd.testing.assert_frame_equal(continued["superclass/tiny-seed0"], unbroken["superclass/tiny-seed0"])
    assert description["superclass/tiny-seed0"]["epochs_trained"] == 2


def test_a_run_whose_weights_are_gone_is_trained_again(tmp_path: Path) -> None:
    first = descriptions(run(tmp_path, config(classifiers=["tiny"])))
    mean = config(classifiers=["tiny"], training={**TRAINING, "aggregate": "mean"})
    assert "epoch_chosen_with" not in descriptions(run(tmp_path, mean, first))["superclass/tiny-seed0"]


def test_a_run_on_another_version_of_the_data_is_made_again(tmp_path: Path) -> None:
    first = descriptions(run(tmp_path, config(classifiers=["tiny"])))
    first["superclass/tiny-seed0"]["data"]["version"] = "1.0.1"
    assert len(descriptions(run(tmp_path, config(classifiers=["tiny"]), first))) == 1


def test_seeds_differ_and_a_seed_repeats_itself(tmp_path: Path) -> None:
    settings = config(classifiers=["tiny"], seeds=[0, 1])
    tables = [{**p} for run_ in (1, 2) for p, _, _ in run(tmp_path, settings)]
    zero, one, zero_again, _ = (next(iter(table.values())) for table in tables)
    pd.testing.assert_frame_equal(zero, zero_again)
    assert not zero.equals(one)


def test_a_patient_in_two_splits_stops_the_benchmark(tmp_path: Path) -> None:
    with pytest.raises(LeakError, match="patient 3 stands in test and train"):
        next(run(tmp_path, config(), table=records().assign(patient_id=[*range(23), 3])))


def test_an_epoch_is_one_pass_over_the_records_of_the_task() -> None:
    made = config(tasks=["all", "form"]).configurations({"all": 17_418, "form": 3})
    steps = {name: found.steps_per_epoch for name, found in made.items()}
    assert (steps["all/tiny-seed0"], steps["form/tiny-seed0"]) == (4354, 1)
    assert asdict(made["all/tiny_metadata-seed0"]) | {"metadata": False} == asdict(made["all/tiny-seed0"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classifiers": []}, "benchmark.classifiers is empty"),
        ({"tasks": ["everything"]}, "unknown task 'everything'"),
        ({"seeds": [1, 1]}, "benchmark.seeds names a seed twice"),
        ({"classifiers": ["resnet9000"], "training": {"epochs": 1}}, "benchmark.*resnet9000.*unknown classifier"),
        ({"training": {**TRAINING, "steps_per_epoch": 3}}, "benchmark sets steps_per_epoch itself"),
        ({"training": {**TRAINING, "epoch": 3}}, "benchmark.*tiny: .*'epoch'"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        config(**changes)
