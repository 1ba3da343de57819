"""What a classifier said about the records of one split, beside what was true."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput, LeakError

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Predictions:
    """Probabilities and truth for the same records of one split; every score is computed from these.

    Attributes:
        split: ``train``, ``val`` or ``test``.
        ecg_id: int ``(record,)``, unique.
        patient_id: int ``(record,)``.
        labels: label names, in the order of the label axis.
        truth: bool or uint8 ``(record, label)``.
        probability: float32 ``(record, label)`` in [0, 1].

    Raises:
        BadInput: any of the above does not hold; the message names it.
    """

    split: str
    ecg_id: np.ndarray
    patient_id: np.ndarray
    labels: tuple[str, ...]
    truth: np.ndarray
    probability: np.ndarray

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise BadInput(f"split must be one of {', '.join(SPLITS)}, got {self.split!r}")
        _check_axes(self)
        _check_values(self)

    def __len__(self) -> int:
        return len(self.ecg_id)

    @classmethod
    def of(cls, split: str, probabilities: pd.DataFrame, labels: pd.DataFrame, records: pd.DataFrame) -> "Predictions":
        """Join the tables of the catalog, by ecg_id and by label name, for one split.

        Args:
            split: the rows of ``probabilities`` to take.
            probabilities: index ecg_id, a column ``split``, then one column per label.
            labels: bool, index ecg_id, at least the same label columns, in any order.
            records: index ecg_id with ``patient_id``; where it also has ``split``, the two must agree.

        Raises:
            BadInput: a column, label or record is missing, or no row belongs to ``split``.
            LeakError: a record stands in another split in ``records``.
        """
        if "split" not in probabilities:
            raise BadInput("the probabilities have no column 'split'")
        rows = probabilities[probabilities["split"] == split].drop(columns="split")
        names = tuple(str(name) for name in rows.columns)
        missing = [name for name in names if name not in labels]
        if missing:
            raise BadInput(f"no truth for label {missing[0]} ({len(missing)} missing in all)")
        for name, table in (("labels", labels), ("records", records)):
            absent = rows.index.difference(table.index)
            if len(absent):
                raise BadInput(f"ecg_id {absent[0]} is not in the {name} table ({len(absent)} missing in all)")
        _check_same_split(split, records.loc[rows.index])
        return cls(
            split=split,
            ecg_id=rows.index.to_numpy(dtype=np.int64),
            patient_id=records.loc[rows.index, "patient_id"].to_numpy(dtype=np.int64),
            labels=names,
            truth=labels.loc[rows.index, list(names)].to_numpy(dtype=bool),
            probability=rows.to_numpy(dtype=np.float32),
        )


def require_validation(predictions: Predictions, what: str) -> None:
    """Raise LeakError unless the predictions are of the validation split.

    Args:
        predictions: what something is to be fitted on.
        what: that thing with its verb, such as "thresholds are".
    """
    if predictions.split != "val":
        raise LeakError(f"{what} fitted on the val split only, not on {predictions.split}")


def _check_same_split(split: str, records: pd.DataFrame) -> None:
    if "split" not in records:
        return
    elsewhere = records.index[records["split"] != split]
    if len(elsewhere):
        place = records.loc[elsewhere[0], "split"]
        raise LeakError(
            f"ecg_id {elsewhere[0]} is scored as {split} but stands in {place} ({len(elsewhere)} such records)"
        )


def _check_axes(given: Predictions) -> None:
    records, labels = len(given.ecg_id), len(given.labels)
    if records == 0 or labels == 0:
        raise BadInput(f"{given.split} predictions hold {records} records and {labels} labels; both must be positive")
    if len(set(given.labels)) != labels:
        raise BadInput(f"a label is named twice in {', '.join(given.labels)}")
    if given.patient_id.shape != (records,):
        raise BadInput(f"{records} ecg_ids but patient_id of shape {given.patient_id.shape}")
    for name, values in (("truth", given.truth), ("probability", given.probability)):
        if values.shape != (records, labels):
            raise BadInput(f"{name} of shape {values.shape} does not fit {records} records and {labels} labels")
    ids, times = np.unique(given.ecg_id, return_counts=True)
    if len(ids) != records:
        raise BadInput(f"ecg_id {ids[times > 1][0]} stands twice in the {given.split} predictions")


def _check_values(given: Predictions) -> None:
    if not np.isin(given.truth, (0, 1)).all():
        raise BadInput("truth holds something other than 0 and 1")
    outside = ~((given.probability >= 0) & (given.probability <= 1))  # NaN is outside too
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise BadInput(
            f"probability of {given.labels[column]} for ecg_id {given.ecg_id[row]} is "
            f"{given.probability[row, column]}, not in [0, 1] ({int(outside.sum())} such values)"
        )
