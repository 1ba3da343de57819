"""Late fusion learns on validation what its members are worth, and looks no better there than it is."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.metrics.classification import auc, macro
from ecg_forge.metrics.late_fusion import fit_late_fusion
from ecg_forge.metrics.late_fusion_config import LateFusionConfig
from ecg_forge.metrics.predictions import Predictions

CONFIG = LateFusionConfig(["left-seed0", "right-seed0"], ["superclass"], folds=3, penalties=(0.1, 1.0))
LABELS = ("A", "B")


def member(skill: tuple[float, float], seed: int, split: str = "val", n: int = 400) -> Predictions:
    """What a classifier with so much skill (in standard deviations) on each label says about the same records."""
    truth = np.random.default_rng(0).random((n, 2)) < 0.4
    noise = np.random.default_rng(seed).normal(size=(n, 2))
    probability = expit(truth * np.array(skill) + noise - 1).astype(np.float32)
    return Predictions(split, np.arange(n), np.arange(n) // 2, LABELS, truth, probability)


def two(split: str = "val") -> dict[str, Predictions]:
    """The left one is good at A only, the right one at B only."""
    return {"left": member((2.0, 0.0), 1, split), "right": member((0.0, 2.0), 2, split)}


def score(predictions: Predictions) -> float:
    return macro(auc(predictions.truth, predictions.probability))


def test_a_member_is_trusted_with_the_labels_it_is_good_at() -> None:
    members = two()
    fusion, crossed = fit_late_fusion(members, CONFIG)
    assert fusion.weight[0, 0] > 3 * abs(fusion.weight[0, 1])
    assert fusion.weight[1, 1] > 3 * abs(fusion.weight[1, 0])
    mean = replace(crossed, probability=(members["left"].probability + members["right"].probability) / 2)
    assert score(crossed) > score(mean) + 0.03


def test_the_formula_is_that_of_the_docstring() -> None:
    fusion, _ = fit_late_fusion(two(), CONFIG)
    test = two("test")
    logits = np.stack([logit(each.probability.astype(float)) for each in test.values()], axis=-1)
    expected = expit(fusion.intercept + np.einsum("rlm,lm->rl", logits, fusion.weight))
    np.testing.assert_allclose(fusion.fused(test).probability, expected, atol=1e-6)


@pytest.mark.parametrize("split", ["train", "test"])
def test_weights_are_fitted_on_validation_only(split: str) -> None:
    with pytest.raises(LeakError, match=f"a late fusion is fitted on the val split only, not on {split}"):
        fit_late_fusion(two(split), CONFIG)


def test_what_fusion_says_about_a_validation_record_does_not_follow_from_its_own_patient() -> None:
    """Turning the truth of one patient round changes what is said about all others, and nothing of what it gets."""
    members = two()
    turned = {name: replace(each, truth=each.truth ^ (each.patient_id == 7)[:, None]) for name, each in members.items()}
    (_, before), (_, after) = fit_late_fusion(members, CONFIG), fit_late_fusion(turned, CONFIG)
    own = before.patient_id == 7
    assert own.sum() == 2
    np.testing.assert_array_equal(before.probability[own], after.probability[own])
    assert (before.probability[~own] != after.probability[~own]).any()


def test_members_without_any_skill_look_no_better_than_chance_on_validation() -> None:
    members = {str(seed): member((0.0, 0.0), seed) for seed in range(2, 10)}
    config = replace(CONFIG, members=[f"{name}-seed0" for name in members])
    fusion, crossed = fit_late_fusion(members, config)
    assert score(crossed) < 0.55
    assert score(fusion.fused(members)) > score(crossed) + 0.02  # what it would look like on its own training records


def test_a_rare_label_weighs_its_members_equally() -> None:
    members = {name: replace(each, truth=each.truth & (each.ecg_id < 20)[:, None]) for name, each in two().items()}
    fusion, crossed = fit_late_fusion(members, CONFIG)
    np.testing.assert_array_equal(fusion.weight, 0.5)
    np.testing.assert_array_equal(fusion.intercept, 0.0)
    np.testing.assert_allclose(crossed.probability, fusion.fused(members).probability)


def test_probabilities_of_exactly_0_and_1_are_finite_evidence() -> None:
    members = {
        name: replace(each, probability=each.probability.astype(np.float16).round(0).astype(np.float32))
        for name, each in two().items()
    }
    fusion, crossed = fit_late_fusion(members, CONFIG)
    assert np.isfinite(fusion.weight).all()
    assert ((crossed.probability > 0) & (crossed.probability < 1)).all()


def test_the_same_seed_gives_the_same_weights() -> None:
    (one, crossed), (same, again) = fit_late_fusion(two(), CONFIG), fit_late_fusion(two(), CONFIG)
    np.testing.assert_array_equal(one.weight, same.weight)
    np.testing.assert_array_equal(crossed.probability, again.probability)
    _, other = fit_late_fusion(two(), replace(CONFIG, seed=1))
    assert (other.probability != crossed.probability).any()


def test_a_missing_member_is_refused() -> None:
    fusion, _ = fit_late_fusion(two(), CONFIG)
    with pytest.raises(BadInput, match="late fusion needs left, right, got left"):
        fusion.fused({"left": two("test")["left"]})
    with pytest.raises(BadInput, match="at least two members, got left"):
        fit_late_fusion({"left": two()["left"]}, CONFIG)


def test_members_that_score_other_records_are_refused() -> None:
    members = {"left": member((1.0, 1.0), 1), "right": member((1.0, 1.0), 2, n=398)}
    with pytest.raises(BadInput, match="left and right differ in split, records or labels"):
        fit_late_fusion(members, CONFIG)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"members": ["a-seed0"]}, "late_fusion.members is .*at least two different"),
        ({"members": ["a-seed0", "a-seed0"]}, "at least two different"),
        ({"members": ["a-seed0", "b"]}, "'b' is no run; give <name>-seed<k>"),
        ({"tasks": []}, "late_fusion.tasks is empty"),
        ({"tasks": ["everything"]}, "unknown task"),
        ({"folds": 2}, "late_fusion.folds is 2"),
        ({"penalties": (1.0, 0.0)}, "late_fusion.penalties"),
        ({"fewest_patients": 0}, "late_fusion.fewest_patients is 0"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        replace(CONFIG, **changes)
