import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.recovered_signal import correlation, error_summary, mean_absolute_error_mv, signal_to_noise_db


def test_an_error_of_a_tenth_is_20_db() -> None:
    true = np.random.default_rng(0).normal(size=(3, 500))
    np.testing.assert_allclose(signal_to_noise_db(true, 1.1 * true), 20)
    np.testing.assert_allclose(correlation(true, 1.1 * true + 3), 1)
    np.testing.assert_allclose(mean_absolute_error_mv(true, true + 0.05), 0.05)


def test_an_offset_is_an_error() -> None:
    true = np.array([1.0, -1.0, 1.0, -1.0])
    assert signal_to_noise_db(true, true + 0.1) == pytest.approx(20)


def test_only_what_the_sheet_shows_counts() -> None:
    true = np.ones((2, 100))
    read = np.full((2, 100), np.nan)
    read[0, :25] = 0.9
    snr = signal_to_noise_db(true, read)
    assert snr[0] == pytest.approx(20)
    assert np.isnan(snr[1])
    assert mean_absolute_error_mv(true, read)[0] == pytest.approx(0.1)


def test_signals_of_other_shapes_are_refused() -> None:
    with pytest.raises(BadInput, match="shape"):
        signal_to_noise_db(np.zeros((12, 10)), np.zeros((12, 11)))


def test_the_summary_counts_and_averages_by_group() -> None:
    errors = pd.DataFrame(
        {
            "layout": ["a", "a", "b"],
            "snr_db": [20.0, 30.0, 26.0],
            "correlation": [0.9, 1.0, 1.0],
            "mae_mv": [0.1, 0.0, 0.0],
            "confidence": [1.0, 1.0, 0.5],
        }
    )
    table = error_summary(errors, ["layout"]).set_index("layout")
    assert table.loc["a", ["signals", "snr_db", "at_least_25_db"]].tolist() == [2, 25, 0.5]
    assert table.loc["b", "confidence"] == 0.5
