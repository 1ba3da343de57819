"""What kept runs, of the benchmark and of the study, are scored against: PTB-XL's metadata, and no recording."""

from dataclasses import dataclass

import pandas as pd

from ecg_forge.ecg.labels import label_matrix, labelled_records
from ecg_forge.ecg.metadata import DataConfig, ptbxl_version, record_table


@dataclass(frozen=True)
class Truth:
    """What PTB-XL's metadata say about every record.

    Attributes:
        version: the PTB-XL release.
        records: the table of records, indexed by ecg_id.
        labels: bool ``(record, 71)``.
    """

    version: str
    records: pd.DataFrame
    labels: pd.DataFrame

    @classmethod
    def of(cls, metadata: pd.DataFrame, config: DataConfig) -> "Truth":
        """Read records and labels from ``ptbxl_database.csv``."""
        records = record_table(metadata, config)
        labels = label_matrix(metadata.loc[records.index, "scp_codes"], config.likelihood_at_least)
        return cls(ptbxl_version(metadata), records, labels)

    def task(self, task: str) -> pd.DataFrame:
        """Return the labels of a task, without the records that have none of them: bool ``(record, label)``."""
        return labelled_records(self.labels, task)

    def training_counts(self, task: str) -> pd.Series:
        """Count the training records of each label of a task."""
        table = self.task(task)
        return table[self.records.loc[table.index, "split"] == "train"].sum()
