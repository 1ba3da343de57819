"""Search for the settings with which a classifier does best on fold 9."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import labelled_records
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.splits import check_patients_disjoint, records_of
from ecg_forge.pipelines.baseline.nodes import tabulate_training_records, train_classifier
from ecg_forge.training.config import ClassifierConfig
from ecg_forge.training.search_config import SearchConfig


def search_settings(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    signals: Signals,
    normaliser: dict[str, Any],
    config: SearchConfig,
    storage: Any,
    checkpoints: Any,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Train one classifier per trial on folds 1 to 8 and compare them on fold 9; fold 10 is put away first.

    Trials are kept as they end, and a search that was killed goes on in the middle of one. Another space, other
    settings or other data make another search; a longer one goes on with the same.

    Returns:
        The trials, and the best settings as parameters of the benchmark.

    Raises:
        BadInput: optuna is not installed, or every trial diverged.
    """
    check_patients_disjoint(records)
    task = config.training["task"]
    truth = labelled_records(labels.loc[records.index[records["split"] != "test"]], task)
    held = records.loc[truth.index]
    table, statements = tabulate_training_records(held, labels.loc[held.index]), labels.loc[held.index]

    def train(classifier: ClassifierConfig, callbacks: Sequence[Any]) -> float:
        weights, _ = train_classifier(
            table, held, statements, normaliser, classifier, checkpoints, signals, callbacks=callbacks
        )
        return float(weights["config"]["val_auc"])

    with storage.opened() as trials:
        from ecg_forge.training.fit import fingerprint
        from ecg_forge.training.search import search

        people = held[["split", "age", "sex"]]
        study_name = fingerprint(config.identity(), truth, people, pd.json_normalize(normaliser))
        found = search(trials, study_name, config, len(records_of(held, "train")), train)
    checkpoints.clear()  # a pruned trial leaves its last one
    return found.trials, config.preset(found.best)


def draw_trials(trials: pd.DataFrame, config: SearchConfig) -> str:
    """Draw how the search went and which settings did well, as SVG."""
    from ecg_forge.ecg.plotting import figure_svg
    from ecg_forge.reporting.search_figure import draw_search

    if missing := [name for name in config.space if name not in trials]:
        raise BadInput(f"the trials have no setting {missing[0]}; run the search again after a change of search.space")
    logarithmic = [name for name, setting in config.space.items() if setting.kind == "log_float"]
    return figure_svg(draw_search(trials, list(config.space), logarithmic))
