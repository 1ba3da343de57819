"""Features of every recording, and the classifiers of trees that learn from them."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.beats import beat_rows
from ecg_forge.ecg.labels import labelled_records
from ecg_forge.ecg.records import Signals, to_millivolts
from ecg_forge.ecg.splits import check_patients_disjoint, records_of, require_training_records
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.pipelines.benchmark.description import TRAINED, describe, of_validation
from ecg_forge.pipelines.feature_models.config import FeatureModelsConfig
from ecg_forge.pipelines.feature_models.trees import Examples, Fitted

logger = logging.getLogger(__name__)

_BLOCK = 256  # recordings measured at a time; bounds the memory

Runs = tuple[dict[str, pd.DataFrame], dict[str, dict[str, Any]], pd.DataFrame]


def measure_signal_features(signals: Signals, beats: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """Describe every record by statistics, spectrum, wavelets and median beat of each lead, and by `features`."""
    from ecg_forge.ecg.signal_features import signal_features

    peaks = beat_rows(beats, signals.ecg_id)
    tables = [
        signal_features(to_millivolts(block), signals.fs, peaks[start : start + len(block)])
        for start, block in zip(range(0, len(signals), _BLOCK), signals.blocks(_BLOCK), strict=True)
    ]
    table = pd.concat(tables).set_index(pd.Index(signals.ecg_id, name="ecg_id"))
    return table.join(features.astype(np.float32))


def train_feature_models(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    signal_features: pd.DataFrame,
    data_card: dict[str, Any],
    provenance: dict[str, Any],
    config: FeatureModelsConfig,
) -> Runs:
    """Train a random forest and gradient boosting on folds 1 to 8; every choice uses fold 9.

    Records without any label of the task are left out, as in the benchmark, whose runs these stand beside.

    Returns:
        probabilities of the validation and test records and description, both by run,
        ``<task>/random_forest-seed<k>`` and ``<task>/gradient_boosting-seed<k>``; and what the features are worth, as
        `importance_table` makes it.
    """
    from ecg_forge.pipelines.feature_models.importance import importance_table
    from ecg_forge.pipelines.feature_models.trees import fit_boosting, fit_forest

    check_patients_disjoint(records)
    truth = labelled_records(labels, config.task)
    held = records.loc[truth.index]
    train, val = (_examples(split, held, truth, signal_features) for split in ("train", "val"))
    fits: dict[str, Callable[[], Fitted]] = {
        "random_forest": lambda: fit_forest(train, val, config.random_forest, config.seed, config.workers),
        "gradient_boosting": lambda: fit_boosting(train, val, config.gradient_boosting, config.seed, config.workers),
    }
    probabilities, descriptions, fitted = {}, {}, {}
    for model, fit in fits.items():
        name = f"{config.task}/{model}-seed{config.seed}"
        started = time.perf_counter()
        fitted[model] = fit()
        seconds = time.perf_counter() - started
        probabilities[name] = _score(fitted[model], held, truth, signal_features)
        descriptions[name] = {
            **describe(name, config.of_run(model), held, truth, data_card),
            **_trained(fitted[model], seconds, signal_features.shape[1]),
            "provenance": {part: provenance[part] for part in ("code", "machine", "started")},
            **of_validation(Predictions.of("val", probabilities[name], truth, held)),
        }
        logger.info("%s: macro AUC %.4f on validation", name, descriptions[name]["val_auc"])
    names = list(signal_features.columns)
    importance = importance_table(fitted, val, names, config.importance_records, config.seed)
    return probabilities, descriptions, importance


def draw_feature_importance(feature_importance: pd.DataFrame) -> str:
    """Draw what features and leads are worth to the two models, as SVG."""
    from ecg_forge.ecg.plotting import figure_svg
    from ecg_forge.reporting.feature_importance import draw_importance

    return figure_svg(draw_importance(feature_importance))


def _examples(split: str, held: pd.DataFrame, truth: pd.DataFrame, signal_features: pd.DataFrame) -> Examples:
    ids = records_of(held, split).index
    if split == "train":
        require_training_records(ids, held, "the models on features")
    return Examples(signal_features.loc[ids].to_numpy(np.float32), truth.loc[ids].to_numpy())


def _score(model: Fitted, held: pd.DataFrame, truth: pd.DataFrame, signal_features: pd.DataFrame) -> pd.DataFrame:
    """Give each validation and test record the probability of each label, in the half precision that is kept."""
    held_out = pd.concat([records_of(held, "val"), records_of(held, "test")])
    said = model.probabilities(signal_features.loc[held_out.index].to_numpy(np.float32))
    table = pd.DataFrame(said.astype(np.float16), index=held_out.index, columns=truth.columns)
    table.insert(0, "split", held_out["split"])
    return table


def _trained(model: Fitted, seconds: float, features: int) -> Mapping[str, Any]:
    """Say of a training what `TRAINED` names, nothing where trees have no such thing, and what was chosen."""
    from ecg_forge.training.fit import peak_memory_gb

    said = {"seconds": round(seconds, 1), "peak_memory_gb": round(peak_memory_gb(), 2)}
    return {
        **dict.fromkeys(TRAINED),
        **said,
        **{"features": features, "trees": model.trees, "chosen": model.chosen, "tried": model.tried},
    }
