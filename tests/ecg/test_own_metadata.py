"""A table of one's own records says what PTB-XL's does, or is refused with the record's name."""

import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.labels import label_matrix, present_statements
from ecg_forge.ecg.metadata import DataConfig, record_table
from ecg_forge.ecg.own_metadata import own_metadata


def table(n: int = 40, **columns: object) -> pd.DataFrame:
    """Record k of patient k // 2, every tenth with atrial fibrillation."""
    numbers = range(n)
    given = {
        "record": [f"ward/{number:03d}" for number in numbers],
        "patient": [f"P{number // 2}" for number in numbers],
        "statements": ["AFIB" if number % 10 == 0 else "NORM; SR" for number in numbers],
        **columns,
    }
    return pd.DataFrame(given).astype(str)


def test_it_becomes_a_table_of_records_with_labels() -> None:
    own = table(age=["63", "", "95", "40.5"] * 10, sex=["male", "F", "", "m"] * 10)
    metadata = own_metadata(own)
    records = record_table(metadata, DataConfig())
    assert records.index.tolist() == list(range(1, 41))
    assert records["filename"].tolist() == own["record"].tolist()
    np.testing.assert_array_equal(records["age"].head(4), [63, np.nan, 90, 40.5])
    assert records["age_90_plus"].head(4).tolist() == [False, False, True, False]
    assert records["sex"].head(4).fillna("?").tolist() == ["male", "female", "?", "male"]
    labels = label_matrix(metadata["scp_codes"], likelihood_at_least=100)
    assert [present_statements(labels.loc[ecg_id]) for ecg_id in (1, 2)] == [["AFIB"], ["NORM", "SR"]]


def test_patients_are_spread_over_ten_folds_the_same_way_each_time() -> None:
    folds = own_metadata(table())["strat_fold"]
    assert folds.value_counts().to_dict() == dict.fromkeys(range(1, 11), 4)
    assert (folds.groupby(table()["patient"].to_numpy()).nunique() == 1).all()
    pd.testing.assert_series_equal(folds, own_metadata(table())["strat_fold"])


def test_a_fold_that_is_given_stays() -> None:
    given = [number // 2 % 10 + 1 for number in range(40)]
    assert own_metadata(table(fold=given))["strat_fold"].tolist() == given


def test_a_split_that_is_given_stays_and_training_is_spread() -> None:
    given = ["train"] * 32 + ["val"] * 4 + ["test"] * 4
    metadata = own_metadata(table(split=given))
    assert record_table(metadata, DataConfig())["split"].tolist() == given
    assert metadata["strat_fold"].head(32).value_counts().to_dict() == dict.fromkeys(range(1, 9), 4)


def test_a_record_without_any_statement_is_one_without_labels() -> None:
    metadata = own_metadata(table(statements=""))
    assert not label_matrix(metadata["scp_codes"]).to_numpy().any()


@pytest.mark.parametrize("split", [{"fold": ["1", "2"] * 20}, {"split": ["train", "val"] * 20}])
def test_a_patient_on_two_sides_is_a_leak(split: dict) -> None:
    with pytest.raises(LeakError, match="record ward/001: patient P0 stands in another fold or split"):
        own_metadata(table(**split))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"record": "ward/1"}, "record ward/1 stands twice"),
        ({"record": ""}, "every row needs both"),
        ({"patient": " "}, "record 'ward/000' of patient ''"),
        ({"statements": "SR, AFIB"}, "record ward/000: unknown statement 'SR, AFIB'; .*join several by ;"),
        ({"statements": "afib"}, "record ward/000: unknown statement 'afib'; did you mean AFIB"),
        ({"age": "old"}, "record ward/000: age is 'old'"),
        ({"age": "nan"}, "record ward/000: age is 'nan'"),
        ({"age": "1948"}, "record ward/000: age is '1948'; give years from 0 to 120"),
        ({"sex": "1"}, "record ward/000: sex is '1'; give male, female or nothing"),
        ({"fold": "11"}, "record ward/000: fold is '11'"),
        ({"fold": ""}, "record ward/000: fold is ''; give 1 to 10 in every row"),
        ({"split": "dev"}, "record ward/000: split is 'dev'; give train, val, test"),
        ({"split": "train", "fold": "1"}, "keep one of them"),
    ],
)
def test_a_cell_that_says_nothing_is_named(columns: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        own_metadata(table(**columns))


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(BadInput, match="the table has 0 rows"):
        own_metadata(table(0))
