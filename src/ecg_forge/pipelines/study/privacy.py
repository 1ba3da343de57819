"""Do the study's synthetic records give away who was in the training set? Measured once, before any arm is trained.

The distances of ``metrics.membership`` are those of recordings scaled to a root mean square of 1. In mV one recording
that is nearly flat is the nearest of thousands, and the side on which it happens to stand wins the comparison of
training with held-out: between parts of PTB-XL that no generator had seen, ``nearer_to_train`` ran from 0.19 to 0.79 in
mV, and from 0.46 to 0.54 scaled. Scaled, a louder copy is also seen. The figures of ``metrics.memorisation`` are in mV.
"""

import logging
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.leads import INDEPENDENT_LEADS, lead_positions
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.splits import check_patients_disjoint, records_of
from ecg_forge.metrics.fidelity_suite import drawn
from ecg_forge.metrics.membership import (
    PrivacyLimits,
    blocked,
    membership_inference,
    neighbour_ratios,
    train_or_heldout,
)
from ecg_forge.metrics.memorisation import memorisation
from ecg_forge.metrics.nearest_neighbours import nearest_distances

logger = logging.getLogger(__name__)

_BLOCK = 512  # records turned into floating point at a time
_SMALLEST = {"records": 2, "resamples": 1, "seed": 0}


@dataclass(frozen=True)
class PrivacySample:
    """How many records look for their nearest, and how certain the attack is.

    Attributes:
        records: of the synthetic, of the validation and of the training records at most so many are looked at; what
            they are compared with is never a part.
        resamples: of the patients, for the interval of the attack.
        seed: of the draws and of the resamples.
    """

    records: int = 3000
    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        for name, smallest in _SMALLEST.items():
            value = getattr(self, name)
            if value != int(value) or value < smallest:
                raise BadInput(f"privacy.sample.{name} is {value}; give a whole number from {smallest} on")


def measure_privacy(
    records: pd.DataFrame,
    signals: Signals,
    synthetic_signals: Signals,
    synthetic_distances: pd.DataFrame,
    validation_distances: pd.DataFrame,
    sample: PrivacySample,
    limits: PrivacyLimits,
) -> dict[str, Any]:
    """Measure what the synthetic records say about the training records, beside the validation records, and judge it.

    Held in memory are the eight leads of all training records, or of all synthetic ones, as float32.

    Returns:
        JSON-able dict: the figures of ``membership_inference``, ``train_or_heldout``, ``neighbour_ratios`` and
        ``memorisation``, all of the records drawn; ``limits``; and ``blocked``, a sentence for each limit exceeded.

    Raises:
        BadInput: a record has no signal, or the distances mean nothing.
        LeakError: a patient stands in two splits.
    """
    check_patients_disjoint(records)
    train, heldout = (records_of(records, split).index.to_numpy() for split in ("train", "val"))
    # As many on either side: the nearest of more records is nearer by chance.
    size = min(len(train), len(heldout), sample.records)
    members, others = (ids[drawn(len(ids), size, sample.seed)] for ids in (train, heldout))
    asked = synthetic_signals.ecg_id[drawn(len(synthetic_signals), sample.records, sample.seed)]
    synthetic = scaled_recordings(synthetic_signals, asked)
    member, other = scaled_recordings(signals, members), scaled_recordings(signals, others)
    patients = [records.loc[ids, "patient_id"].to_numpy() for ids in (members, others)]
    to_pool = _nearest((member, other), synthetic_signals, synthetic_signals.ecg_id, 1)
    figures = {
        **membership_inference(
            *(to_pool[0][:, 0], patients[0], to_pool[1][:, 0], patients[1]),
            resamples=sample.resamples,
            seed=sample.seed,
        ),
        **train_or_heldout(*(nearest_distances(synthetic, side, 1)[:, 0] for side in (member, other))),
        **neighbour_ratios(*_nearest((synthetic, other), signals, train, 2)),
        **memorisation(
            synthetic_distances.loc[asked, "distance_mv"].to_numpy(),
            validation_distances.loc[others, "distance_mv"].to_numpy(),
        ),
    }
    reasons = blocked(figures, limits)
    logger.info("privacy: %d synthetic records measured, %s", len(asked), "; ".join(reasons) or "within all limits")
    return {**figures, "limits": asdict(limits), "blocked": reasons}


def allow_study(privacy: dict[str, Any], verdicts: pd.DataFrame) -> pd.DataFrame:
    """Hand on the verdicts, without which no arm is trained, if the synthetic records keep all limits of privacy.

    Raises:
        LeakError: they exceed a limit.
    """
    if privacy["blocked"]:
        raise LeakError(
            f"the synthetic records give training records away, so no arm may learn from them: "
            f"{'; '.join(privacy['blocked'])}. Train the denoiser for fewer epochs or on more records; "
            "the limits are parameters, privacy.limits"
        )
    return verdicts


def scaled_recordings(signals: Signals, ecg_ids: np.ndarray) -> np.ndarray:
    """Return the eight independent leads, float32 ``(record, 8, sample)``, each record divided by its root mean square.

    A record that is zero throughout stays so.
    """
    rows, leads = signals.rows(ecg_ids), lead_positions(INDEPENDENT_LEADS, signals.leads)
    scaled = np.empty((len(rows), len(leads), signals.length), dtype=np.float32)
    for start in range(0, len(rows), _BLOCK):
        here = slice(start, start + _BLOCK)
        block = signals.samples[rows[here]][:, leads].astype(np.float32)
        size = np.sqrt(np.square(block, dtype=np.float64).mean(axis=(1, 2), keepdims=True))
        scaled[here] = block / np.where(size > 0, size, 1)
    return scaled


def _nearest(
    queries: tuple[np.ndarray, np.ndarray], signals: Signals, ecg_ids: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances of both sets of queries to their nearest of many records, ``(query, count)``.

    The many records are let go before the next are read.
    """
    reference = scaled_recordings(signals, ecg_ids)
    first, second = (nearest_distances(side, reference, count) for side in queries)
    return first, second
