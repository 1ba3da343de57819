"""Score every arm once on the test fold, compare them, and write the report."""

import logging
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import task_labels
from ecg_forge.ecg.splits import records_of
from ecg_forge.metrics import memorisation
from ecg_forge.metrics.bootstrap import patient_weights
from ecg_forge.metrics.comparison import compare_arms
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.report_table import label_table
from ecg_forge.pipelines.arms import ARMS, BASELINE, PAIRS
from ecg_forge.training.config import ClassifierConfig

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EvaluationConfig:
    """How certain the figures are made.

    Attributes:
        resamples: bootstrap resamples of the test patients.
        seed: of the resamples.
    """

    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.resamples < 1:
            raise BadInput(f"evaluation.resamples is {self.resamples}; give a number above 0")


def score_arm(
    probabilities: pd.DataFrame,
    thresholds: dict[str, float],
    records: pd.DataFrame,
    labels: pd.DataFrame,
    classifier: ClassifierConfig,
    config: EvaluationConfig,
) -> pd.DataFrame:
    """Score one arm on the test split, label by label and on average, with intervals by patient."""
    test, counts = _test_predictions(probabilities, records, labels, classifier)
    return label_table(test, thresholds, patient_weights(test.patient_id, config.resamples, config.seed), counts)


def compare_every_pair(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    classifier: ClassifierConfig,
    config: EvaluationConfig,
    *scored: Any,
) -> pd.DataFrame:
    """Compare the other arms with the baseline, and the augmented arm with its control, over the same test patients.

    Args:
        records: table of records.
        labels: bool ``(record, 71)``.
        classifier: names the task.
        config: resamples.
        scored: probabilities and thresholds of each arm in turn, in the order of `ARMS`.
    """
    tests, counts = {}, pd.Series()
    for arm, table in zip(ARMS, scored[::2], strict=True):
        tests[arm], counts = _test_predictions(table, records, labels, classifier)
    thresholds = dict(zip(ARMS, scored[1::2], strict=True))
    weights = patient_weights(tests[BASELINE].patient_id, config.resamples, config.seed)
    tables = []
    for reference, arm in PAIRS:
        chosen = (thresholds[reference], thresholds[arm])
        table = compare_arms(tests[reference], tests[arm], *chosen, weights, training_counts=counts)
        table.insert(0, "arm", arm)
        table.insert(1, "reference", reference)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _test_predictions(
    probabilities: pd.DataFrame, records: pd.DataFrame, labels: pd.DataFrame, classifier: ClassifierConfig
) -> tuple[Predictions, pd.Series]:
    """Return the test predictions and how many real training records hold each label."""
    truth = task_labels(labels, classifier.task)
    counts = truth.loc[records_of(records, "train").index].sum()
    return Predictions.of("test", probabilities, truth, records), counts


def measure_memorisation(synthetic_distances: pd.DataFrame, validation_distances: pd.DataFrame) -> dict[str, Any]:
    """Ask whether synthetic records are nearer to training records than unseen real records are."""
    return memorisation.memorisation(
        synthetic_distances["distance_mv"].to_numpy(), validation_distances["distance_mv"].to_numpy()
    )
