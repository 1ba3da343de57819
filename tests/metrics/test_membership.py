import json

import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.metrics.membership import (
    WITHOUT_MEMORY,
    PrivacyLimits,
    blocked,
    membership_inference,
    neighbour_ratios,
    train_or_heldout,
)
from ecg_forge.metrics.memorisation import memorisation, nearest_distance
from ecg_forge.metrics.nearest_neighbours import nearest_distances


def attack(members, heldout, records_each=1, resamples=300):
    patients = np.arange(len(members)) // records_each
    others = 10**6 + np.arange(len(heldout)) // records_each
    return membership_inference(members, patients, heldout, others, resamples=resamples, seed=0)


def distances(n, seed, shift=0.0):
    return np.exp(0.2 * np.random.default_rng(seed).normal(size=n) + shift) / 5


def recordings(n, seed):
    return np.random.default_rng(seed).normal(size=(n, 4, 25)).astype(np.float32)


def test_members_as_far_away_as_others_cannot_be_told():
    found = attack(distances(2000, 0), distances(1000, 1))
    assert found["membership_auc_low"] < 0.5 < found["membership_auc_high"]
    assert found["membership_auc"] == pytest.approx(0.5, abs=0.03)
    assert found["members_below_1_percent"] == pytest.approx(0.01, abs=0.01)
    assert (found["n_members"], found["n_heldout"]) == (2000, 1000)
    assert json.loads(json.dumps(found)) == found


def test_the_auc_is_the_chance_that_a_member_is_nearer():
    members, heldout = distances(300, 0, shift=-0.1), distances(200, 1)
    found = attack(members, heldout)
    assert found["membership_auc"] == pytest.approx(np.mean(members[:, None] < heldout[None]))
    assert 0.5 < found["membership_auc_low"] < found["membership_auc"] < found["membership_auc_high"]


def test_a_few_remembered_records_show_in_the_share_though_not_in_the_auc():
    members = distances(2000, 0)
    members[:100] = 0.001
    found = attack(members, distances(1000, 1))
    assert found["membership_auc"] < 0.55
    assert found["members_below_1_percent"] == pytest.approx(0.06, abs=0.01)


def test_the_interval_is_over_patients():
    members, heldout = np.repeat(distances(300, 0), 4), np.repeat(distances(300, 1), 4)
    by_record, by_patient = attack(members, heldout), attack(members, heldout, records_each=4)
    widths = [found["membership_auc_high"] - found["membership_auc_low"] for found in (by_record, by_patient)]
    assert widths[1] == pytest.approx(2 * widths[0], rel=0.25)


def test_the_interval_covers_a_planted_auc():
    from scipy.stats import norm

    true = norm.cdf(0.1 / (0.2 * np.sqrt(2)))
    found = [attack(distances(150, k, shift=-0.1), distances(100, 1000 + k)) for k in range(200)]
    hits = np.mean([each["membership_auc_low"] <= true <= each["membership_auc_high"] for each in found])
    assert 0.92 <= hits <= 0.98


def test_a_patient_on_both_sides_is_a_leak():
    with pytest.raises(LeakError, match="patient 3"):
        membership_inference(np.ones(2), np.array([1, 3]), np.ones(1), np.array([3]), resamples=10, seed=0)


@pytest.mark.parametrize(
    ("members", "patients", "message"),
    [
        (np.ones(0), np.ones(0), "members"),
        (np.array([1.0, np.nan]), np.arange(2), "finite"),
        (np.array([1.0, -1.0]), np.arange(2), "not negative"),
        (np.ones(2), np.arange(3), "2 distances of members but 3 patients"),
    ],
)
def test_distances_that_mean_nothing_are_refused(members, patients, message):
    with pytest.raises(BadInput, match=message):
        membership_inference(members, patients, np.ones(1), np.array([9]), resamples=10, seed=0)


def test_records_between_both_sides_are_nearer_to_training_half_the_time():
    found = train_or_heldout(distances(1000, 0), distances(1000, 1))
    assert found["nearer_to_train"] == pytest.approx(0.5, abs=0.04)
    assert found["train_over_heldout"] == pytest.approx(1, abs=0.03)
    assert train_or_heldout(np.ones(3), np.ones(3))["nearer_to_train"] == 0.5
    assert json.loads(json.dumps(found)) == found


def test_half_copied_records_are_nearer_to_training():
    to_train = np.r_[np.full(500, 0.01), distances(500, 0)]
    assert train_or_heldout(to_train, distances(1000, 1))["nearer_to_train"] == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize(
    ("to_train", "to_heldout", "message"),
    [
        (np.ones(0), np.ones(0), "to_train"),
        (np.ones(2), np.ones(3), "2 distances to training, 3"),
        (np.ones(2), np.zeros(2), "equal held-out"),
    ],
)
def test_sides_that_cannot_be_compared_are_refused(to_train, to_heldout, message):
    with pytest.raises(BadInput, match=message):
        train_or_heldout(to_train, to_heldout)


def test_a_near_copy_has_a_low_ratio():
    train, heldout = recordings(60, 0), recordings(400, 1)
    copies = train[:50] + np.float32(0.02) * recordings(50, 2)
    synthetic = np.concatenate([copies, recordings(150, 3)])
    measured = [nearest_distances(side, train, 2) for side in (synthetic, heldout)]
    found = neighbour_ratios(*measured)
    assert found["low_ratio_share"] == pytest.approx(0.25 + 0.75 * 0.05, abs=0.05)
    assert 0.9 < found["heldout_median_ratio"] < 1
    assert json.loads(json.dumps(found)) == found


def test_a_copy_of_a_record_that_is_there_twice_counts_as_one():
    twice = np.array([[0.0, 0.0]])
    assert neighbour_ratios(twice, np.array([[0.9, 1.0], [0.8, 1.0]]))["low_ratio_share"] == 1


@pytest.mark.parametrize("synthetic", [np.ones(3), np.ones((2, 3)), np.array([[2.0, 1.0]])])
def test_ratios_need_the_nearest_two_in_order(synthetic):
    with pytest.raises(BadInput, match="the nearest first"):
        neighbour_ratios(synthetic, np.array([[1.0, 2.0]]))


def figures_of(synthetic, train, heldout):
    """Everything a run is judged by, measured on recordings."""
    members, others = (nearest_distance(side, synthetic)[0] for side in (train, heldout))
    to_train, to_heldout = (nearest_distance(synthetic, side)[0] for side in (train[: len(heldout)], heldout))
    pairs = [nearest_distances(side, train, 2) for side in (synthetic, heldout)]
    every = nearest_distance(synthetic, train)[0], nearest_distance(heldout, train)[0]
    return (
        attack(members, others)
        | train_or_heldout(to_train, to_heldout)
        | neighbour_ratios(*pairs)
        | memorisation(*every)
    )


def test_a_generator_without_memory_passes_and_one_that_copies_is_blocked():
    train, heldout = recordings(200, 0), recordings(200, 1)
    honest, copied = recordings(200, 2), train + np.float32(0.1) * recordings(200, 3)
    assert blocked(figures_of(honest, train, heldout), PrivacyLimits(members_below_1_percent=0.05)) == []
    reasons = blocked(figures_of(copied, train, heldout), PrivacyLimits())
    assert [reason.split(" is ")[0] for reason in reasons] == list(WITHOUT_MEMORY)
    assert "membership_auc is 1, above its limit 0.55 (0.5 without memory)" in reasons


def test_a_figure_at_its_limit_passes_and_a_missing_one_does_not():
    limits = PrivacyLimits()
    assert blocked(vars(limits), limits) == []
    with pytest.raises(BadInput, match="no figure nearer_to_train"):
        blocked({name: value for name, value in vars(limits).items() if name != "nearer_to_train"}, limits)
    with pytest.raises(BadInput, match="no figure membership_auc"):
        blocked(vars(limits) | {"membership_auc": float("nan")}, limits)


@pytest.mark.parametrize("limit", [0.4, 1.1, float("nan")])
def test_a_limit_lies_between_no_memory_and_one(limit):
    with pytest.raises(BadInput, match="privacy.limits.membership_auc"):
        PrivacyLimits(membership_auc=limit)
