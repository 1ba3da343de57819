"""Scaling constants, measured on training records only and stored beside every model."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.records import to_millivolts


def fit_normaliser(blocks: Iterable[np.ndarray], leads: tuple[str, ...]) -> dict[str, Any]:
    """Measure mean and standard deviation over records and samples, in one pass.

    Args:
        blocks: int16 ``(record, lead, sample)`` in µV, training records only.
        leads: names of the lead axis.

    Returns:
        JSON-able: ``mean_mv`` and ``sd_mv`` over all leads (the global scaler of the PTB-XL benchmark),
        ``lead_sd_mv`` by lead name, ``n_records``.

    Raises:
        BadInput: there is no record, or a lead never changes.
    """
    count, records = 0, 0
    total, squares = np.zeros(len(leads)), np.zeros(len(leads))
    for block in blocks:
        millivolts = to_millivolts(block).astype(np.float64)
        records += len(block)
        count += block.shape[0] * block.shape[2]
        total += millivolts.sum(axis=(0, 2))
        squares += np.square(millivolts).sum(axis=(0, 2))
    if count == 0:
        raise BadInput("the normaliser needs at least one training record")
    mean, second = total / count, squares / count
    lead_sd = np.sqrt(np.maximum(second - mean**2, 0))
    if (lead_sd == 0).any():
        raise BadInput(f"lead {leads[int(lead_sd.argmin())]} never changes in the training records")
    return {
        "mean_mv": float(mean.mean()),
        "sd_mv": float(np.sqrt(second.mean() - mean.mean() ** 2)),
        "lead_sd_mv": {lead: float(sd) for lead, sd in zip(leads, lead_sd, strict=True)},
        "n_records": records,
    }
