"""Checks on catalog entries, named there under ``validator:``; each raises BadInput with the first thing that is wrong.

Kedro runs them on every load and save of the entry and adds the entry's name to the message.
"""

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.metadata import REQUIRED_COLUMNS
from ecg_forge.ecg.records import Signals, SignalStream
from ecg_forge.ecg.splits import SPLITS, check_patients_disjoint, split_of_fold
from ecg_forge.ecg.statements import CODES

_RECORD_COLUMNS = (
    "patient_id", "age", "age_90_plus", "sex", "height", "weight", "site", "device", "recording_date",
    "validated_by_human", "fold", "split", "filename",
)  # fmt: skip


def check_metadata(metadata: pd.DataFrame) -> None:
    """Check ``ptbxl_database.csv``: its columns, unique ecg_id, folds 1 to 10, each patient in one fold."""
    _require_columns(metadata, REQUIRED_COLUMNS)
    _require_unique_ids(metadata)
    split_of_fold(metadata["strat_fold"])
    folds = metadata.groupby("patient_id")["strat_fold"].nunique()
    if (folds > 1).any():
        raise BadInput(
            f"patient {folds.index[folds > 1][0]:.0f} stands in more than one strat_fold; PTB-XL keeps them in one"
        )


def check_statements(statements: pd.DataFrame) -> None:
    """Check ``scp_statements.csv``: exactly the 71 statements, each once."""
    if unknown := sorted(set(map(str, statements.index)) - set(CODES)):
        raise BadInput(f"unknown SCP statement {unknown[0]} ({len(unknown)} in all)")
    if missing := sorted(set(CODES) - set(statements.index)):
        raise BadInput(f"missing SCP statement {missing[0]} ({len(missing)} in all)")
    if statements.index.has_duplicates:
        raise BadInput(f"SCP statement {statements.index[statements.index.duplicated()][0]} stands twice")


def check_records(records: pd.DataFrame) -> None:
    """Check the table of records: its columns, unique ecg_id, splits that follow the folds and share no patient."""
    _require_columns(records, _RECORD_COLUMNS)
    _require_unique_ids(records)
    wrong = records.index[records["split"] != split_of_fold(records["fold"])]
    if len(wrong):
        raise BadInput(
            f"ecg_id {wrong[0]} is in {records.loc[wrong[0], 'split']}, fold {records.loc[wrong[0], 'fold']}"
        )
    check_patients_disjoint(records)


def check_labels(labels: pd.DataFrame) -> None:
    """Check the table of labels: the 71 statements as columns, in alphabetical order, bool, unique ecg_id."""
    if tuple(labels.columns) != CODES:
        odd = sorted(set(CODES) ^ set(labels.columns))
        raise BadInput(
            f"labels must have the 71 statements as columns, in order; wrong: {', '.join(odd) or 'the order'}"
        )
    boolean = labels.dtypes.map(pd.api.types.is_bool_dtype)
    if not boolean.all():
        raise BadInput(f"label {labels.columns[~boolean][0]} is not bool")
    _require_unique_ids(labels)


def check_signals(signals: Signals | SignalStream) -> None:
    """Check that signals, or those about to be written, have the twelve leads in order, and some samples."""
    if tuple(signals.leads) != LEADS:
        raise BadInput(f"signals must have the leads {', '.join(LEADS)}, got {', '.join(signals.leads)}")
    if signals.fs < 1 or signals.length < 1 or len(signals.ecg_id) < 1:
        raise BadInput(f"signals are empty: {len(signals.ecg_id)} records, {signals.length} samples, {signals.fs} Hz")


def check_probabilities(probabilities: pd.DataFrame) -> None:
    """Check predictions: a split (val or test), then one number in [0, 1] per label; unique ecg_id."""
    if "split" not in probabilities.columns or len(probabilities.columns) == 1:
        raise BadInput("probabilities need a column split and at least one label")
    odd = sorted(set(probabilities["split"]) - set(SPLITS[1:]))
    if odd:
        raise BadInput(f"probabilities of the {odd[0]} split; only val and test are predicted")
    values = probabilities.drop(columns="split").to_numpy(dtype=np.float64)
    wrong = np.argwhere(~((values >= 0) & (values <= 1)))  # NaN compares false
    if len(wrong):
        row, column = wrong[0]
        label = probabilities.columns.drop("split")[column]
        raise BadInput(
            f"ecg_id {probabilities.index[row]}: probability of {label} is {values[row, column]}, not in [0, 1]"
        )
    _require_unique_ids(probabilities)


def _require_columns(table: pd.DataFrame, columns: tuple[str, ...]) -> None:
    if missing := [column for column in columns if column not in table.columns]:
        raise BadInput(f"missing column {', '.join(missing)}")


def _require_unique_ids(table: pd.DataFrame) -> None:
    if table.empty:
        raise BadInput("the table has no row")
    if not pd.api.types.is_integer_dtype(table.index):
        raise BadInput(f"the index must be the integer ecg_id, got {table.index.dtype} {table.index.name}")
    if table.index.has_duplicates:
        raise BadInput(f"ecg_id {table.index[table.index.duplicated()][0]} stands twice")
