import dataclasses

import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.bootstrap import patient_weights
from ecg_forge.metrics.comparison import compare_arms, holm, resamples_needed, two_sided_p
from ecg_forge.metrics.predictions import Predictions

COLUMNS = ["label", "metric", "reference_value", "value", "difference", "low", "high", "p", "p_holm", "verdict"]
LABELS = ("NORM", "AFIB", "TRIGU")
THRESHOLDS = dict.fromkeys(LABELS, 0.5)


def scored(informative, n=200):
    """A random score for every label, and for the informative ones a perfect score; TRIGU has two positives."""
    generator = np.random.default_rng(0)
    truth = generator.random((n, 3)) < 0.3
    truth[:, 2] = np.arange(n) < 2
    probability = generator.random((n, 3))
    for label in informative:
        k = LABELS.index(label)
        probability[:, k] = np.where(truth[:, k], 0.9, 0.1)
    ids = np.arange(n)
    return Predictions("test", ids, ids, LABELS, truth, probability.astype(np.float32))


def compared(baseline, arm, resamples=200, **more):
    weights = patient_weights(baseline.patient_id, resamples, seed=0)
    return compare_arms(baseline, arm, THRESHOLDS, THRESHOLDS, weights, **more)


def row(table, label, metric="auc"):
    return table[(table["label"] == label) & (table["metric"] == metric)].iloc[0]


def test_identical_arms_differ_by_nothing():
    table = compared(scored(["AFIB"]), scored(["AFIB"]))
    assert list(table.columns) == [*COLUMNS, "positive_patients"]
    assert list(table["label"]) == [*LABELS, "macro"] * 3
    assert list(table["metric"].unique()) == ["auc", "ap", "f1"]
    assert (table[["difference", "low", "high"]] == 0).all(axis=None)
    known = table[table["label"] != "TRIGU"]
    assert (known[["p", "p_holm"]] == 1).all(axis=None)
    assert set(known["verdict"]) == {"no difference shown"}


def test_a_perfect_arm_is_better_and_the_baseline_worse_the_other_way_round():
    poor, good = scored([]), scored(["AFIB"])
    gains, losses = compared(poor, good), compared(good, poor)
    for metric in ("auc", "ap", "f1"):
        gain, loss = row(gains, "AFIB", metric), row(losses, "AFIB", metric)
        assert (gain["verdict"], loss["verdict"]) == ("better", "worse")
        assert gain["value"] == 1 and gain["difference"] == gain["value"] - gain["reference_value"]
        assert 0 < gain["low"] < gain["difference"] < gain["high"]
        assert loss["difference"] == -gain["difference"]
        assert gain["p"] == pytest.approx(2 / 201)


def test_the_difference_is_paired_so_its_interval_is_narrower_than_that_of_a_new_sample():
    baseline = scored([])
    shifted = dataclasses.replace(baseline, probability=baseline.probability**2)  # same order, same AUC
    auc = row(compared(baseline, shifted), "NORM")
    assert auc["low"] == auc["high"] == 0


def test_two_positive_patients_cannot_tell():
    trigu = row(compared(scored([]), scored(["TRIGU"])), "TRIGU")
    assert trigu["difference"] > 0 and trigu["positive_patients"] == 2
    assert np.isnan(trigu["p"]) and np.isnan(trigu["p_holm"])
    assert trigu["verdict"] == "cannot tell"


def test_too_few_resamples_cannot_tell():
    afib = row(compared(scored([]), scored(["AFIB"]), resamples=50), "AFIB")
    assert afib["p"] == pytest.approx(2 / 51) and afib["p_holm"] > 0.05
    assert afib["verdict"] == "cannot tell"


def test_the_fewest_resamples_reach_the_level_and_one_less_does_not():
    needed = resamples_needed(71)
    assert 71 * 2 / (needed + 1) < 0.05 <= 71 * 2 / needed


def test_rare_labels_have_their_own_macro_row_and_family():
    counts = pd.Series({"NORM": 5000, "AFIB": 80, "TRIGU": 10})
    table = compared(scored([]), scored(["AFIB"]), training_counts=counts)
    assert list(table["label"].unique()) == [*LABELS, "macro", "macro_rare"]
    rare = row(table, "macro_rare")
    assert rare["value"] == pytest.approx((row(table, "AFIB")["value"] + row(table, "TRIGU")["value"]) / 2)
    assert rare["p_holm"] >= rare["p"]


def test_an_absent_label_has_no_difference_and_cannot_tell():
    arms = [dataclasses.replace(a, truth=a.truth & [True, True, False]) for a in (scored([]), scored(["AFIB"]))]
    trigu = row(compared(*arms), "TRIGU")
    assert np.isnan(trigu["difference"]) and np.isnan(trigu["low"])
    assert trigu["verdict"] == "cannot tell"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("split", "val"),
        ("labels", ("AFIB", "NORM", "TRIGU")),
        ("ecg_id", np.arange(200)[::-1]),
        ("patient_id", np.zeros(200)),
        ("truth", np.zeros((200, 3), dtype=bool)),
    ],
)
def test_arms_that_are_not_comparable_are_refused(field, value):
    with pytest.raises(BadInput, match=f"differ in {field}"):
        compared(scored([]), dataclasses.replace(scored([]), **{field: value}))


def test_p_counts_the_resamples_on_the_smaller_side_and_is_never_zero():
    differences = np.array([[1.0, -1.0, 0.0, np.nan]] * 8 + [[-1.0, -1.0, 0.0, np.nan]])
    np.testing.assert_allclose(two_sided_p(differences)[:3], [2 * 2 / 10, 2 * 1 / 10, 1.0])
    assert np.isnan(two_sided_p(differences)[3])


def test_holm_multiplies_the_smallest_by_the_number_of_tests_and_stays_monotone():
    np.testing.assert_allclose(holm(np.array([0.02, 0.01, np.nan, 0.5])), [0.04, 0.03, np.nan, 0.5])
    assert np.isnan(holm(np.array([np.nan]))).all()
