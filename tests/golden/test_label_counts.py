"""The whole metadata of real PTB-XL 1.0.3 gives the published counts of records, patients and labels."""

from pathlib import Path

import pandas as pd

from ecg_forge.ecg.labels import label_matrix, task_labels
from ecg_forge.ecg.metadata import DataConfig, ptbxl_version, record_table


def test_every_statement_has_the_published_count_in_every_split(
    ptbxl_metadata: pd.DataFrame, label_table: Path
) -> None:
    published = pd.read_csv(label_table, keep_default_na=False, index_col="statement")[["train", "val", "test"]]
    records = record_table(ptbxl_metadata, DataConfig())
    counted = label_matrix(ptbxl_metadata["scp_codes"]).groupby(records["split"]).sum().T[["train", "val", "test"]]
    pd.testing.assert_frame_equal(counted, published, check_dtype=False, check_names=False)


def test_folds_patients_and_version_are_those_of_the_release(ptbxl_metadata: pd.DataFrame) -> None:
    records = record_table(ptbxl_metadata, DataConfig())
    assert records["split"].value_counts().to_dict() == {"train": 17_418, "val": 2_183, "test": 2_198}
    assert records["patient_id"].nunique() == 18_869
    assert ptbxl_version(ptbxl_metadata) == "1.0.3"
    assert records["age"].max() == 90
    assert records["age_90_plus"].sum() == 293


def test_superclasses_of_fold_10_are_those_published(ptbxl_metadata: pd.DataFrame) -> None:
    test = ptbxl_metadata[ptbxl_metadata["strat_fold"] == 10]
    counts = task_labels(label_matrix(test["scp_codes"]), "superclass").sum().to_dict()
    assert counts == {"NORM": 963, "MI": 550, "STTC": 521, "CD": 496, "HYP": 262}
