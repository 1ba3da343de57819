import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.reporting import words

NBSP = "\u00a0"


def comparison(difference: float = 0.004, verdict: str = "no difference shown") -> pd.DataFrame:
    row = {"arm": "augmented", "label": "macro", "metric": "ap", "difference": difference, "low": -0.01, "high": 0.018}
    return pd.DataFrame([{**row, "verdict": verdict}])


def test_the_headline_says_what_was_added_how_far_it_moved_and_what_that_shows() -> None:
    assert words.headline(comparison(), "augmented", 240).replace(NBSP, " ") == (
        "Adding 240 synthetic ECGs changed macro average precision by +0.004 (95 % −0.010 to +0.018): "
        "no difference shown."
    )


@pytest.mark.parametrize(
    ("verdict", "ending"),
    [
        ("better", "better than the baseline."),
        ("worse", "worse than the baseline."),
        ("no difference shown", ": no difference shown."),
        ("cannot tell", "too few patients or resamples to tell."),
    ],
)
def test_the_headline_ends_with_the_verdict(verdict: str, ending: str) -> None:
    assert words.headline(comparison(verdict=verdict), "augmented", 1_240).endswith(ending)


def test_one_ecg_is_singular_and_thousands_are_separated() -> None:
    assert words.headline(comparison(), "augmented", 1).startswith("Adding 1 synthetic ECG changed")
    assert words.headline(comparison(), "augmented", 1_240).startswith("Adding 1,240 synthetic ECGs changed")


def test_a_difference_that_was_not_measured_is_said_so() -> None:
    assert words.headline(comparison(np.nan), "augmented", 240).endswith("could not be measured.")


def test_the_control_is_named_for_what_it_is() -> None:
    table = comparison(-0.02, "worse").assign(arm="oversampled")
    sentence = words.control_sentence(table, "oversampled")
    assert sentence.startswith("The control arm, with copies of real ECGs")
    assert sentence.endswith("worse than the baseline.")


def test_a_headline_without_its_row_is_refused() -> None:
    with pytest.raises(BadInput, match="0 rows for arm synthetic_only, label macro, metric ap"):
        words.headline(comparison(), "synthetic_only", 240)


def test_a_headline_with_two_rows_is_refused() -> None:
    with pytest.raises(BadInput, match="2 rows"):
        words.headline(pd.concat([comparison(), comparison()]), "augmented", 240)


def test_numbers_have_true_minus_signs_and_a_dash_where_there_is_none() -> None:
    assert words.number(-0.12345) == "−0.123"
    assert words.number(np.nan) == words.number(pd.NA) == words.number(None) == "–"
    assert words.signed(0.0124) == "+0.012"
    assert words.signed(-0.0124) == "−0.012"
    assert words.signed(np.inf) == "–"


def test_a_difference_that_rounds_to_nothing_has_no_sign() -> None:
    assert words.signed(-0.0004) == words.signed(0.0) == "±0.000"


def test_intervals() -> None:
    assert words.interval(0.9184, 0.9312) == "0.918–0.931"
    assert words.signed_interval(-0.01, 0.018) == "−0.010 to +0.018"
    assert words.interval(np.nan, 1) == words.signed_interval(0, np.nan) == "–"


def test_p_is_never_nought() -> None:
    assert [words.p_value(p) for p in (0.0, 0.00099, 0.001, 0.42, np.nan)] == [
        "<0.001",
        "<0.001",
        "0.001",
        "0.420",
        "–",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        (np.bool_(False), "no"),
        (21799, "21,799"),
        (np.int64(-3), "−3"),
        (0.123456, "0.1235"),
        (float("nan"), "–"),
        (None, "–"),
        ("", "–"),
        ("1.0.3", "1.0.3"),
        (["WPW", "SR"], "WPW, SR"),
        (np.array([1, 2]), "1, 2"),
        ([], "–"),
        ({"a": 1}, "a: 1"),
    ],
)
def test_plain_values_are_short_text(value: object, text: str) -> None:
    assert words.plain(value) == text


def test_seeds_have_no_thousands_separator() -> None:
    assert words.plain([20240], grouped=False) == "20240"


def test_a_long_list_is_cut_and_the_rest_counted() -> None:
    text = words.plain(list(range(100)))
    assert text.endswith("38, 39, and 60 more")
