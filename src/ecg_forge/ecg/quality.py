"""Signal quality: what can be wrong with a recording that was read without error."""

import numpy as np
import pandas as pd

from ecg_forge.ecg.leads import LEADS, limb_lead_residual
from ecg_forge.ecg.records import FULL_SCALE, INVALID_SAMPLE, to_millivolts


def quality_table(ecg_ids: np.ndarray, samples: np.ndarray, problems: list[str]) -> pd.DataFrame:
    """Describe the quality of a block of recordings.

    Args:
        ecg_ids: ``(record,)``.
        samples: int16 ``(record, lead, sample)`` in µV; zeros where a recording could not be read.
        problems: what was wrong while reading each recording, empty where nothing was.

    Returns:
        Indexed by ecg_id: ``problem`` (text), ``flat_leads`` (names of leads without any change), ``clipped`` and
        ``missing`` (share of samples at full scale, and marked invalid), ``limb_lead_residual_mv``, and ``usable``.
        A recording is usable when it was read, no sample is missing and at least one lead is not flat.
    """
    flat = samples.max(axis=2) == samples.min(axis=2)
    missing = (samples == INVALID_SAMPLE).mean(axis=(1, 2))
    table = pd.DataFrame(
        {
            "problem": problems,
            "flat_leads": [" ".join(np.array(LEADS)[row]) for row in flat],
            "clipped": (np.abs(samples.astype(np.int32)) >= FULL_SCALE).mean(axis=(1, 2)),
            "missing": missing,
            "limb_lead_residual_mv": limb_lead_residual(to_millivolts(samples)),
        },
        index=pd.Index(ecg_ids, name="ecg_id"),
    )
    table.loc[(table["problem"] == "") & (missing > 0), "problem"] = "missing samples"
    table.loc[(table["problem"] == "") & flat.all(axis=1), "problem"] = "every lead is flat"
    table["usable"] = table["problem"] == ""
    return table
