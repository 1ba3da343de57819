"""Train, score and threshold one classifier. Every arm runs these same nodes under its own namespace."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.demographics import fit_age_scale
from ecg_forge.ecg.labels import task_labels
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.splits import (
    check_patients_disjoint,
    records_of,
    require_synthetic_records,
    require_training_records,
)
from ecg_forge.metrics.config import EvaluationConfig
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.thresholds import fit_thresholds
from ecg_forge.training.config import ClassifierConfig

TRAINING_COLUMNS = ("ecg_id", "source", "age", "sex")
"""What a training table holds beside the 71 statements."""


def tabulate_training_records(records: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """List the real training records with their labels: the training table of the baseline arm.

    Returns:
        ecg_id, source (``real``), age, sex, then one bool column per statement.
    """
    check_patients_disjoint(records)
    train = records_of(records, "train")
    described = train[["age", "sex"]].assign(source="real").join(labels).reset_index(names="ecg_id")
    return described[[*TRAINING_COLUMNS, *labels.columns]]


def train_classifier(
    training_table: pd.DataFrame,
    records: pd.DataFrame,
    labels: pd.DataFrame,
    normaliser: dict[str, Any],
    config: ClassifierConfig,
    checkpoints: Any,
    *pools: Signals,
    start: Mapping[str, Any] | None = None,
    callbacks: Sequence[Any] = (),
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Train the classifier of one arm on its training table; validation records are real and of fold 9.

    With ``start`` the training begins with these weights instead of random ones; ``callbacks`` are Lightning's.

    Returns:
        Weights, and the history.
    """
    from ecg_forge.training.classifier import Examples, Scales, fit_classifier
    from ecg_forge.training.data import SignalPools

    synthetic = training_table["source"] == "synthetic"
    require_training_records(training_table.loc[~synthetic, "ecg_id"].unique(), records, "classifier training")
    require_synthetic_records(training_table.loc[synthetic, "ecg_id"].to_numpy(), "classifier training")
    ids = training_table["ecg_id"].to_numpy()
    # The ids are in the index so that they count in the fingerprint: two arms can differ in nothing else.
    rows = task_labels(training_table.drop(columns=list(TRAINING_COLUMNS)), config.task).set_axis(ids)
    validation = records_of(records, "val")
    of_validation = task_labels(labels, config.task).loc[validation.index]
    return fit_classifier(
        Examples(SignalPools(pools, ids), training_table[["age", "sex"]], rows),
        Examples(SignalPools(pools, validation.index.to_numpy()), validation, of_validation),
        Scales(normaliser, fit_age_scale(records_of(records, "train")["age"])),
        config,
        checkpoints,
        name=f"classifier on {' + '.join(training_table['source'].unique())} records",
        start=start,
        callbacks=callbacks,
    )


def score_records(weights: dict[str, Any], records: pd.DataFrame, signals: Signals) -> pd.DataFrame:
    """Give each validation and test record the probability of each label.

    Returns:
        Indexed by ecg_id: split (val, test), then one float32 column per label.
    """
    from ecg_forge.training.classifier import score
    from ecg_forge.training.data import SignalPools

    held_out = pd.concat([records_of(records, "val"), records_of(records, "test")])
    ids = held_out.index.to_numpy(dtype=np.int64)
    probabilities = score(weights, SignalPools([signals], ids), held_out)
    probabilities.insert(0, "split", held_out["split"].to_numpy())
    return probabilities


def choose_thresholds(
    probabilities: pd.DataFrame,
    labels: pd.DataFrame,
    records: pd.DataFrame,
    classifier: ClassifierConfig,
    evaluation: EvaluationConfig,
) -> dict[str, float]:
    """Choose the threshold of each label on the validation split, by the policy of the evaluation."""
    validation = Predictions.of("val", probabilities, task_labels(labels, classifier.task), records)
    return fit_thresholds(validation, evaluation.threshold_policy)
