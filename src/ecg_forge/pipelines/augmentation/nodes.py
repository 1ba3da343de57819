"""Check the synthetic ECGs, and put together what the other arms are trained on."""

import logging
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.labels import label_of_statement, statement_rows, task_labels
from ecg_forge.ecg.leads import INDEPENDENT_LEADS, lead_positions
from ecg_forge.ecg.records import Signals, to_millivolts
from ecg_forge.ecg.splits import records_of
from ecg_forge.metrics import synthetic_checks as checks
from ecg_forge.metrics.memorisation import near_copies, nearest_distance
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.training.config import ClassifierConfig

logger = logging.getLogger(__name__)


def measure_distances(
    records: pd.DataFrame, signals: Signals, synthetic_signals: Signals
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the training record nearest to each synthetic and, as the yardstick, to each validation record.

    Returns:
        Two tables indexed by ecg_id: distance_mv (root mean square over the eight leads) and nearest_ecg_id.
    """
    train = records_of(records, "train").index.to_numpy()
    reference = _independent(signals, train)
    return (
        _nearest(synthetic_signals, synthetic_signals.ecg_id, reference, train),
        _nearest(signals, records_of(records, "val").index.to_numpy(), reference, train),
    )


def _nearest(signals: Signals, ecg_ids: np.ndarray, reference: np.ndarray, train: np.ndarray) -> pd.DataFrame:
    distance, position = nearest_distance(_independent(signals, ecg_ids), reference)
    return pd.DataFrame(
        {"distance_mv": distance, "nearest_ecg_id": train[position]}, index=pd.Index(ecg_ids, name="ecg_id")
    )


def _independent(signals: Signals, ecg_ids: np.ndarray) -> np.ndarray:
    return to_millivolts(signals.samples[signals.rows(ecg_ids)][:, lead_positions(INDEPENDENT_LEADS, signals.leads)])


def check_synthetic_records(
    synthetic_signals: Signals,
    synthetic_records: pd.DataFrame,
    distances: tuple[pd.DataFrame, pd.DataFrame],
    training_features: pd.DataFrame,
    recognised: pd.Series,
    config: checks.CheckConfig,
) -> pd.DataFrame:
    """Apply every check and keep each reason."""
    synthetic, validation = distances
    limit = float(validation["distance_mv"].quantile(config.near_copy_quantile))
    reasons = {
        "not finite": checks.not_finite(synthetic_signals),
        **checks.out_of_range(synthetic_records, training_features, config.range_tail),
        "near-copy of a training record": near_copies(synthetic["distance_mv"].to_numpy(), limit),
        "target not recognised by the baseline": ~recognised.to_numpy(),
    }
    return checks.verdicts(synthetic_records.index.to_numpy(), reasons)


def recognise_targets(
    weights: dict[str, Any],
    probabilities: pd.DataFrame,
    labels: pd.DataFrame,
    records: pd.DataFrame,
    synthetic_signals: Signals,
    synthetic_records: pd.DataFrame,
    config: ClassifierConfig,
    strictness: checks.CheckConfig,
) -> pd.Series:
    """Ask the baseline classifier whether each synthetic record shows its target as clearly as real records do."""
    from ecg_forge.training.classifier import score
    from ecg_forge.training.data import SignalPools

    validation = Predictions.of("val", probabilities, task_labels(labels, config.task), records)
    ids = synthetic_records.index.to_numpy()
    scored = score(weights, SignalPools([synthetic_signals], ids), synthetic_records)
    recognised = pd.Series(True, index=synthetic_records.index)
    for target, group in synthetic_records.groupby("target"):
        label = label_of_statement(str(target), config.task)
        if label is not None:
            floor = checks.recognition_floor(validation, label, strictness.recognition_quantile)
            recognised[group.index] = scored.loc[group.index, label] >= floor
    return recognised


def check_synthetic(
    synthetic_signals: Signals,
    synthetic_records: pd.DataFrame,
    synthetic_distances: pd.DataFrame,
    validation_distances: pd.DataFrame,
    records: pd.DataFrame,
    features: pd.DataFrame,
    labels: pd.DataFrame,
    weights: dict[str, Any],
    probabilities: pd.DataFrame,
    config: checks.CheckConfig,
    classifier: ClassifierConfig,
) -> pd.DataFrame:
    """Decide which synthetic records the augmented arm may learn from.

    Returns:
        Indexed by ecg_id: accepted, reason.
    """
    recognised = recognise_targets(
        weights, probabilities, labels, records, synthetic_signals, synthetic_records, classifier, config
    )
    training_features = features.loc[records_of(records, "train").index]
    table = check_synthetic_records(
        synthetic_signals,
        synthetic_records,
        (synthetic_distances, validation_distances),
        training_features,
        recognised,
        config,
    )
    logger.info("accepted %d of %d synthetic records", table["accepted"].sum(), len(table))
    if not table["accepted"].any():
        logger.warning("no synthetic record passed the checks: every arm is trained on the real records alone")
    return table


def tabulate_augmented_records(
    baseline_table: pd.DataFrame, synthetic_records: pd.DataFrame, synthetic_verdicts: pd.DataFrame
) -> pd.DataFrame:
    """Add the accepted synthetic records to the baseline's training table."""
    accepted = _accepted(synthetic_records, synthetic_verdicts)
    return pd.concat([baseline_table, synthetic_rows(accepted)], ignore_index=True)


def tabulate_oversampled_records(
    baseline_table: pd.DataFrame, synthetic_records: pd.DataFrame, synthetic_verdicts: pd.DataFrame
) -> pd.DataFrame:
    """Add, for each accepted synthetic record, a copy of the real record it is compared with: the control."""
    accepted = _accepted(synthetic_records, synthetic_verdicts)
    copies = baseline_table.set_index("ecg_id").loc[accepted["template_ecg_id"]].reset_index()
    return pd.concat([baseline_table, copies.assign(source="copy")], ignore_index=True)


def synthetic_rows(synthetic_records: pd.DataFrame) -> pd.DataFrame:
    """Turn a table of synthetic records into rows of a training table: ecg_id, source, age, sex, 71 statements."""
    codes = [text.split(";") for text in synthetic_records["statements"]]
    labels = statement_rows(codes, synthetic_records.index).reset_index(drop=True)
    described = {
        "ecg_id": synthetic_records.index.to_numpy(),
        "source": "synthetic",
        "age": synthetic_records["age"].array,
        "sex": synthetic_records["sex"].array,
    }
    return pd.concat([pd.DataFrame(described, index=labels.index), labels], axis=1)


def _accepted(synthetic_records: pd.DataFrame, synthetic_verdicts: pd.DataFrame) -> pd.DataFrame:
    return synthetic_records[synthetic_verdicts["accepted"].reindex(synthetic_records.index)]
