"""What the nodes share: records with all that their explanation needs, a few at a time, and tables of maps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.beats import beats_of
from ecg_forge.ecg.leads import LEADS, lead_positions
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.waves import wave_parts
from ecg_forge.pipelines.explanation.config import ExplanationConfig

if TYPE_CHECKING:
    from ecg_forge.training.explanation import Batch, Explainer

BATCH = 8  # records explained at a time


@dataclass(frozen=True)
class Recordings:
    """Where the nodes find what belongs to a record: its signal, its R peaks, and who it was recorded from."""

    records: pd.DataFrame
    signals: Signals
    beats: pd.DataFrame

    def millivolts(self, ecg_ids: np.ndarray) -> np.ndarray:
        """Return mV ``(record, 12, sample)`` in ``LEADS`` order."""
        return self.signals.millivolts(ecg_ids)[:, lead_positions(LEADS, self.signals.leads)]

    def peaks(self, ecg_id: int) -> np.ndarray:
        """Return the samples of a record's R peaks, ``(beat,)``."""
        return beats_of(self.beats, ecg_id)


@dataclass(frozen=True)
class Explained:
    """Some records of one label, ready to be explained; see `Recordings` and ``training.explanation.Batch``."""

    ecg_ids: np.ndarray
    signals_mv: np.ndarray
    parts: np.ndarray
    batch: "Batch"


def explainer_of(weights: Mapping[str, Any], signals: Signals, config: ExplanationConfig) -> "Explainer":
    """Build the explainer of a classifier for recordings as long as these."""
    from ecg_forge.training.explanation import Explainer

    return Explainer(weights, signals.length, config.integration_steps)


def batches(
    explainer: "Explainer", ecg_ids: np.ndarray, recordings: Recordings, config: ExplanationConfig
) -> Iterator[Explained]:
    """Yield the records, a few at a time."""
    for start in range(0, len(ecg_ids), BATCH):
        ids = ecg_ids[start : start + BATCH]
        signals_mv = recordings.millivolts(ids)
        fs = recordings.signals.fs
        parts = np.stack(
            [
                wave_parts(signal, recordings.peaks(int(ecg_id)), fs)
                for signal, ecg_id in zip(signals_mv, ids, strict=True)
            ]
        )
        people = recordings.records.loc[ids]
        yield Explained(ids, signals_mv, parts, explainer.batch(signals_mv, people, parts, config.reference))


def map_table(label: str, ecg_id: int, method: str, values: np.ndarray) -> pd.DataFrame:
    """Table one map ``(lead, sample)``: label, ecg_id, method, sample, and a float32 column for each lead."""
    table = pd.DataFrame(values.T.astype(np.float32), columns=list(LEADS))
    described: dict[str, Any] = {"label": label, "ecg_id": ecg_id, "method": method, "sample": np.arange(len(table))}
    for place, (name, value) in enumerate(described.items()):
        table.insert(place, name, value)
    return table


def map_of(table: pd.DataFrame, label: str, method: str) -> np.ndarray:
    """Return one map ``(lead, sample)`` of a table of such tables."""
    chosen = table[(table["label"] == label) & (table["method"] == method)]
    return chosen.sort_values("sample")[list(LEADS)].to_numpy().T
