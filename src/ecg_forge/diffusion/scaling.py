"""Millivolt to model units and back: one factor per lead, learned from the training records."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ecg_forge.diffusion.process import SIGMA_DATA
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import INDEPENDENT_LEADS


@dataclass(frozen=True)
class LeadScaling:
    """A factor for each lead that gives the training signals the standard deviation ``sigma_data``.

    There is no shift (leads of PTB-XL have means near 0) and no clipping, so model units turn back into the same
    microvolt.

    Attributes:
        leads: names, in the order of the lead axis.
        millivolts: for each lead, what one model unit is in mV.

    Raises:
        BadInput: not one positive factor per lead.
    """

    leads: tuple[str, ...]
    millivolts: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.leads) != len(self.millivolts) or not all(0 < factor < math.inf for factor in self.millivolts):
            raise BadInput(f"a scaling needs one positive factor per lead, got {self.leads}, {self.millivolts}")

    @classmethod
    def of(
        cls,
        lead_sd_mv: Mapping[str, float],
        leads: Sequence[str] = INDEPENDENT_LEADS,
        sigma_data: float = SIGMA_DATA,
    ) -> "LeadScaling":
        """Build from the standard deviation in mV of each lead, by name, over the training records."""
        return cls(tuple(leads), tuple(lead_sd_mv[lead] / sigma_data for lead in leads))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "LeadScaling":
        """Build from what ``as_dict`` returned."""
        return cls(tuple(values["leads"]), tuple(float(factor) for factor in values["millivolts"]))

    def as_dict(self) -> dict[str, list[Any]]:
        """Return the scaling as JSON can hold it."""
        return {"leads": list(self.leads), "millivolts": list(self.millivolts)}

    def to_model(self, millivolts: Tensor) -> Tensor:
        """Turn ``(..., lead, sample)`` in mV into model units."""
        return millivolts / self._factors(millivolts)

    def to_millivolts(self, signals: Tensor) -> Tensor:
        """Turn ``(..., lead, sample)`` in model units into mV."""
        return signals * self._factors(signals)

    def _factors(self, like: Tensor) -> Tensor:
        if like.ndim < 2 or like.shape[-2] != len(self.leads):
            raise BadInput(f"scaling expects (..., {len(self.leads)} leads, sample), got {tuple(like.shape)}")
        return torch.tensor(self.millivolts, dtype=like.dtype, device=like.device)[:, None]
