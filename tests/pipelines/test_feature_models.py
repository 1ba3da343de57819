"""Random forest and boosting on features: what they learn from, how they are chosen, what they say of themselves."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.beats import beat_table
from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.intervals import find_beats, rhythm_features
from ecg_forge.ecg.labels import statement_rows, task_labels
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals, to_microvolts
from ecg_forge.metrics.classification import auc, macro
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.pipelines.benchmark.runs import finished_runs
from ecg_forge.pipelines.feature_models.config import FeatureModelsConfig
from ecg_forge.pipelines.feature_models.nodes import (
    draw_feature_importance,
    measure_signal_features,
    train_feature_models,
)
from ecg_forge.pipelines.feature_models.trees import Examples, fit_boosting, fit_forest

CARD = {"version": "1.0.3", "sampling_rate_hz": 100}
PROVENANCE = {"code": "0.1 (abc)", "machine": "one core", "started": "2026-01-02T03:04:05+00:00", "parameters": {}}
CONFIG = FeatureModelsConfig(
    random_forest={"trees": 10, "features": 0.5, "leaf_records": [2, 60]},  # type: ignore[arg-type]
    gradient_boosting={"iterations": 8, "learning_rates": [0.3], "leaves": 4, "leaf_records": 5},  # type: ignore[arg-type]
    importance_records=40,
)
CODES = (["NORM"], ["IMI"], ["NDT", "LVH"], ["CLBBB"], ["LVH"], ["SR"])  # of the last, no superclass


def cohort(records: int = 240) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Records, labels, and features of which two in lead V1 tell MI and HYP, and the others nothing."""
    rng = np.random.default_rng(0)
    index = pd.RangeIndex(1, records + 1, name="ecg_id")
    table = pd.DataFrame({"patient_id": index + 1000, "split": "train"}, index=index)
    table.loc[index[-80:-40], "split"], table.loc[index[-40:], "split"] = "val", "test"
    labels = statement_rows([CODES[k] for k in rng.integers(len(CODES), size=records)], index)
    truth = task_labels(labels, "superclass")
    told = {f"V1_{name}": truth[name] + 0.3 * rng.normal(size=records) for name in ("MI", "HYP")}
    nothing = {f"{lead}_noise": rng.normal(size=records) for lead in LEADS}
    features = pd.DataFrame({**told, **nothing, "heart_rate_bpm": 60.0}, index=index).astype(np.float32)
    features.iloc[3, 4] = np.nan  # a record without a beat
    return table, labels, features


def train(config: FeatureModelsConfig = CONFIG, **changes: Any) -> tuple[dict, dict, pd.DataFrame]:
    records, labels, features = cohort()
    given = {"records": records, "labels": labels, "signal_features": features, **changes}
    return train_feature_models(**given, data_card=CARD, provenance=PROVENANCE, config=config)


@pytest.fixture(scope="module")
def trained() -> tuple[dict, dict, pd.DataFrame]:
    return train()


def test_both_models_are_runs_that_the_benchmark_can_score(trained: tuple) -> None:
    probabilities, descriptions, _ = trained
    loaders = [{key: (lambda value=value: value) for key, value in part.items()} for part in trained[:2]]
    runs = finished_runs(loaders[1], loaders[0])
    assert list(runs) == ["superclass/gradient_boosting-seed0", "superclass/random_forest-seed0"]
    records, labels, _ = cohort()
    held = task_labels(labels, "superclass").any(axis=1)
    for name, table in probabilities.items():
        assert table.index.equals(records.index[held & (records["split"] != "train")])
        assert set(table.dtypes.iloc[1:]) == {np.dtype(np.float16)}
        validation = Predictions.of("val", table, task_labels(labels, "superclass"), records)
        score = macro(auc(validation.truth, validation.probability))
        assert descriptions[name]["val_auc"] == pytest.approx(score, abs=1e-6)
        assert descriptions[name]["data"]["records_by_split"] == held.groupby(records["split"]).sum().to_dict()


def test_they_find_what_the_features_tell(trained: tuple) -> None:
    records, labels, _ = cohort()
    for table in trained[0].values():
        said = Predictions.of("test", table, task_labels(labels, "superclass"), records)
        scores = dict(zip(said.labels, auc(said.truth, said.probability), strict=True))
        assert scores["MI"] > 0.9
        assert scores["HYP"] > 0.9


def test_what_trees_do_not_have_is_null_and_what_was_chosen_is_said(trained: tuple) -> None:
    for name, said in trained[1].items():
        assert [part for part in ("parameters", "records_per_s", "epochs_trained", "best_epoch") if said[part]] == []
        assert said["features"] == 15
        assert said["trees"] > 0
        best = max(said["tried"], key=lambda each: each["val_auc"])
        assert said["chosen"] == {part: value for part, value in best.items() if part != "val_auc"}, name
    assert len(trained[1]["superclass/random_forest-seed0"]["tried"]) == 2


def test_what_a_feature_is_worth_is_summed_over_leads_and_over_kinds(trained: tuple) -> None:
    table = trained[2].set_index(["by", "name"])
    assert table.loc["lead"]["random_forest"].idxmax() == "V1"
    noise = table.loc[("feature", "noise"), "random_forest"] / len(LEADS)
    assert min(table.loc[("feature", name), "random_forest"] for name in ("MI", "HYP")) > 2 * noise
    assert table["random_forest"].groupby("by").sum().tolist() == pytest.approx([1, 1], abs=1e-4)
    assert table.loc[("feature", "noise"), "n_features"] == len(LEADS)
    assert table.loc[("lead", "V1"), "gradient_boosting"] > 0.1
    assert table.loc[("lead", "all leads"), "gradient_boosting"] == 0  # the heart rate is the same in all
    assert draw_feature_importance(trained[2]).startswith("<svg")


def test_the_same_seed_gives_the_same_probabilities(trained: tuple) -> None:
    again = train()
    assert all(table.equals(again[0][name]) for name, table in trained[0].items())
    assert trained[2].equals(again[2])


def test_the_test_fold_has_no_say_in_the_choice(trained: tuple) -> None:
    records, labels, _ = cohort()
    labels.loc[records["split"] == "test"] = statement_rows([["NORM"]], pd.Index([0])).to_numpy()
    changed = train(labels=labels)[1]
    for name, said in trained[1].items():
        assert {part: changed[name][part] for part in ("chosen", "tried")} == {p: said[p] for p in ("chosen", "tried")}


def test_a_patient_on_two_sides_stops_the_training() -> None:
    records, _, _ = cohort()
    with pytest.raises(LeakError, match="stands in"):
        train(records=records.assign(patient_id=1))


def test_no_record_of_another_split_is_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecg_forge.pipelines.feature_models.nodes.records_of", lambda table, _: table)
    with pytest.raises(LeakError, match="the models on features may only see training records"):
        train()


@pytest.mark.parametrize("fit", [fit_forest, fit_boosting])
def test_a_label_that_no_or_every_training_record_holds_keeps_its_share(fit: Any) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    truth = np.stack([x[:, 0] > 0, np.zeros(60, bool), np.ones(60, bool)], axis=1)
    settings = CONFIG.random_forest if fit is fit_forest else CONFIG.gradient_boosting
    said = fit(Examples(x, truth), Examples(x, truth), settings, 0, 1).probabilities(x)
    assert said.shape == truth.shape
    assert (said[:, 1] == 0).all()
    assert (said[:, 2] == 1).all()


def test_features_are_measured_block_by_block_and_joined_with_the_rhythm(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.zeros((5, 12, 1000), np.float32)
    for row, step in enumerate((60, 70, 80, 90, 100)):
        x[row, :, 50::step] = 1.0
    ids = np.array([3, 4, 8, 9, 11])
    signals = Signals(to_microvolts(x), ids)
    beats = beat_table(ids, find_beats(x, 100))
    features = rhythm_features(x, 100).set_index(pd.Index(ids, name="ecg_id"))
    whole = measure_signal_features(signals, beats, features)
    monkeypatch.setattr("ecg_forge.pipelines.feature_models.nodes._BLOCK", 2)
    assert measure_signal_features(signals, beats, features).equals(whole)
    assert whole["heart_rate_bpm"].tolist() == pytest.approx([100, 85.7, 75, 66.7, 60], abs=0.1)
    assert (whole.dtypes == np.float32).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "age"}, "unknown task 'age'"),
        ({"workers": 0}, "feature_models.workers is 0"),
        ({"importance_records": 0}, "feature_models.importance_records is 0"),
        ({"random_forest": {"trees": 0}}, "feature_models.random_forest.trees is 0"),
        ({"random_forest": {"features": 1.5}}, "feature_models.random_forest.features is 1.5"),
        ({"random_forest": {"leaf_records": []}}, "feature_models.random_forest.leaf_records is"),
        ({"random_forest": {"depth": 3}}, "feature_models.random_forest: .* 'depth'"),
        ({"gradient_boosting": {"learning_rates": [0]}}, "feature_models.gradient_boosting.learning_rates is"),
        ({"gradient_boosting": {"leaves": 1}}, "feature_models.gradient_boosting.leaves is 1"),
        ({"gradient_boosting": {"l2": -1}}, "feature_models.gradient_boosting.l2 is -1"),
        ({"gradient_boosting": {"bins": 300}}, "feature_models.gradient_boosting.bins is 300"),
    ],
)
def test_a_wrong_parameter_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        FeatureModelsConfig(**changes)
