import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.metadata import REQUIRED_COLUMNS, DataConfig, ptbxl_version, record_table
from ecg_forge.ecg.splits import records_of, require_training_records


def metadata(n: int = 40) -> pd.DataFrame:
    """A PhysioNet-like table: record i of patient i in fold i mod 10 + 1."""
    ids = np.arange(1, n + 1)
    table = pd.DataFrame({column: [None] * n for column in REQUIRED_COLUMNS}, index=pd.Index(ids, name="ecg_id"))
    return table.assign(
        patient_id=ids.astype(float),
        age=50.0,
        sex=ids % 2,
        recording_date="1984-11-09 09:17:34",
        strat_fold=(ids - 1) % 10 + 1,
        filename_lr=[f"records100/00000/{i:05d}_lr" for i in ids],
        filename_hr=[f"records500/00000/{i:05d}_hr" for i in ids],
    )


def test_folds_become_splits_and_codes_become_words() -> None:
    table = metadata()
    table.loc[3, "age"] = 300
    records = record_table(table, DataConfig())
    assert records["split"].value_counts().to_dict() == {"train": 32, "val": 4, "test": 4}
    assert (records.loc[3, "age"], records.loc[3, "age_90_plus"], records.loc[3, "sex"]) == (90.0, True, "female")
    assert records.loc[2, "filename"] == "records100/00000/00002_lr"
    assert record_table(table, DataConfig(fs=500)).loc[2, "filename"] == "records500/00000/00002_hr"


def test_limit_takes_the_first_of_each_fold_alike() -> None:
    records = record_table(metadata(), DataConfig(limit=20))
    assert records["fold"].value_counts().to_dict() == dict.fromkeys(range(1, 11), 2)
    assert records.index.max() == 20


def test_folds_choose_records() -> None:
    assert set(record_table(metadata(), DataConfig(folds=[1, 9]))["fold"]) == {1, 9}


def test_a_patient_in_two_splits_is_named() -> None:
    table = metadata()
    table.loc[9, "patient_id"] = 1.0  # record 1 is in fold 1, record 9 in fold 9
    with pytest.raises(LeakError, match=r"patient 1 stands in train and val \(ecg_id 1, 9"):
        record_table(table, DataConfig())


def test_bad_metadata_is_named() -> None:
    table = metadata()
    with pytest.raises(BadInput, match="ecg_id 1 stands twice"):
        record_table(pd.concat([table, table.head(1)]), DataConfig())
    with pytest.raises(BadInput, match="missing column scp_codes"):
        record_table(table.drop(columns="scp_codes"), DataConfig())
    with pytest.raises(BadInput, match="ecg_id 2 has sex 7"):
        record_table(table.assign(sex=table["sex"].where(table.index != 2, 7)), DataConfig())
    with pytest.raises(BadInput, match="ecg_id 4 has no patient_id"):
        record_table(table.assign(patient_id=table["patient_id"].where(table.index != 4)), DataConfig())
    with pytest.raises(BadInput, match="ecg_id 5: strat_fold 11"):
        record_table(table.assign(strat_fold=table["strat_fold"].where(table.index != 5, 11)), DataConfig())


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"limit": 0}, "limit is 0"),
        ({"limit": -5}, "limit is -5"),
        ({"folds": [11]}, "folds is"),
        ({"folds": []}, "folds is"),
        ({"fs": 250}, "fs is 250"),
        ({"likelihood_at_least": 120}, "likelihood_at_least is 120"),
        ({"on_bad_record": "ignore"}, "on_bad_record is 'ignore'"),
    ],
)
def test_a_wrong_parameter_is_named(settings: dict, name: str) -> None:
    with pytest.raises(BadInput, match=f"data_engineering.{name}"):
        DataConfig(**settings)


def test_the_version_is_told_by_records_and_patients() -> None:
    whole = pd.DataFrame({"patient_id": np.minimum(np.arange(21_799), 18_868)})
    assert ptbxl_version(whole) == "1.0.3"
    assert ptbxl_version(whole.head(100)) == "unknown"


def test_a_split_without_records_is_named() -> None:
    with pytest.raises(BadInput, match="no record in the test split"):
        records_of(record_table(metadata(), DataConfig(folds=[1, 9])), "test")
    with pytest.raises(BadInput, match="unknown split 'dev'"):
        records_of(record_table(metadata(), DataConfig()), "dev")


def test_only_training_records_may_train() -> None:
    records = record_table(metadata(), DataConfig())
    require_training_records(np.array([1, 2, 8]), records, "the normaliser")
    with pytest.raises(LeakError, match=r"the normaliser may only see training records .* ecg_id 9 is in val"):
        require_training_records(np.array([1, 9]), records, "the normaliser")
