"""Score every arm once on the test fold, compare them, and write the report."""

from typing import Any

import pandas as pd

from ecg_forge.ecg.labels import task_labels
from ecg_forge.ecg.splits import records_of
from ecg_forge.metrics import calibration, classification_report, memorisation, operating_points, subgroups, summary
from ecg_forge.metrics.bootstrap import patient_weights
from ecg_forge.metrics.comparison import compare_arms
from ecg_forge.metrics.config import EvaluationConfig
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.report_table import label_table
from ecg_forge.pipelines.arms import ARMS, BASELINE, PAIRS
from ecg_forge.training.config import ClassifierConfig


def score_arm(
    probabilities: pd.DataFrame,
    thresholds: dict[str, float],
    records: pd.DataFrame,
    labels: pd.DataFrame,
    classifier: ClassifierConfig,
    config: EvaluationConfig,
) -> pd.DataFrame:
    """Score one arm on the test split, label by label and on average, with intervals by patient."""
    test = _predictions("test", probabilities, records, labels, classifier)
    weights = patient_weights(test.patient_id, config.resamples, config.seed)
    return label_table(test, thresholds, weights, _training_counts(records, labels, classifier))


def summarise_scores(
    probabilities: pd.DataFrame,
    thresholds: dict[str, float],
    records: pd.DataFrame,
    labels: pd.DataFrame,
    classifier: ClassifierConfig,
) -> dict[str, float]:
    """Score the test split of one arm as a whole."""
    return summary.summary(_predictions("test", probabilities, records, labels, classifier), thresholds)


def report_classification(
    probabilities: pd.DataFrame,
    thresholds: dict[str, float],
    records: pd.DataFrame,
    labels: pd.DataFrame,
    classifier: ClassifierConfig,
) -> pd.DataFrame:
    """Print scikit-learn's classification report of one arm on the test split."""
    test = _predictions("test", probabilities, records, labels, classifier)
    return classification_report.classification_report(test, thresholds)


def tabulate_operating_points(
    probabilities: pd.DataFrame, records: pd.DataFrame, labels: pd.DataFrame, classifier: ClassifierConfig
) -> pd.DataFrame:
    """Fit one arm's thresholds on validation by every policy, and decide the test split by them."""
    return operating_points.operating_points(*_held_out(probabilities, records, labels, classifier))


def measure_calibration(
    probabilities: pd.DataFrame, records: pd.DataFrame, labels: pd.DataFrame, classifier: ClassifierConfig
) -> dict[str, Any]:
    """Fit one arm's temperature on validation, and say how well its test probabilities mean what they say."""
    return calibration.calibration(*_held_out(probabilities, records, labels, classifier))


def score_subgroups(
    probabilities: pd.DataFrame,
    thresholds: dict[str, float],
    records: pd.DataFrame,
    labels: pd.DataFrame,
    classifier: ClassifierConfig,
    config: EvaluationConfig,
) -> pd.DataFrame:
    """Score one arm on the test records of each sex and age band."""
    test = _predictions("test", probabilities, records, labels, classifier)
    return subgroups.subgroup_table(test, thresholds, records, config.resamples, config.seed)


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
    tests = {
        arm: _predictions("test", table, records, labels, classifier)
        for arm, table in zip(ARMS, scored[::2], strict=True)
    }
    counts = _training_counts(records, labels, classifier)
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


def measure_memorisation(synthetic_distances: pd.DataFrame, validation_distances: pd.DataFrame) -> dict[str, Any]:
    """Ask whether synthetic records are nearer to training records than unseen real records are."""
    return memorisation.memorisation(
        synthetic_distances["distance_mv"].to_numpy(), validation_distances["distance_mv"].to_numpy()
    )


def _predictions(
    split: str, probabilities: pd.DataFrame, records: pd.DataFrame, labels: pd.DataFrame, classifier: ClassifierConfig
) -> Predictions:
    return Predictions.of(split, probabilities, task_labels(labels, classifier.task), records)


def _held_out(
    probabilities: pd.DataFrame, records: pd.DataFrame, labels: pd.DataFrame, classifier: ClassifierConfig
) -> tuple[Predictions, Predictions]:
    """Return the validation and the test predictions."""
    validation, test = (_predictions(split, probabilities, records, labels, classifier) for split in ("val", "test"))
    return validation, test


def _training_counts(records: pd.DataFrame, labels: pd.DataFrame, classifier: ClassifierConfig) -> pd.Series:
    """Return how many real training records hold each label."""
    return task_labels(labels, classifier.task).loc[records_of(records, "train").index].sum()
