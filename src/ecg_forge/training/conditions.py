"""From tables of records and label plans to the conditions a denoiser is told."""

import numpy as np
import pandas as pd
import torch

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.statements import CODES
from ecg_forge.models.condition import FEMALE, MALE, UNKNOWN_SEX, Condition

_SEX_CODE = {"male": MALE, "female": FEMALE}


def condition_table(records: pd.DataFrame, labels: pd.DataFrame) -> np.ndarray:
    """Pack statements, age and sex into one float32 array ``(record, 73)``, so that a batch carries one tensor.

    Args:
        records: with columns age (years, NaN where unknown) and sex (male, female or missing).
        labels: bool ``(record, 71)`` of the same records, in the same order.
    """
    if not records.index.equals(labels.index) or list(labels.columns) != list(CODES):
        raise BadInput("records and labels must hold the same ecg_ids in the same order, and all 71 statements")
    sex = records["sex"].map(_SEX_CODE).fillna(UNKNOWN_SEX)
    return np.column_stack([labels.to_numpy(), records["age"], sex]).astype(np.float32)


def unpack_condition(packed: torch.Tensor) -> Condition:
    """Undo `condition_table`: ``(record, 73)`` to a Condition."""
    return Condition(statements=packed[:, :-2], age=packed[:, -2], sex=packed[:, -1].long())
