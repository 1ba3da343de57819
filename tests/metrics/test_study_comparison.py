import dataclasses

import numpy as np
import pandas as pd
import pytest
from made_up_predictions import limits, made_up
from made_up_study import BALANCED, GAIN, MIXED, ONLY_NOISE, PATIENTS, SKILL, TRAINING, planted_arms

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.bootstrap import patient_weights
from ecg_forge.metrics.classification import auc, resampled_auc_ap
from ecg_forge.metrics.comparison import compare_arms
from ecg_forge.metrics.study_comparison import SeededArm, compare_study, equivalence

TRUTH = {planted: planted.auc(SKILL + GAIN) - planted.auc(SKILL) for planted in (PATIENTS, BALANCED, TRAINING, MIXED)}
TRUTH[ONLY_NOISE] = ONLY_NOISE.auc(SKILL + GAIN) - ONLY_NOISE.auc(SKILL)


def seeded(*predictions):
    return SeededArm(tuple(range(len(predictions))), predictions, tuple(limits(each) for each in predictions))


def blurred(predictions, noise, seed):
    generator = np.random.default_rng(1000 + seed)  # not that of the predictions themselves
    probability = np.clip(predictions.probability + noise * generator.normal(size=predictions.truth.shape), 0, 1)
    return dataclasses.replace(predictions, probability=probability.astype(np.float32))


def blurred_arm(noise, first_seed, seeds=3):
    return seeded(*(blurred(made_up(), noise, first_seed + k) for k in range(seeds)))


def weights_of(arm, resamples=200):
    return patient_weights(arm.predictions[0].patient_id, resamples, seed=0)


def row(table, label, metric="auc"):
    return table[(table["label"] == label) & (table["metric"] == metric)].iloc[0]


def planted_table(planted, seeds, repetitions, seed=0, **more):
    reference, arm = planted_arms(planted, seeds, repetitions, seed, **more)
    return compare_study(reference, arm, weights_of(reference, 300))


def coverage(table, metric, truth):
    rows = table[(table["metric"] == metric) & (table["label"] != "macro")]
    return float(((rows["low"] <= truth) & (truth <= rows["high"])).mean())


def test_values_are_means_over_seeds_and_differences_those_of_the_single_comparisons():
    reference, arm = blurred_arm(0.3, 0), blurred_arm(0.1, 10)
    table = compare_study(
        reference, arm, weights_of(arm), training_counts=pd.Series([50, 500, 90, 900, 10], made_up().labels)
    )
    single = [
        compare_arms(
            *pair, *thresholds, weights_of(arm), training_counts=pd.Series([50, 500, 90, 900, 10], made_up().labels)
        )
        for pair, thresholds in zip(
            zip(reference.predictions, arm.predictions, strict=True),
            zip(reference.thresholds, arm.thresholds, strict=True),
            strict=True,
        )
    ]
    for column in ("label", "metric", "positive_patients"):
        assert list(table[column]) == list(single[0][column])
    for column in ("reference_value", "value", "difference"):
        np.testing.assert_allclose(table[column], np.mean([each[column] for each in single], axis=0))
    spread = np.std([each["difference"] for each in single], axis=0, ddof=1)
    np.testing.assert_allclose(table["training_error"], spread / np.sqrt(3))


def test_the_patients_part_is_that_of_a_plain_loop_over_resamples():
    reference, tastes = blurred_arm(0.1, 0), blurred(made_up(), 0.3, 20)  # the other arm's, the same for all seeds
    arm = seeded(*(blurred(tastes, 0.1, 10 + k) for k in range(3)))
    weights = weights_of(arm, 100)
    drawn = [
        [
            auc(a.truth[rows], a.probability[rows]) - auc(r.truth[rows], r.probability[rows])
            for r, a in zip(reference.predictions, arm.predictions, strict=True)
        ]
        for rows in (np.repeat(np.arange(240), row) for row in weights)
    ]
    table = np.cov(np.array(drawn)[:, :, 1].T)  # of label L1, seed by seed
    covariance = np.mean(table[np.triu_indices(3, 1)])
    found = row(compare_study(reference, arm, weights), "L1")
    patients = found["positive_patients"]
    assert covariance > 0
    assert found["patients_error"] ** 2 == pytest.approx(covariance * patients / (patients - 1))


def test_a_large_gain_in_every_training_is_better_and_the_other_way_round_worse():
    poor, good = blurred_arm(0.6, 0), blurred_arm(0.05, 10)
    gains, losses = compare_study(poor, good, weights_of(poor)), compare_study(good, poor, weights_of(poor))
    for metric in ("auc", "ap"):
        gain, loss = row(gains, "macro", metric), row(losses, "macro", metric)
        assert (gain["verdict"], gain["equivalence"]) == ("better", "better by more than the margin")
        assert (loss["verdict"], loss["equivalence"]) == ("worse", "worse by more than the margin")
        assert gain["low"] == -loss["high"] and gain["p"] == loss["p"] < 0.05


def test_the_correction_counts_the_labels_that_can_be_told_and_the_macro_rows_apart():
    table = compare_study(blurred_arm(0.6, 0), blurred_arm(0.05, 10), weights_of(blurred_arm(0.6, 0)))
    labels, macro = table[table["label"].str.startswith("L")], table[table["label"] == "macro"]
    assert set(labels["tests"]) == {4} and set(macro["tests"]) == {1}  # L4 has no positive
    assert (macro["p_holm"] == macro["p"]).all()
    assert (labels.groupby("metric")["p_holm"].min() == 4 * labels.groupby("metric")["p"].min()).all()


def test_an_absent_label_a_rare_one_and_arms_that_never_differ_cannot_be_told():
    rare = made_up()
    rare.truth[:, 0] = rare.ecg_id < 10  # five patients
    arms = [seeded(*(blurred(rare, noise, k) for k in range(3))) for noise in (0.3, 0.1)]
    table = compare_study(*arms, weights_of(arms[0]))
    for label in ("L0", "L4"):
        assert set(table.loc[table["label"] == label, "verdict"]) == {"cannot tell"}
        assert set(table.loc[table["label"] == label, "equivalence"]) == {"cannot tell"}
    same = compare_study(arms[0], arms[0], weights_of(arms[0]))
    assert set(same["verdict"]) == set(same["equivalence"]) == {"cannot tell"}
    assert (same["difference"].dropna() == 0).all()


def test_an_interval_within_the_margin_is_equivalent_even_where_the_difference_is_real():
    arms = blurred_arm(0.3, 0), blurred_arm(0.28, 0)
    wide = compare_study(*arms, weights_of(arms[0]), margin=0.3)
    assert set(wide.loc[wide["label"].isin(["L1", "L2", "macro"]), "equivalence"]) == {"equivalent"}


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-0.004, 0.004, "equivalent"),
        (0.001, 0.004, "equivalent"),
        (0.006, 0.020, "better by more than the margin"),
        (-0.02, -0.006, "worse by more than the margin"),
        (-0.004, 0.010, "not worse by more than the margin"),
        (-0.010, 0.004, "not better by more than the margin"),
        (-0.010, 0.010, "undecided"),
        (np.nan, np.nan, "cannot tell"),
    ],
)
def test_the_interval_is_set_against_the_margin(low, high, words):
    assert equivalence(np.array([low]), np.array([high]), 0.005).tolist() == [words]


def test_intervals_over_patients_and_trainings_cover_a_planted_difference():
    for seeds in (3, 5):
        table = planted_table(MIXED, seeds, 200, patients=200, positives=30)
        assert 0.93 <= coverage(table, "auc", TRUTH[MIXED]) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize(
    "planted", [PATIENTS, BALANCED, TRAINING, MIXED], ids=["patients", "balanced", "training", "mixed"]
)
def test_intervals_cover_whatever_varies_more(planted, seeds):
    table = planted_table(planted, seeds, 600, seed=seeds)
    least = 0.90 if (planted, seeds) == (TRAINING, 3) else 0.93  # three seeds that differ in nothing but luck
    assert least <= coverage(table, "auc", TRUTH[planted]) <= 0.97
    for metric in ("ap", "f1"):
        rows = table[(table["metric"] == metric) & (table["label"] != "macro")]
        assert least <= coverage(table, metric, rows["difference"].mean()) <= 0.975


@pytest.mark.slow
def test_without_any_training_effect_intervals_err_on_the_wide_side():
    assert coverage(planted_table(ONLY_NOISE, 3, 400), "auc", TRUTH[ONLY_NOISE]) >= 0.95


def test_resampling_three_seeds_with_the_patients_would_cover_too_seldom():
    reference, arm = planted_arms(TRAINING, 3, 300, seed=0, patients=200, positives=30)
    weights = weights_of(reference, 200)
    drawn = [resampled_auc_ap(p.truth, p.probability, weights)[0] for p in (*reference.predictions, *arm.predictions)]
    differences = np.array(drawn[3:]) - np.array(drawn[:3])  # (seed, resample, repetition)
    picks = np.random.default_rng(0).integers(3, size=(200, 3))
    two_way = np.stack([differences[seeds, resample].mean(axis=0) for resample, seeds in enumerate(picks)])
    low, high = np.quantile(two_way, [0.025, 0.975], axis=0)
    assert ((low <= TRUTH[TRAINING]) & (TRUTH[TRAINING] <= high)).mean() < 0.9


def test_arms_without_a_true_difference_are_seldom_called_better():
    table = planted_table(BALANCED, 3, 200, seed=3, patients=200, positives=30, gain=0.0)
    labels = table[table["label"] != "macro"]
    assert (labels["p"] < 0.05).mean() <= 0.07
    assert (labels["verdict"] == "no difference shown").all()


def test_one_training_is_not_enough():
    with pytest.raises(BadInput, match="two or more seeds"):
        seeded(made_up())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": (1, 1, 2)}, "one twice"),
        ({"thresholds": (limits(made_up()),)}, "3 seeds but 1 thresholds"),
        ({"predictions": (made_up(), made_up(), made_up(seed=1))}, "differ in truth"),
    ],
)
def test_trainings_that_do_not_belong_together_are_refused(change, message):
    with pytest.raises(BadInput, match=message):
        dataclasses.replace(blurred_arm(0.1, 0), **change)


def test_comparisons_that_mean_nothing_are_refused():
    arm, weights = blurred_arm(0.1, 0), weights_of(blurred_arm(0.1, 0))
    with pytest.raises(BadInput, match="differ in seeds"):
        compare_study(arm, dataclasses.replace(arm, seeds=(0, 2, 1)), weights)
    with pytest.raises(BadInput, match="differ in split"):
        compare_study(arm, seeded(*[made_up(split="val")] * 3), weights)
    with pytest.raises(BadInput, match="hold 50 resamples"):
        compare_study(arm, arm, weights[:50])
    with pytest.raises(BadInput, match="margin is 0"):
        compare_study(arm, arm, weights, margin=0)
