"""From PhysioNet's tables and recordings to typed tables, one signal array, and a data card."""

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg import data_card as card
from ecg_forge.ecg import labels as label_rules
from ecg_forge.ecg.beats import beat_table
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.intervals import find_beats, rhythm_features
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.metadata import DataConfig, ptbxl_version, record_table
from ecg_forge.ecg.normaliser import fit_normaliser
from ecg_forge.ecg.quality import quality_table
from ecg_forge.ecg.records import Recordings, Signals, SignalStream, to_millivolts
from ecg_forge.ecg.splits import records_of, require_training_records

logger = logging.getLogger(__name__)

_BLOCK = 512  # recordings measured at a time; bounds the memory


def tabulate_records(metadata: pd.DataFrame, config: DataConfig) -> pd.DataFrame:
    """Build the typed table of the records asked for, damaged or not."""
    return record_table(metadata, config)


def inspect_recordings(candidates: pd.DataFrame, recordings: Recordings, config: DataConfig) -> pd.DataFrame:
    """Read every recording once, with its checksums, and note what is wrong with it."""
    tables, start = [], 0
    for block in recordings.read(candidates["filename"].tolist(), fs=config.fs, length=config.length):
        ids = candidates.index[start : start + len(block.problems)]
        tables.append(quality_table(ids.to_numpy(), block.samples, block.problems))
        start += len(ids)
    return pd.concat(tables)


def keep_usable_records(candidates: pd.DataFrame, quality: pd.DataFrame, config: DataConfig) -> pd.DataFrame:
    """Leave out damaged recordings, or stop at the first one, as ``on_bad_record`` says."""
    bad = quality[~quality["usable"]]
    if len(bad) and config.on_bad_record == "error":
        first = bad.index[0]
        raise BadInput(
            f"{candidates.loc[first, 'filename']} (ecg_id {first}): {bad.loc[first, 'problem']}; {len(bad)} damaged "
            "in all, listed in signal_quality. Get them again, or set data_engineering.on_bad_record to drop"
        )
    for ecg_id, problem in bad["problem"].items():
        logger.warning("left out ecg_id %s: %s", ecg_id, problem)
    return candidates.drop(index=bad.index)


def encode_labels(records: pd.DataFrame, metadata: pd.DataFrame, config: DataConfig) -> pd.DataFrame:
    """Build the multi-hot table of the 71 statements."""
    return label_rules.label_matrix(metadata.loc[records.index, "scp_codes"], config.likelihood_at_least)


def describe_labels(statements: pd.DataFrame) -> dict[str, Any]:
    """Check PhysioNet's statement table against the registry and list tasks and labels."""
    return label_rules.label_set(statements)


def decode_signals(records: pd.DataFrame, recordings: Recordings, config: DataConfig) -> SignalStream:
    """Stream the recordings into one array, int16 µV ``(record, 12, sample)``."""

    filenames = records["filename"].tolist()

    def blocks(first: int) -> Iterator[np.ndarray]:
        for block in recordings.read(filenames[first:], fs=config.fs, length=config.length):
            if damaged := [problem for problem in block.problems if problem]:
                raise BadInput(f"a recording changed since it was inspected: {damaged[0]}")
            yield block.samples

    return SignalStream(records.index.to_numpy(), LEADS, config.fs, config.length, blocks)


def measure_normaliser(records: pd.DataFrame, signals: Signals) -> dict[str, Any]:
    """Measure the scaling constants on the training records."""
    train = records_of(records, "train").index
    require_training_records(train, records, "the normaliser")
    rows = signals.rows(train)
    blocks = (signals.samples[rows[start : start + _BLOCK]] for start in range(0, len(rows), _BLOCK))
    return fit_normaliser(blocks, signals.leads)


def measure_features(signals: Signals) -> pd.DataFrame:
    """Measure heart rate, its variation, and amplitude of every record."""
    tables = [rhythm_features(to_millivolts(block), signals.fs) for block in signals.blocks(_BLOCK)]
    return pd.concat(tables).set_index(pd.Index(signals.ecg_id, name="ecg_id"))


def find_r_peaks(signals: Signals) -> pd.DataFrame:
    """Find the R peaks of every record: one row per beat."""
    found = [beats for block in signals.blocks(_BLOCK) for beats in find_beats(to_millivolts(block), signals.fs)]
    return beat_table(signals.ecg_id, found)


def make_data_card(
    metadata: pd.DataFrame,
    records: pd.DataFrame,
    labels: pd.DataFrame,
    quality: pd.DataFrame,
    recordings: Recordings,
    config: DataConfig,
) -> dict[str, Any]:
    """Count what the data set holds and what was left out."""
    version = ptbxl_version(metadata)
    source = {"dataset": recordings.dataset, "version": version, "origin": recordings.origin}
    made = card.data_card(records, labels, quality, **source, fs=config.fs)
    logger.info(
        "%s, version %s (%s): %d records of %d patients, %d left out",
        recordings.dataset,
        version,
        recordings.origin,
        made["records"],
        made["patients"],
        len(made["dropped"]),
    )
    return made


def draw_label_counts(data_card: dict[str, Any]) -> Any:
    """Draw how many training, validation and test records hold each statement."""
    from ecg_forge.reporting.figures import label_counts

    return label_counts(pd.DataFrame.from_dict(data_card["labels"]["all"], orient="index"))
