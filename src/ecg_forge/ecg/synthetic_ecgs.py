"""Synthetic ECGs in memory, with what was asked for, and the plan that a request stands for."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.splits import FIRST_SYNTHETIC_ID
from ecg_forge.ecg.synthesis_request import SynthesisRequest


@dataclass(frozen=True, eq=False)
class SyntheticECGs:
    """ECGs made by a denoiser.

    Attributes:
        signals: float32 ``(record, lead, sample)`` in ``unit``; Einthoven and Goldberger hold within 1e-6 mV.
        records: one row per record, as `plan_of` returns it.
        request: what was asked for.
        leads: lead names, in the order of the lead axis.
        unit: of the signals.

    Raises:
        BadInput: signals and records do not fit.
    """

    signals: np.ndarray
    records: pd.DataFrame
    request: SynthesisRequest
    leads: tuple[str, ...] = LEADS
    unit: str = "mV"

    def __post_init__(self) -> None:
        expected = (len(self.records), len(self.leads))
        if self.signals.ndim != 3 or self.signals.dtype != np.float32 or self.signals.shape[:2] != expected:
            raise BadInput(
                f"synthetic ECGs must be float32 (record, lead, sample) with {expected[0]} records and {expected[1]} "
                f"leads, got {self.signals.dtype} {self.signals.shape}"
            )

    @property
    def fs(self) -> int:
        """Sampling rate in Hz."""
        return self.request.fs

    def __len__(self) -> int:
        return len(self.records)


def plan_of(request: SynthesisRequest) -> pd.DataFrame:
    """Plan each record of a request, as a denoiser takes it.

    Returns:
        Indexed by ecg_id, which no record of PTB-XL has: number (from ``request.first``), statements (codes joined by
        ``;``), age, sex and seed. A row depends on the request's seed and its own number alone.
    """
    numbers = range(request.first, request.first + request.n)
    plan = pd.DataFrame(
        {
            "number": numbers,
            "statements": ";".join(request.labels),
            "age": request.grouped_age,
            "sex": pd.Series([request.sex] * request.n, dtype=object),
            "seed": [record_seed(request.seed, number) for number in numbers],
        }
    )
    plan.index = pd.Index([FIRST_SYNTHETIC_ID + number for number in numbers], name="ecg_id")
    return plan


def record_seed(seed: int, number: int) -> int:
    """Derive the seed of one record, below 2**63, so that neighbouring seeds and numbers share no noise."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0] >> np.uint64(1))
