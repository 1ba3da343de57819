"""A random forest and gradient boosting for several labels, their settings chosen on validation records."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from ecg_forge.metrics.classification import auc, macro
from ecg_forge.pipelines.feature_models.config import BoostingConfig, ForestConfig

logger = logging.getLogger(__name__)

Probabilities = Callable[[np.ndarray], np.ndarray]
"""From features ``(record, feature)`` to the probability of each label, ``(record, label)``."""


@dataclass(frozen=True)
class Examples:
    """Records to learn from or to choose by.

    Attributes:
        features: float32 ``(record, feature)``, NaN where there is no value.
        truth: bool ``(record, label)``.
    """

    features: np.ndarray
    truth: np.ndarray


@dataclass(frozen=True)
class Fitted:
    """A model of trees and how it was chosen.

    Attributes:
        probabilities: what it says of records.
        chosen: the settings that fold 9 chose.
        tried: every setting that was tried, with its macro AUC on the validation records.
        trees: how many it has.
        impurity: share of each feature in the impurity that the splits took away, ``(feature,)``; None for boosting.
    """

    probabilities: Probabilities
    chosen: dict[str, Any]
    tried: list[dict[str, Any]]
    trees: int
    impurity: np.ndarray | None = None


def fit_forest(train: Examples, validation: Examples, config: ForestConfig, seed: int, workers: int) -> Fitted:
    """Fit a forest with every size of leaf, and keep the one of highest macro AUC on the validation records."""
    tried: list[dict[str, Any]] = []
    best: Fitted | None = None
    for leaf_records in config.leaf_records:
        forest = _forest(train, config, leaf_records, seed, workers)

        def say(features: np.ndarray, forest: Any = forest) -> np.ndarray:
            said = [each[:, 1] for each in _by_label(forest.predict_proba(features))]
            return _over_all_labels(said, train.truth)

        tried.append({"leaf_records": leaf_records, "val_auc": _score(validation, say(validation.features))})
        logger.info("random forest: %s", tried[-1])
        if _is_best(tried):
            impurity = forest.feature_importances_
            best = Fitted(say, {"leaf_records": leaf_records}, tried, config.trees, impurity)
    assert best is not None
    return best


def fit_boosting(train: Examples, validation: Examples, config: BoostingConfig, seed: int, workers: int) -> Fitted:
    """Fit a model per label with every learning rate; rate and number of iterations are those of highest macro AUC.

    The number of iterations is one for all labels, so that all validation records choose it.
    """
    from threadpoolctl import threadpool_limits

    tried: list[dict[str, Any]] = []
    best: Fitted | None = None
    for rate in config.learning_rates:
        with threadpool_limits(workers, user_api="openmp"):
            models = [
                _boosted(train, label, config, rate, seed) for label in np.flatnonzero(_varies(train.truth)).tolist()
            ]
            stages = zip(*(model.staged_predict_proba(validation.features) for model in models), strict=True)
            curve = [_score(validation, _over_all_labels([p[:, 1] for p in now], train.truth)) for now in stages]
        iterations = int(np.argmax(curve)) + 1

        def say(features: np.ndarray, models: list[Any] = models, iterations: int = iterations) -> np.ndarray:
            with threadpool_limits(workers, user_api="openmp"):
                return _over_all_labels([_at(model, features, iterations) for model in models], train.truth)

        tried.append({"learning_rate": rate, "iterations": iterations, "val_auc": max(curve)})
        logger.info("gradient boosting: %s", tried[-1])
        if _is_best(tried):
            best = Fitted(say, {"learning_rate": rate, "iterations": iterations}, tried, iterations * len(models))
    assert best is not None
    return best


def _forest(train: Examples, config: ForestConfig, leaf_records: int, seed: int, workers: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(
        config.trees,
        min_samples_leaf=leaf_records,
        max_features=config.features,
        random_state=seed,
        n_jobs=workers,
    ).fit(train.features, train.truth[:, _varies(train.truth)])


def _boosted(train: Examples, label: int, config: BoostingConfig, rate: float, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        learning_rate=rate,
        max_iter=config.iterations,
        max_leaf_nodes=config.leaves,
        min_samples_leaf=config.leaf_records,
        l2_regularization=config.l2,
        max_features=config.features,
        max_bins=config.bins,
        early_stopping=False,  # it would take its validation records from the training folds
        random_state=seed,
    ).fit(train.features, train.truth[:, label])


def _at(model: Any, features: np.ndarray, iterations: int) -> np.ndarray:
    """Return the probability of a label after so many iterations, ``(record,)``."""
    return next(islice(model.staged_predict_proba(features), iterations - 1, None))[:, 1]


def _by_label(said: Any) -> list[np.ndarray]:
    """Return what a forest says label by label; with one label it gives an array instead of a list."""
    return said if isinstance(said, list) else [said]


def _varies(truth: np.ndarray) -> np.ndarray:
    """Return which labels ``(label,)`` have records with and without them, so that they can be learned."""
    return np.asarray(truth.any(axis=0) & ~truth.all(axis=0))


def _over_all_labels(said: Sequence[np.ndarray], training_truth: np.ndarray) -> np.ndarray:
    """Return float32 ``(record, label)``: what was said of the labels that vary, and 0 or 1 for those that do not."""
    filled = np.tile(training_truth[0].astype(np.float32), (len(said[0]), 1))
    filled[:, _varies(training_truth)] = np.stack(said, axis=1)
    return filled


def _score(validation: Examples, said: np.ndarray) -> float:
    return round(macro(auc(validation.truth, said)), 6)


def _is_best(tried: list[dict[str, Any]]) -> bool:
    return all(each["val_auc"] < tried[-1]["val_auc"] for each in tried[:-1])
