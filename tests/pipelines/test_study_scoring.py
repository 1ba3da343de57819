"""Every comparison of the study follows from its kept runs and PTB-XL's metadata alone, and odd runs are refused."""

import json
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.metrics import average_precision_score, cohen_kappa_score, f1_score, roc_auc_score

from ecg_forge.datasets.stock import Partitions
from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.metadata import DataConfig
from ecg_forge.metrics.config import EvaluationConfig
from ecg_forge.pipelines.study import scoring
from ecg_forge.pipelines.study.config import StudyConfig
from ecg_forge.pipelines.study.description import describe_task
from ecg_forge.pipelines.study.scoring import score_study, significant
from tests.pipelines.conftest import GLOBALS, PARAMETERS, session, write_conf
from tests.pipelines.made_up_benchmark import metadata, truth

Loaders = dict[str, Callable[[], Any]]

ARMS = {"baseline": {}, "oversampled": {"added": "copies"}, "augmented": {"added": "checked"}}
WEIGHTED = {"class_weighted": {"training": {"loss": {"class_weights": "balanced"}}}}
SETTINGS: dict[str, Any] = {
    "training": {"model": "resnet1d_tiny", "task": "superclass", "epochs": 4, "steps_per_epoch": 1},
    "seeds": [0, 1, 2],
    "arms": ARMS,
    "experiments": ["per_label"],
    "per_label": {"NORM": 5},
}
STUDY = StudyConfig(**SETTINGS)
SKILL = 0.6
GAIN = 3.0
"""How much better the augmented arm of the cell NORM tells NORM, in standard deviations."""
EVALUATION = EvaluationConfig(resamples=100)
AUGMENTED = "per_label/NORM/augmented-seed{}"
DAMAGED = AUGMENTED.format(1)


def probabilities(name: str) -> pd.DataFrame:
    """Scores of the test records; most of a record's noise is its own, the rest the training's."""
    seed = name.rpartition("-seed")[2]
    labels, split = truth().task("superclass"), truth().records["split"]
    labels = labels[split.loc[labels.index] == "test"]
    skill = np.full(labels.shape[1], SKILL)
    if name.startswith("per_label/NORM/augmented"):
        skill[labels.columns.get_loc("NORM")] += GAIN
    noise = [np.random.default_rng(k).normal(0, 1, labels.shape) for k in (99, 7 * int(seed) + len(name))]
    logits = skill * labels.to_numpy(float) + 0.9 * noise[0] + 0.3 * noise[1] - 1
    table = pd.DataFrame(1 / (1 + np.exp(-logits)), index=labels.index, columns=labels.columns).astype(np.float16)
    table.insert(0, "split", "test")
    return table.sample(frac=1, random_state=int(seed))


def description(name: str, study: StudyConfig) -> dict[str, Any]:
    """What the training says about one run, as JSON gives it back."""
    place, arm, seed = runs_of(study)[name]
    labels = truth().task("superclass")
    split = truth().records.loc[labels.index, "split"]
    added = {"oversampled": {"copy": 5}, "augmented": {"synthetic": 5}}.get(arm, {})
    said = {
        **describe_task(name, place, arm, seed, study),
        **{"records": {"real": 400, **added}, "first": {}, "rows": f"rows of {arm} in {place.key}"},
        "data": {
            **{"version": truth().version, "sampling_rate_hz": 100},
            "records_by_split": {each: int((split == each).sum()) for each in ("train", "val", "test")},
        },
        **{"seconds": 2.5, "best_epoch": 4, "val_auc": 0.8, "val_ap": 0.5},
        "thresholds": dict.fromkeys(labels.columns, 0.4 + 0.01 * seed),
        "provenance": {"code": "1", "machine": "Linux", "started": "2026-01-02T03:04:05+00:00"},
    }
    return json.loads(json.dumps(said))


def runs_of(study: StudyConfig) -> dict[str, Any]:
    return study.runs(study.cells({}))  # only the rare statements ask how many records there are


def kept(study: StudyConfig = STUDY, without: tuple[str, ...] = ()) -> tuple[Loaders, Loaders]:
    """Descriptions and probabilities of every run but some, as the catalog loads them."""
    names = [name for name in runs_of(study) if name not in without]
    return (
        {name: lambda name=name: description(name, study) for name in names},
        {name: lambda name=name: probabilities(name) for name in names},
    )


def score(described: Loaders, scored: Loaders, study: StudyConfig = STUDY) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    return score_study(metadata(), DataConfig(), EVALUATION, study, described, scored)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The runs of each comparison, which is not made: the tests that ask for this are about which runs are used."""
    asked: list[tuple[str, ...]] = []

    def remember(pair: scoring.Pair, *_: Any) -> pd.DataFrame:
        asked.append(pair.ids)
        return pd.DataFrame({"label": ["NORM"], "metric": "auc", "seeds": len(pair.seeds)})

    monkeypatch.setattr(scoring, "_compared", remember)
    return asked


@cache
def whole() -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    return score(*kept())


def run_name(cell: str, arm: str, seed: int) -> str:
    place = "real/100pct" if arm in ("baseline", "class_weighted") else f"per_label/{cell}"
    return f"{place}/{arm}-seed{seed}"


def test_every_arm_is_compared_with_the_baseline_and_with_its_control_in_every_cell(compared: list) -> None:
    study = StudyConfig(
        **{**SETTINGS, "seeds": [0, 1], "per_label": {"NORM": 5, "LVH": 4}, "arms": {**ARMS, **WEIGHTED}}
    )
    comparison = score(*kept(study), study)[0]
    assert comparison[["experiment", "cell", "arm", "reference"]].to_records(index=False).tolist() == [
        ("per_label", cell, *pair)
        for cell in ("NORM", "LVH")
        for pair in (
            *(("oversampled", "baseline"), ("augmented", "baseline"), ("augmented", "oversampled")),
            ("class_weighted", "baseline"),
        )
    ]
    assert len(compared) == 7, "class_weighted and baseline are the same runs in both cells, and compared once"


def test_differences_are_those_of_a_plain_loop_over_seeds() -> None:
    comparison = whole()[0].set_index(["cell", "arm", "reference", "metric", "label"])
    for cell, arm, reference in (("NORM", "augmented", "baseline"), ("NORM", "augmented", "oversampled")):
        for label in truth().task("superclass"):
            values: dict[str, list[tuple[float, float]]] = {"auc": [], "ap": [], "f1": []}
            for seed in (0, 1, 2):
                sides = [probabilities(run_name(cell, name, seed))[label].astype(float) for name in (reference, arm)]
                real = truth().task("superclass")[label]
                values["auc"].append(tuple(roc_auc_score(real.loc[side.index], side) for side in sides))
                values["ap"].append(tuple(average_precision_score(real.loc[side.index], side) for side in sides))
                limit = 0.4 + 0.01 * seed
                values["f1"].append(tuple(f1_score(real.loc[side.index], side >= limit) for side in sides))
            for metric, found in values.items():
                row = comparison.loc[(cell, arm, reference, metric, label)]
                before, after = np.mean(found, axis=0)
                assert row["reference_value"] == pytest.approx(before, rel=1e-5)
                assert row["value"] == pytest.approx(after, rel=1e-5)
                assert row["difference"] == pytest.approx(after - before, abs=1e-6)
                assert row["seeds"] == 3


def test_the_planted_difference_is_found_where_it_was_planted_and_nowhere_else() -> None:
    comparison = whole()[0]
    better = comparison.query("verdict == 'better' and label not in ('macro', 'macro_rare') and arm == 'augmented'")
    assert {*zip(better["cell"], better["label"], strict=True)} == {("NORM", "NORM")}
    assert {*better["reference"]} == {"baseline", "oversampled"}
    planted = comparison.query("cell == 'NORM' and arm == 'augmented' and metric == 'auc' and label == 'NORM'")
    assert (planted["low"] > 0.1).all()
    assert (planted["difference"] > planted["detectable_corrected"]).all()
    assert planted["reachable"].all()


def test_a_target_is_the_label_under_which_its_statement_counts(compared: list) -> None:
    study = StudyConfig(**{**SETTINGS, "seeds": [0, 1], "per_label": {"NORM": 5, "LVH": 4}})
    comparison, crosschecks, _ = score(*kept(study), study)
    assert {*comparison.query("target")["cell"]} == {"NORM"}
    assert {*zip(crosschecks["cell"], crosschecks["label"], strict=True)} == {("NORM", "NORM"), ("LVH", "HYP")}


def test_crosschecks_are_made_seed_by_seed_for_the_targets() -> None:
    crosschecks = whole()[1]
    assert tuple(crosschecks.columns) == scoring.CROSSCHECKS
    assert len(crosschecks) == 3 * 3, "pairs × seeds, one target each"
    for _, row in crosschecks.iterrows():
        label = row["label"]
        before, after = (
            probabilities(run_name(row["cell"], row[side], row["seed"]))[label].astype(float).sort_index()
            for side in ("reference", "arm")
        )
        real = truth().task("superclass").loc[before.index, label]
        difference = roc_auc_score(real, after) - roc_auc_score(real, before)
        assert row["delong_difference"] == pytest.approx(difference, abs=1e-6)
        decided = [side >= 0.4 + 0.01 * row["seed"] for side in (before, after)]
        assert row["only_reference"] == ((decided[0] == real) & (decided[1] != real)).sum()
        assert row["only_arm"] == ((decided[0] != real) & (decided[1] == real)).sum()
        assert row["kappa"] == pytest.approx(cohen_kappa_score(*decided), abs=1e-6)


def test_the_summary_says_what_was_compared() -> None:
    summary = whole()[2]
    split = truth().records["split"]
    assert summary["data"] == {
        "version": truth().version,
        "records_by_split": {each: int((split == each).sum()) for each in ("train", "val", "test")},
    }
    assert summary["evaluation"] == {"resamples": 100, "seed": 0, "margin": 0.005}
    assert [(cell["experiment"], cell["name"], cell["share"], cell["targets"]) for cell in summary["cells"]] == [
        ("per_label", "NORM", 1.0, {"NORM": 5}),
    ]
    arms = summary["cells"][0]["arms"]
    assert list(arms) == list(ARMS)
    assert arms["oversampled"] == {"seeds": [0, 1, 2], "records": {"real": 400, "copy": 5}, "first": {}}
    assert [run["name"] for run in summary["runs"]] == list(runs_of(STUDY))
    assert not any({"thresholds", "labels"} & {*run} for run in summary["runs"])
    assert summary["missing"] == []


def test_the_same_runs_give_the_same_bytes_in_whatever_order_they_are_found() -> None:
    described, scored = ({name: found[name] for name in reversed(found)} for found in kept())
    again = score(described, scored)
    for one, other in zip(whole()[:2], again[:2], strict=True):
        assert one.to_csv(index=False) == other.to_csv(index=False)
    assert json.dumps(whole()[2], allow_nan=False) == json.dumps(again[2], allow_nan=False)


def test_numbers_have_six_significant_digits() -> None:
    table = significant(pd.DataFrame({"a": [1 / 3, 1e-9 / 3, -0.0, np.nan, 123456.7], "n": [1, 2, 3, 4, 5]}))
    assert table.to_csv(index=False).split() == [
        *("a,n", "0.333333,1", "3.33333e-10,2", "0.0,3", ",4", "123457.0,5"),
    ]


def test_a_comparison_uses_the_seeds_that_both_sides_have(compared: list, caplog: pytest.LogCaptureFixture) -> None:
    missing = (AUGMENTED.format(0), "per_label/NORM/oversampled-seed1")
    study = StudyConfig(**{**SETTINGS, "seeds": [0, 1, 2, 3]})
    comparison, crosschecks, summary = score(*kept(study, without=missing), study)
    seeds = crosschecks.groupby(["arm", "reference"])["seed"].unique()
    assert {pair: found.tolist() for pair, found in seeds.items()} == {
        ("augmented", "baseline"): [1, 2, 3],
        ("augmented", "oversampled"): [2, 3],
        ("oversampled", "baseline"): [0, 2, 3],
    }
    assert comparison.query("arm == 'augmented' and reference == 'oversampled'")["seeds"].tolist() == [2]
    assert summary["missing"] == sorted(missing, key=list(runs_of(study)).index)
    assert summary["cells"][0]["arms"]["augmented"]["seeds"] == [1, 2, 3]
    assert all(name in caplog.text for name in missing)


def test_an_arm_with_one_common_seed_is_left_out_with_a_warning(
    compared: list, caplog: pytest.LogCaptureFixture
) -> None:
    comparison, crosschecks, _ = score(*kept(without=tuple(AUGMENTED.format(seed) for seed in (0, 2))))
    assert {*comparison["arm"]} == {*crosschecks["arm"]} == {"oversampled"}
    assert "per_label/NORM: augmented shares 1 of the seeds with baseline and is not compared" in caplog.text


def test_nothing_to_compare_is_said() -> None:
    alone = StudyConfig(**{**SETTINGS, "seeds": [0]})
    with pytest.raises(BadInput, match="no arm shares two seeds .* add seeds"):
        score(*kept(alone), alone)
    for nothing in ({}, {"summary": lambda: {"cells": []}}):
        with pytest.raises(BadInput, match="no finished run .* run `kedro run --pipelines=study` first"):
            score(nothing, {})


def test_foreign_and_stopped_runs_are_passed_over_by_name(compared: list, caplog: pytest.LogCaptureFixture) -> None:
    described, scored = kept(without=(DAMAGED,))
    described["mix_ratio/1/augmented-seed0"] = lambda: pytest.fail("a run of no cell was loaded")
    described["summary"] = lambda: pytest.fail("what follows from the runs was loaded as one")
    scored[DAMAGED] = lambda: pytest.fail("a run without a description was loaded")
    with caplog.at_level(logging.WARNING):
        summary = score(described, scored)[2]
    assert summary["missing"] == [DAMAGED]
    assert "1 runs are none of the parameters' and are not scored: mix_ratio/1/augmented-seed0" in caplog.text
    assert f"run {DAMAGED} has no description: it was stopped before its end" in caplog.text


def changed(said: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *parts, last = path.split(".")
    place = said
    for part in parts:
        place = place[part]
    place[last] = value
    return said


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("configuration.epochs", 9, "it was made with other parameters than params:study says, in epochs"),
        ("configuration.huh", 9, "in configuration"),
        ("cell.targets", {"NORM": 500}, "in cell"),
        ("seed", 2, "in seed"),
        ("arm", "oversampled", "in arm"),
        ("labels", ["NORM"], "in labels"),
        ("name", "per_label/NORM/augmented-seed0", "in name"),
        ("data.version", "1.0.1", "its version is 1.0.1, but that of the metadata is unknown"),
        ("data.records_by_split", {"test": 2}, "its records_by_split is"),
        ("data.sampling_rate_hz", 500, "were made with different data"),
        ("thresholds", {"NORM": 0.5}, "has no threshold for MI, STTC, CD, HYP"),
        ("thresholds.MI", None, "has no threshold for MI"),
        ("rows", "others", "seed0 and .*-seed1 learned from different rows or synthetic signals"),
    ],
)
def test_a_description_must_fit_parameters_metadata_and_the_other_runs(path: str, value: Any, message: str) -> None:
    described, scored = kept()
    described[DAMAGED] = lambda: changed(description(DAMAGED, STUDY), path, value)
    with pytest.raises(BadInput, match=message) as raised:
        score(described, scored)
    assert DAMAGED in str(raised.value)


def test_a_description_must_be_whole_and_have_its_probabilities() -> None:
    described, scored = kept()
    del scored[DAMAGED]
    with pytest.raises(BadInput, match=f"run {DAMAGED} has a description but no probabilities"):
        score(described, scored)
    described, scored = kept()
    described[DAMAGED] = lambda: {k: v for k, v in description(DAMAGED, STUDY).items() if k != "rows"}
    with pytest.raises(BadInput, match=f"run {DAMAGED}: its description lacks rows"):
        score(described, scored)


def test_workers_may_differ_and_a_setting_that_is_new_since_had_its_default(compared: list) -> None:
    described, scored = kept()

    def older() -> dict[str, Any]:
        said = changed(description(DAMAGED, STUDY), "configuration.workers", 7)
        for name in ("sampling", "schedule", "plateau_factor", "plateau_patience", "leads", "preparation"):
            del said["configuration"][name]
        del said["configuration"]["loss"]["focal_alpha"]
        return said

    described[DAMAGED] = older
    assert score(described, scored)[2]["missing"] == []


def with_record_of(split: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    places = truth().records["split"]
    return lambda table: table.rename(index={table.index[0]: places.index[places == split][0]})


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda table: table.iloc[1:], BadInput, r"lacks test record \d+ \(1 such records\)"),
        (with_record_of("train"), LeakError, "is scored as test but stands in train"),
        (with_record_of("val"), LeakError, "is scored as test but stands in val"),
        (lambda table: table.rename(index={table.index[0]: 99_999}), BadInput, "99999 is not in the"),
        (lambda table: pd.concat([table, table.iloc[:1]]), BadInput, "stands twice"),
        (lambda table: table.rename(columns={"MI": "IM"}), BadInput, "wrong: IM, MI"),
        (lambda table: table[["split", *table.columns[:0:-1]]], BadInput, "wrong: order"),
        (lambda table: table.assign(split="val"), BadInput, "records of split val; only those of the test split"),
        (lambda table: table.assign(MI=np.float16(np.nan)), BadInput, r"not in \[0, 1\]"),
    ],
)
def test_probabilities_must_be_those_of_the_test_records(change: Any, error: type[Exception], message: str) -> None:
    described, scored = kept()
    scored[DAMAGED] = lambda: change(probabilities(DAMAGED))
    with pytest.raises(error, match=message) as raised:
        score(described, scored)
    assert f"run {DAMAGED}" in str(raised.value)


POOL = {
    "checks.csv": "kind,share,target,reason,count\nreal_sets,1.0,NORM,accepted,5\n",
    "diversity.csv": "target,accepted,rejected,spread_real,spread_accepted,spread_rejected\nNORM,5,0,1.0,0.9,\n",
    "privacy.json": "{}",
    "examples.json": "{}",
}
"""What became of the synthetic records, as it is kept."""


def test_the_pipeline_needs_the_kept_files_and_the_metadata_only(project: Path, tmp_path: Path) -> None:
    folder, ptbxl = tmp_path / "study", tmp_path / "ptb-xl"
    ptbxl.mkdir()
    metadata().to_csv(ptbxl / "ptbxl_database.csv")
    base = yaml.safe_load((project / "conf/base/parameters/study.yml").read_text())["study"]
    study = {
        **SETTINGS,
        "training": {**base["training"], **SETTINGS["training"], "validate_every": 1},
        "arms": {**dict.fromkeys(base["arms"]), "baseline": {}, "augmented": {"added": "checked"}},
        "per_label": {**dict.fromkeys(base["per_label"], 0), "NORM": 5},
    }
    conf = write_conf(tmp_path, tmp_path / "data", {**PARAMETERS, "study": study})
    places = {"data": str(tmp_path / "data"), "study": str(folder), "ptbxl_source": str(ptbxl)}
    (conf / "test" / "globals.yml").write_text(yaml.safe_dump({**GLOBALS, **places, "simulation": None}))
    with session(project, conf) as reading:
        merged = reading.load_context().params["study"]
    for suffix, kind, items in zip((".json", ".parquet"), ("JSONFile", "Table"), kept(merged), strict=True):
        Partitions(path=str(folder), filename_suffix=suffix, dataset=f"ecg_forge.datasets.stock.{kind}").save(items)
    for name, text in POOL.items():
        (folder / name).write_text(text)
    written = []
    for _ in range(2):
        with session(project, conf) as running:
            running.run(pipeline_names=["study_results"])
        written.append({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    tables = {"comparison.csv", "crosschecks.csv", "summary.json"}
    documents = {"study.md", "study.svg", "model_card.md", "data_card.md", "tripod.md"}
    assert {str(path) for path in written[0]} >= tables | documents
    assert written[0] == written[1], "the second run found the first one's files and made the same bytes"
    assert str(tmp_path) not in "".join(text.decode(errors="ignore") for text in written[0].values())
