"""Train the network that finds lines and traces in photographs."""

from typing import Any

import pandas as pd

from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.splits import check_patients_disjoint, records_of, require_training_records
from ecg_forge.paper.layout import SheetConfig
from ecg_forge.paper.photograph_config import PhotographConfig
from ecg_forge.training.segmenter_config import SegmenterConfig


def train_segmenter(
    records: pd.DataFrame,
    signals: Signals,
    sheets: SheetConfig,
    photographs: PhotographConfig,
    config: SegmenterConfig,
    checkpoints: Any,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Train a segmenter on photographs of training records; those of validation records only show in its history.

    Returns:
        Weights and history.
    """
    from ecg_forge.training.data import SignalPools
    from ecg_forge.training.segmenter import fit_segmenter

    check_patients_disjoint(records)
    train, validation = records_of(records, "train"), records_of(records, "val")
    require_training_records(train.index, records, "the segmenter")
    pools = [SignalPools([signals], split.index.to_numpy()) for split in (train, validation)]
    return fit_segmenter(pools[0], pools[1], sheets, photographs, config, checkpoints)
