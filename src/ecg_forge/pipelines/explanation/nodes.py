"""Choose records of fold 9, explain them, average the explanations over beats, and check the methods."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import task_labels
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.splits import records_of
from ecg_forge.pipelines.explanation.averages import beat_averages, occlusion_rows
from ecg_forge.pipelines.explanation.checks import check_label
from ecg_forge.pipelines.explanation.config import ExplanationConfig
from ecg_forge.pipelines.explanation.maps import Recordings, batches, explainer_of, map_table


def choose_explained_records(
    weights: dict[str, Any],
    probabilities: pd.DataFrame,
    thresholds: dict[str, float],
    labels: pd.DataFrame,
    records: pd.DataFrame,
    config: ExplanationConfig,
) -> pd.DataFrame:
    """Choose, of the validation records that hold each label, one to show and some to average over.

    Shown is the one to which the classifier gives the highest probability. The others are drawn at random, those that
    the classifier recognises before those that it does not. The test fold has no part in it.

    Returns:
        One row per label and record: label, statement, ecg_id, probability, recognised, shown, averaged; the shown one
        first, then in the order of the draw.

    Raises:
        BadInput: no validation record holds a label.
    """
    task = weights["config"]["training"]["task"]
    of_task = task_labels(labels, task)
    validation = records_of(records, "val").index
    tables = []
    for statement, label in config.labels(task).items():
        holders = validation[of_task.loc[validation, label].to_numpy()]
        if holders.empty:
            raise BadInput(f"explanation.statements: no validation record holds {label}; name a more frequent one")
        found = probabilities.loc[holders, label].rename("probability").rename_axis("ecg_id").reset_index()
        tables.append(_chosen(found, thresholds[label], config).assign(label=label, statement=statement))
    columns = ["label", "statement", "ecg_id", "probability", "recognised", "shown", "averaged"]
    return pd.concat(tables, ignore_index=True)[columns]


def _chosen(found: pd.DataFrame, threshold: float, config: ExplanationConfig) -> pd.DataFrame:
    """Mark what is shown and what is averaged among ``(ecg_id, probability)``, and leave out the rest."""
    found = found.assign(recognised=found["probability"] >= threshold)
    best = found.sort_values(["probability", "ecg_id"], ascending=[False, True])["ecg_id"].iloc[0]
    drawn = found.sample(frac=1, random_state=config.seed).sort_values("recognised", ascending=False, kind="stable")
    drawn = drawn.assign(shown=drawn["ecg_id"] == best, averaged=np.arange(len(drawn)) < config.averaged_records)
    return drawn[drawn["shown"] | drawn["averaged"]].sort_values("shown", ascending=False, kind="stable")


def explain_records(
    weights: dict[str, Any],
    explained_records: pd.DataFrame,
    records: pd.DataFrame,
    signals: Signals,
    beats: pd.DataFrame,
    config: ExplanationConfig,
) -> pd.DataFrame:
    """Explain the shown record of each label by every method.

    Returns:
        label, ecg_id, method, sample, and a column for each lead.
    """
    explainer, recordings = explainer_of(weights, signals, config), Recordings(records, signals, beats)
    tables = []
    for label, ids in _by_label(explained_records, "shown"):
        for some in batches(explainer, ids, recordings, config):
            for method in config.methods:
                (found,) = explainer.explain(method, some.batch, label)
                tables.append(map_table(label, int(ids[0]), method, found))
    return pd.concat(tables, ignore_index=True)


def average_explanations(
    weights: dict[str, Any],
    explained_records: pd.DataFrame,
    records: pd.DataFrame,
    signals: Signals,
    beats: pd.DataFrame,
    config: ExplanationConfig,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Average the explanations of each label over beats aligned at their R peak, and over records.

    Returns:
        beats: label, method, lead, sample (from the R peak), attribution, millivolts (above each lead's median),
        records and beats behind them; occlusion: label, part (lead or wave), name, and median and quartiles over
        records of the fall of the logit.
    """
    explainer, recordings = explainer_of(weights, signals, config), Recordings(records, signals, beats)
    averages, occlusions = [], []
    for label, ids in _by_label(explained_records, "averaged"):
        some = list(batches(explainer, ids, recordings, config))
        signal = np.concatenate([each.signals_mv for each in some])
        parts = np.concatenate([each.parts for each in some])
        found = {
            method: np.concatenate([explainer.explain(method, each.batch, label) for each in some])
            for method in config.methods
        }
        peaks = [recordings.peaks(int(ecg_id)) for ecg_id in ids]
        averages.append(beat_averages(signal, found, peaks, signals.fs).assign(label=label))
        occlusions.append(occlusion_rows(found, parts).assign(label=label))
    return _label_first(averages), _label_first(occlusions)


def check_explanations(
    weights: dict[str, Any],
    explained_records: pd.DataFrame,
    records: pd.DataFrame,
    signals: Signals,
    beats: pd.DataFrame,
    config: ExplanationConfig,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Check every method: against shuffled weights, by deletion and insertion, and against what it must add up to.

    Returns:
        checks: label, method (also ``random``, an order that no method made), records, areas under deletion and
        insertion, rank correlation with the maps of shuffled weights, completeness gap; curves: label, method, share,
        deletion, insertion.
    """
    from ecg_forge.training.explanation import shuffled_weights

    explainer = explainer_of(weights, signals, config)
    shuffled = explainer_of(shuffled_weights(weights, config.seed), signals, config)
    recordings = Recordings(records, signals, beats)
    checks, curves = [], []
    for label, ids in _by_label(explained_records, "averaged"):
        some = batches(explainer, ids[: config.checked_records], recordings, config)
        of_label = check_label(explainer, shuffled, label, some, config)
        checks.append(of_label[0].assign(label=label))
        curves.append(of_label[1].assign(label=label))
    return _label_first(checks), _label_first(curves)


def _by_label(explained_records: pd.DataFrame, role: str) -> Iterator[tuple[str, np.ndarray]]:
    chosen = explained_records[explained_records[role]]
    for label, group in chosen.groupby("label", sort=False):
        yield str(label), group["ecg_id"].to_numpy(dtype=np.int64)


def _label_first(tables: list[pd.DataFrame]) -> pd.DataFrame:
    table = pd.concat(tables, ignore_index=True)
    return table[["label", *table.columns.drop("label")]]
