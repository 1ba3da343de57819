"""Every leak rule of the design, with the code that raises where it would be broken.

Normaliser, generator and label plan choose their training records themselves; their tests hand them a choice gone
wrong, and the rule must still hold.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecg_forge.datasets.validators import check_probabilities, check_records
from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.label_plan import draw_plan
from ecg_forge.ecg.metadata import REQUIRED_COLUMNS, DataConfig, record_table
from ecg_forge.ecg.plan_config import OneHotPlan, RealSetsPlan, TrainingDistributionPlan
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.splits import FIRST_SYNTHETIC_ID, check_patients_disjoint
from ecg_forge.ecg.statements import CODES
from ecg_forge.metrics.calibration import calibration, fit_temperature
from ecg_forge.metrics.membership import PrivacyLimits, membership_inference
from ecg_forge.metrics.operating_points import operating_points
from ecg_forge.metrics.plan_targets import validation_average_precision
from ecg_forge.metrics.predictions import Predictions, require_validation
from ecg_forge.metrics.study_comparison import SeededArm, compare_study
from ecg_forge.metrics.synthetic_checks import recognition_floor
from ecg_forge.metrics.thresholds import POLICIES, fit_thresholds
from ecg_forge.pipelines.baseline.nodes import tabulate_training_records, train_classifier
from ecg_forge.pipelines.data_engineering.nodes import measure_normaliser
from ecg_forge.pipelines.study.config import ArmRecipe, Cell, StudyConfig
from ecg_forge.pipelines.study.privacy import PrivacySample, measure_privacy
from ecg_forge.pipelines.study.tables import draw_study_plan, training_table
from ecg_forge.pipelines.synthesis.nodes import train_denoiser

SYNTHETIC = FIRST_SYNTHETIC_ID
MODES = [RealSetsPlan([{"statement": "WPW", "count": 8}]), OneHotPlan(["WPW"], 8), TrainingDistributionPlan(8)]


def records() -> pd.DataFrame:
    """Records 1 to 4 train, 5 and 6 validate, 7 and 8 test, each of a patient of its own; all hold WPW."""
    split = ["train"] * 4 + ["val"] * 2 + ["test"] * 2
    people = {"patient_id": range(11, 19), "age": np.arange(40.0, 48.0), "sex": "female"}
    return pd.DataFrame({"split": split, **people}, index=pd.RangeIndex(1, 9, name="ecg_id"))


def labels() -> pd.DataFrame:
    return pd.DataFrame(False, index=records().index, columns=list(CODES)).assign(WPW=True)


def torn() -> pd.DataFrame:
    """Record 5 validates, but its patient trains."""
    return records().assign(patient_id=[11, 12, 13, 14, 11, 16, 17, 18])


def signals() -> Signals:
    return Signals(np.zeros((8, 12, 10), np.int16), records().index.to_numpy())


def predictions(split: str, ecg_ids: range = range(1, 9)) -> Predictions:
    ids = np.array(ecg_ids)
    truth = (ids % 2)[:, None].astype(bool)
    return Predictions(split, ids, ids, ("WPW",), truth, np.linspace(0.1, 0.9, len(ids), dtype=np.float32)[:, None])


def choose_every_record(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setattr(f"{module}.records_of", lambda table, _: table)


# Training, normaliser, generator and label plan see folds 1 to 8 only.


@pytest.mark.parametrize(("ecg_id", "place"), [(5, "val"), (8, "test")])
@pytest.mark.parametrize("source", ["real", "copy"])
def test_no_classifier_learns_from_a_validation_or_test_record(ecg_id: int, place: str, source: str) -> None:
    table = labels().loc[[1, ecg_id]].reset_index(names="ecg_id").assign(source=source)
    with pytest.raises(LeakError, match=f"classifier training may only see .* ecg_id {ecg_id} is in {place}"):
        train_classifier(table, records(), labels(), {}, None, None)  # type: ignore[arg-type]


def test_no_record_of_another_split_is_measured_by_the_normaliser(monkeypatch: pytest.MonkeyPatch) -> None:
    choose_every_record(monkeypatch, "ecg_forge.pipelines.data_engineering.nodes")
    with pytest.raises(LeakError, match="the normaliser may only see training records .* ecg_id 5 is in val"):
        measure_normaliser(records(), signals())


def test_no_generator_learns_from_a_record_of_another_split(monkeypatch: pytest.MonkeyPatch) -> None:
    choose_every_record(monkeypatch, "ecg_forge.pipelines.synthesis.nodes")
    with pytest.raises(LeakError, match="the denoiser may only see training records .* ecg_id 5 is in val"):
        train_denoiser(records(), labels(), signals(), None, {}, None, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: type(mode).__name__)
def test_no_record_of_another_split_lends_its_label_set(monkeypatch: pytest.MonkeyPatch, mode: Any) -> None:
    choose_every_record(monkeypatch, "ecg_forge.ecg.label_plan")
    with pytest.raises(LeakError, match="the label plan may only see training records"):
        draw_plan(records(), labels(), mode)


def test_no_record_of_another_split_lends_its_label_set_to_the_study(monkeypatch: pytest.MonkeyPatch) -> None:
    choose_every_record(monkeypatch, "ecg_forge.ecg.label_plan")
    training = {"model": "resnet1d_tiny", "task": "all", "epochs": 2, "steps_per_epoch": 1}
    arms = {"baseline": {}, "augmented": {"added": "checked"}}
    study = StudyConfig(training, [0], arms, ["per_label"], per_label={"WPW": 8})
    with pytest.raises(LeakError, match="the label plan may only see training records"):
        draw_study_plan(records(), labels(), study)


def test_the_study_copies_no_record_of_another_split() -> None:
    planned = {"kind": "real_sets", "share": 1.0, "target": "WPW", "template_ecg_id": [5], "accepted": True}
    pool = pd.DataFrame(planned, index=[SYNTHETIC])
    baseline = tabulate_training_records(records(), labels())
    with pytest.raises(KeyError, match="5"):
        training_table(Cell("per_label", "WPW", {"WPW": 1}), ArmRecipe(added="copies"), baseline, records(), pool, 0)


# Thresholds, early stopping and every choice use fold 9 only; what fits a threshold refuses the test split.

CHOICES: dict[str, Callable[[Predictions], object]] = {
    **{f"threshold, {policy}": lambda given, policy=policy: fit_thresholds(given, policy) for policy in POLICIES},
    "temperature": fit_temperature,
    "calibration": lambda given: calibration(given, predictions("test")),
    "operating points": lambda given: operating_points(given, predictions("test")),
    "recognition of a target": lambda given: recognition_floor(given, "WPW", 0.1),
    "targets of the label plan": validation_average_precision,
    "anything else": lambda given: require_validation(given, "it is"),
}


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("choice", CHOICES)
def test_nothing_is_chosen_on_another_split_than_validation(choice: str, split: str) -> None:
    CHOICES[choice](predictions("val"))
    with pytest.raises(LeakError, match=f"not on {split}"):
        CHOICES[choice](predictions(split))


def test_test_records_called_validation_are_found_out() -> None:
    probabilities = pd.DataFrame({"split": "val", "WPW": [0.1, 0.9]}, index=[5, 7])
    with pytest.raises(LeakError, match="ecg_id 7 is scored as val but stands in test"):
        Predictions.of("val", probabilities, labels(), records())


def test_the_best_epoch_is_that_of_real_validation_records(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(
        "ecg_forge.training.classifier.fit_classifier",
        lambda training, validation, *_, **__: given.update(validation=validation) or ({}, pd.DataFrame()),
    )
    config = type("Config", (), {"task": "all"})
    train_classifier(tabulate_training_records(records(), labels()), records(), labels(), {}, config, None, signals())
    assert given["validation"].people.index.tolist() == [5, 6]


# Fold 10 is scored once per arm.


def test_a_test_record_scored_twice_is_refused() -> None:
    probabilities = pd.DataFrame({"split": "test", "WPW": [0.1, 0.9]}, index=pd.Index([7, 7], name="ecg_id"))
    with pytest.raises(BadInput, match="ecg_id 7 stands twice"):
        check_probabilities(probabilities)
    with pytest.raises(BadInput, match="ecg_id 7 stands twice"):
        Predictions.of("test", probabilities, labels(), records())


def test_one_training_cannot_count_twice() -> None:
    said, threshold = predictions("test"), {"WPW": 0.5}
    with pytest.raises(BadInput, match="one twice"):
        SeededArm((0, 0), (said, said), (threshold, threshold))


def test_arms_scored_on_different_splits_are_not_compared() -> None:
    arms = [SeededArm((0, 1), (predictions(s),) * 2, ({"WPW": 0.5},) * 2) for s in ("test", "val")]
    with pytest.raises(BadInput, match="differ in split"):
        compare_study(*arms, np.ones((100, 8), np.int32))


# No patient stands on two sides.


def metadata() -> pd.DataFrame:
    """PhysioNet's table of two records of one patient, in folds 1 and 9."""
    table = pd.DataFrame({column: [None] * 2 for column in REQUIRED_COLUMNS}, index=pd.Index([1, 2], name="ecg_id"))
    return table.assign(patient_id=11.0, age=50.0, sex=0, strat_fold=[1, 9], filename_lr="", filename_hr="")


SIDES: dict[str, Callable[[], object]] = {
    "records as they come": lambda: record_table(metadata(), DataConfig()),
    "records kept": lambda: check_records(
        torn().assign(
            fold=[1] * 4 + [9] * 2 + [10] * 2,
            **dict.fromkeys(("age_90_plus", "height", "weight", "site", "device", "recording_date")),
            **dict.fromkeys(("validated_by_human", "filename")),
        )
    ),
    "training": lambda: tabulate_training_records(torn(), labels()),
    "any table": lambda: check_patients_disjoint(torn()),
    "privacy": lambda: measure_privacy(torn(), signals(), signals(), torn(), torn(), PrivacySample(), PrivacyLimits()),
}


@pytest.mark.parametrize("side", SIDES)
def test_a_patient_in_two_splits_is_a_leak(side: str) -> None:
    with pytest.raises(LeakError, match="patient 11 stands in train and val"):
        SIDES[side]()


def test_a_patient_is_no_member_and_held_out_at_once() -> None:
    with pytest.raises(LeakError, match="patient 11 has records among members and held-out"):
        membership_inference(np.ones(2), np.array([11, 12]), np.ones(1), np.array([11]), resamples=10, seed=0)


# No synthetic record enters validation or test.


@pytest.mark.parametrize("split", ["val", "test"])
def test_a_synthetic_record_is_never_scored(split: str) -> None:
    probabilities = pd.DataFrame({"split": split, "WPW": [0.1, 0.9]}, index=[{"val": 5, "test": 7}[split], SYNTHETIC])
    with pytest.raises(BadInput, match=f"ecg_id {SYNTHETIC} is not in the"):
        Predictions.of(split, probabilities, labels(), records())


def test_synthetic_probabilities_of_a_split_of_their_own_are_refused() -> None:
    probabilities = pd.DataFrame({"split": ["test", "synthetic"], "WPW": 0.5}, index=pd.Index([7, SYNTHETIC]))
    with pytest.raises(BadInput, match="probabilities of the synthetic split; only val and test are predicted"):
        check_probabilities(probabilities)


def test_a_synthetic_record_cannot_pass_for_a_real_training_record() -> None:
    table = labels().loc[[1, 2]].reset_index(names="ecg_id").assign(source="real", ecg_id=[1, SYNTHETIC])
    with pytest.raises(LeakError, match=f"classifier training may only see training records .* ecg_id {SYNTHETIC}"):
        train_classifier(table, records(), labels(), {}, None, None)  # type: ignore[arg-type]


def test_a_real_record_cannot_pass_for_a_synthetic_one() -> None:
    table = labels().loc[[1, 8]].reset_index(names="ecg_id").assign(source=["real", "synthetic"])
    with pytest.raises(LeakError, match="ecg_id 8 is called synthetic"):
        train_classifier(table, records(), labels(), {}, None, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("fold", "split"), [(9, "val"), (10, "test")])
def test_metadata_with_a_synthetic_record_to_validate_or_test_on_are_refused(fold: int, split: str) -> None:
    table = metadata().rename(index={metadata().index[-1]: SYNTHETIC})
    table["strat_fold"] = 1
    table.loc[SYNTHETIC, "strat_fold"] = fold
    table["patient_id"] = np.arange(len(table))
    with pytest.raises(LeakError, match=f"synthetic record {SYNTHETIC} stands in {split}"):
        record_table(table, DataConfig())
    table["strat_fold"] = 1
    assert SYNTHETIC in record_table(table, DataConfig()).index
