import json
from dataclasses import replace

import numpy as np
import pytest
from made_up_predictions import made_up

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.metrics.calibration import (
    BINS,
    apply_temperature,
    calibration,
    expected_calibration_error,
    fit_temperature,
    label_calibration_error,
    reliability,
)


def calibrated(split, seed):
    return made_up(split, records=3000, seed=seed, absent=False)


def overconfident(split, seed, times=3.0):
    """Calibrated predictions whose logits are multiplied."""
    honest = calibrated(split, seed)
    return replace(honest, probability=apply_temperature(honest.probability, 1 / times).astype(np.float32))


def test_logits_multiplied_by_three_need_a_temperature_of_three():
    assert fit_temperature(overconfident("val", 0)) == pytest.approx(3, rel=0.06)


def test_logits_halved_need_a_temperature_of_one_half():
    assert fit_temperature(overconfident("val", 0, times=0.5)) == pytest.approx(0.5, rel=0.06)


def test_calibrated_probabilities_need_a_temperature_of_one():
    assert fit_temperature(calibrated("val", 1)) == pytest.approx(1, rel=0.05)


def test_the_temperature_lowers_both_errors_on_records_it_has_not_seen():
    result = calibration(overconfident("val", 2), overconfident("test", 3))
    for error in ("ece", "label_ece"):
        assert result["after"][error] < result["before"][error] / 4


def test_no_other_temperature_has_a_lower_cross_entropy():
    given = overconfident("val", 4, times=1.7)
    truth = given.truth.astype(bool)

    def cross_entropy(temperature):
        probability = apply_temperature(given.probability, temperature)
        return -np.log(np.where(truth, probability, 1 - probability)).mean()

    best = cross_entropy(fit_temperature(given))
    assert all(best <= cross_entropy(temperature) + 1e-9 for temperature in np.geomspace(0.3, 10, 60))


def test_a_temperature_keeps_the_order_of_probabilities():
    probability = np.sort(np.random.default_rng(5).uniform(1e-5, 1 - 1e-5, 500))
    for temperature in (0.2, 1, 5):
        assert (np.diff(apply_temperature(probability, temperature)) > 0).all()


def test_a_temperature_of_one_changes_nothing_and_a_high_one_goes_to_one_half():
    probability = np.array([[0.001, 0.3], [0.5, 0.999]])
    np.testing.assert_allclose(apply_temperature(probability, 1.0), probability, rtol=1e-9)
    np.testing.assert_allclose(apply_temperature(probability, 1e9), 0.5, atol=1e-6)


def test_probabilities_of_nought_and_one_stay_finite():
    given = replace(made_up("val"), probability=made_up("val").truth.astype(np.float32))
    assert np.isfinite(fit_temperature(given))
    assert np.isfinite(apply_temperature(given.probability, 2.0)).all()


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_that_is_not_positive_is_refused(temperature):
    with pytest.raises(BadInput, match="above 0"):
        apply_temperature(np.array([0.5]), temperature)


def test_the_error_is_that_of_a_plain_loop_over_bins():
    given = overconfident("test", 6)
    said, was = given.probability.astype(float).ravel(), given.truth.ravel()
    error = 0.0
    for b in range(BINS):
        inside = (said >= b / BINS) & ((said < (b + 1) / BINS) | (b == BINS - 1))
        if inside.any():
            error += inside.mean() * abs(was[inside].mean() - said[inside].mean())
    assert expected_calibration_error(given.truth, given.probability.astype(float)) == pytest.approx(error)


def test_the_error_by_hand():
    truth, said = np.array([[True, False, False, True]]), np.array([[0.9, 0.9, 0.1, 0.1]])
    assert expected_calibration_error(truth, said) == pytest.approx(0.4)
    assert label_calibration_error(truth, said) == pytest.approx((0.1 + 0.9 + 0.1 + 0.9) / 4)


def test_bins_hold_every_pair_once_and_empty_ones_are_left_out():
    bins = reliability(np.array([[1, 0, 1, 0]]), np.array([[0.0, 0.02, 1.0, 0.5]]))
    assert bins["n"].tolist() == [2, 1, 1]
    assert bins["low"].tolist() == pytest.approx([0, 7 / BINS, 14 / BINS])
    assert bins["high"].tolist() == pytest.approx([1 / BINS, 8 / BINS, 1])
    assert bins["mean_probability"].tolist() == pytest.approx([0.01, 0.5, 1])
    assert bins["share_true"].tolist() == [0.5, 0, 1]


def test_the_result_is_json():
    result = calibration(made_up("val"), made_up("test", seed=1))
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert list(result) == ["temperature", "before", "after"]
    assert sum(row["n"] for row in result["after"]["reliability"]) == 240 * 5


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_temperature_is_fitted_on_validation_only(split):
    with pytest.raises(LeakError, match=f"the temperature is fitted on the val split only, not on {split}"):
        fit_temperature(made_up(split))
    with pytest.raises(LeakError, match=split):
        calibration(made_up(split), made_up("test"))
