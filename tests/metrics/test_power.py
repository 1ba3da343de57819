import numpy as np
import pytest
from made_up_study import BALANCED, SKILL, planted_arms
from scipy import stats

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.bootstrap import patient_weights
from ecg_forge.metrics.crossed_variance import Spread
from ecg_forge.metrics.power import detectable_difference, power_table
from ecg_forge.metrics.study_comparison import compare_study


def spread(training, patients, seeds=3, patients_df=np.inf, rows=1):
    filled = [np.full(rows, part, dtype=float) for part in (training, patients, patients, patients_df)]
    return Spread(filled[0], filled[1], filled[2], seeds, filled[3])


def compared(seeds=3, repetitions=60, seed=0, **more):
    reference, arm = planted_arms(BALANCED, seeds, repetitions, seed, patients=200, positives=30, **more)
    return compare_study(reference, arm, patient_weights(reference.predictions[0].patient_id, 200, 0))


def test_of_patients_alone_it_is_the_textbook_sum_of_two_quantiles():
    found = detectable_difference(spread(0.0, 4.0), np.array([0.05]), power=0.8)
    assert found[0] == pytest.approx(2 * (1.959964 + 0.841621), rel=1e-3)


@pytest.mark.parametrize(("seeds", "within"), [(3, 0.05), (5, 0.02)])
def test_of_seeds_alone_it_is_nearly_that_of_the_noncentral_t(seeds, within):
    found = detectable_difference(spread(1.0, 0.0, seeds), np.array([0.05]), power=0.8)[0]
    power = stats.nct.sf(stats.t.ppf(0.975, seeds - 1), seeds - 1, found)
    assert power == pytest.approx(0.8, abs=within)


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 55])
def test_studies_with_the_detectable_difference_show_it_four_times_in_five(alpha):
    generator = np.random.default_rng(0)
    studies = 20_000
    true = detectable_difference(spread(0.5, 1.0, patients_df=40.0), np.array([alpha]))
    drawn = spread(0.5 * generator.chisquare(2, studies) / 2, 1.0, patients_df=40.0, rows=studies)
    estimate = true + generator.normal(size=studies) * np.sqrt(1.5)
    assert np.mean(np.abs(estimate) > drawn.shown_beyond(alpha)) == pytest.approx(0.8, abs=0.01)


def test_a_planted_gain_of_that_size_is_shown_about_four_times_in_five():
    without = compared(gain=0.0)
    rows = without[(without["metric"] == "auc") & (without["label"] != "macro")]
    # Single rows know their spread over three seeds only roughly; all rows here have the same.
    typical = spread((rows["training_error"] ** 2).mean(), (rows["patients_error"] ** 2).mean(), patients_df=29.0)
    wanted = detectable_difference(typical, np.array([0.05]))[0]
    gains = np.linspace(0, 1, 201)
    gain = np.interp(wanted, [BALANCED.auc(SKILL + gain) - BALANCED.auc(SKILL) for gain in gains], gains)
    shown = compared(gain=gain, repetitions=300, seed=1)
    rows = shown[(shown["metric"] == "auc") & (shown["label"] != "macro")]
    assert 0.7 <= (rows["p"] < 0.05).mean() <= 0.95


def test_the_table_asks_more_of_the_corrected_level_and_of_more_power():
    comparison = compared()
    table, certain = power_table(comparison), power_table(comparison, power=0.95)
    assert list(table["label"]) == list(comparison["label"])
    labels = table["label"] != "macro"
    assert (table.loc[labels, "detectable_corrected"] > 1.3 * table.loc[labels, "detectable"]).all()
    assert (table.loc[~labels, "detectable_corrected"] == table.loc[~labels, "detectable"]).all()  # the only test
    assert (certain["detectable"] > table["detectable"]).all()
    assert (table["reachable"] == (table["reference_value"] + table["detectable_corrected"] <= 1)).all()


def test_a_row_that_cannot_be_told_has_no_detectable_difference():
    comparison = compared(repetitions=3)
    comparison.loc[0, "p"] = np.nan
    first = power_table(comparison).iloc[0]
    assert np.isnan(first["detectable"]) and np.isnan(first["detectable_corrected"]) and not first["reachable"]


def test_questions_without_an_answer_are_refused():
    comparison = compared(repetitions=3)
    with pytest.raises(BadInput, match="power is 1"):
        power_table(comparison, power=1)
    comparison.loc[0, "seeds"] = 5
    with pytest.raises(BadInput, match="differ in seeds"):
        power_table(comparison)
