import json

import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.metrics.fidelity import fidelity, lead_agreement, log_spectrum_distance, wasserstein


def recordings(seed=0, n=20, fs=100):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(n, 12, 4 * fs)).astype(np.float32)


def features(rates):
    return pd.DataFrame({"heart_rate_bpm": rates})


def test_a_set_is_like_itself():
    real = recordings()
    result = fidelity(real, real, features([60.0, 80.0]), features([60.0, 80.0]), fs=100)
    assert result["n_real"] == result["n_synthetic"] == 20
    assert list(result["std_ratio"]) == list(LEADS)
    assert set(result["std_ratio"].values()) == {1.0}
    assert set(result["log_spectrum_distance_db"].values()) == {0.0}
    assert result["lead_correlation_error"] == 0
    assert result["features"]["heart_rate_bpm"]["wasserstein"] == 0


def test_half_the_amplitude_is_a_ratio_of_one_half_and_six_decibel():
    real = recordings()
    result = fidelity(real, real / 2, features([60.0]), features([60.0]), fs=100)
    np.testing.assert_allclose(list(result["std_ratio"].values()), 0.5, rtol=1e-6)
    np.testing.assert_allclose(list(result["log_spectrum_distance_db"].values()), 20 * np.log10(2), rtol=1e-6)
    assert result["lead_correlation_error"] == pytest.approx(0, abs=1e-6)


def test_an_offset_is_not_spread():
    real = recordings()
    result = fidelity(real, real + 3, features([60.0]), features([60.0]), fs=100)
    np.testing.assert_allclose(list(result["std_ratio"].values()), 1, rtol=1e-5)


def test_a_flipped_lead_shows_in_the_correlations():
    real = np.repeat(recordings()[:, :1], 12, axis=1)
    flipped = real * np.where(np.arange(12) == 4, -1, 1)[:, None]
    result = fidelity(real, flipped, features([60.0]), features([60.0]), fs=100)
    assert result["lead_correlation_error"] == pytest.approx(np.sqrt(11 * 4 / 66))


def test_features_are_compared_where_they_have_a_value():
    result = fidelity(recordings(), recordings(1), features([60.0, 80.0, np.nan]), features([70.0, 90.0]), fs=100)
    rate = result["features"]["heart_rate_bpm"]
    assert rate["wasserstein"] == pytest.approx(10)
    assert (rate["real_mean"], rate["synthetic_mean"]) == (70, 80)
    assert (rate["real_missing"], rate["synthetic_missing"]) == (1, 0)
    assert rate["real_std"] == 10


def test_what_cannot_be_computed_is_none_and_the_result_is_json():
    flat = recordings() * np.where(np.arange(12) == 2, 0, 1)[:, None]
    result = fidelity(flat, recordings(1), features([np.nan]), features([70.0]), fs=100)
    assert result["std_ratio"]["III"] is None
    assert result["log_spectrum_distance_db"]["III"] is None
    assert result["lead_correlation_error"] is None
    assert result["features"]["heart_rate_bpm"]["wasserstein"] is None
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_the_spectrum_sees_only_the_diagnostic_band():
    time = np.arange(1000) / 100
    wander = 5 * np.sin(2 * np.pi * 45 * time).astype(np.float32)  # above 40 Hz
    real = np.random.default_rng(0).normal(size=(5, 12, 1000)).astype(np.float32)
    assert log_spectrum_distance(real, real + wander, fs=100).max() < 0.5


@pytest.mark.parametrize(
    ("synthetic", "message"),
    [
        (np.zeros((2, 8, 400)), "synthetic signals must be"),
        (np.zeros((0, 12, 400)), "not empty"),
        (np.full((2, 12, 400), np.nan), "not finite in row 0"),
    ],
)
def test_wrong_signals_are_named(synthetic, message):
    with pytest.raises(BadInput, match=message):
        fidelity(recordings(), synthetic, features([60.0]), features([60.0]), fs=100)


def test_different_features_are_refused():
    with pytest.raises(BadInput, match="columns"):
        fidelity(recordings(), recordings(), features([60.0]), pd.DataFrame({"rms_mv": [1.0]}), fs=100)


def test_the_distance_of_distributions_is_that_of_their_known_values():
    assert wasserstein(pd.Series([60.0, np.nan, 80.0]), pd.Series([65.0, 85.0])) == pytest.approx(5)
    assert np.isnan(wasserstein(pd.Series([np.nan]), pd.Series([65.0])))


def test_the_agreement_of_leads_is_that_of_the_whole_comparison():
    real, other = recordings(), recordings(1) / 3
    ratio, error = lead_agreement(real, other)
    result = fidelity(real, other, features([60.0]), features([60.0]), fs=100)
    assert ratio.tolist() == list(result["std_ratio"].values())
    assert error == result["lead_correlation_error"]
