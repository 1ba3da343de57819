"""From tables of records and label plans to the conditions a denoiser is told."""

import numpy as np
import pandas as pd
import torch

from ecg_forge.ecg.beats import MOST_BEATS
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.statements import CODES
from ecg_forge.models.condition import FEMALE, MALE, UNKNOWN_SEX, Condition

_SEX_CODE = {"male": MALE, "female": FEMALE}


def condition_table(records: pd.DataFrame, labels: pd.DataFrame, beats: np.ndarray | None = None) -> np.ndarray:
    """Pack statements, age, sex and beats into one float32 array ``(record, 121)``, so that a batch carries one tensor.

    Args:
        records: with columns age (years, NaN where unknown) and sex (male, female or missing).
        labels: bool ``(record, 71)`` of the same records, in the same order.
        beats: R peaks ``(record, 48)`` of the same records, as `ecg.beats.beat_rows` gives them; None leaves them open.
    """
    if not records.index.equals(labels.index) or list(labels.columns) != list(CODES):
        raise BadInput("records and labels must hold the same ecg_ids in the same order, and all 71 statements")
    sex = records["sex"].map(_SEX_CODE).fillna(UNKNOWN_SEX)
    if beats is None:
        beats = np.full((len(records), MOST_BEATS), np.nan)
    return np.column_stack([labels.to_numpy(), records["age"], sex, beats]).astype(np.float32)


def unpack_condition(packed: torch.Tensor) -> Condition:
    """Undo `condition_table`: ``(record, 121)`` to a Condition."""
    n = len(CODES)
    return Condition(packed[:, :n], age=packed[:, n], sex=packed[:, n + 1].long(), beats=packed[:, n + 2 :])
