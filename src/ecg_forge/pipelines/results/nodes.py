"""Keep what a study's figures follow from, and rebuild the figures of the documentation from it without training."""

from typing import Any

import pandas as pd

from ecg_forge.ecg.records import Signals
from ecg_forge.metrics.config import EvaluationConfig
from ecg_forge.pipelines.arms import ARMS, BASELINE, CONTROL
from ecg_forge.pipelines.baseline.nodes import choose_thresholds
from ecg_forge.pipelines.evaluation.nodes import compare_every_pair, score_arm
from ecg_forge.pipelines.evaluation.report import differences_from, plain
from ecg_forge.reporting.markdown import results_page
from ecg_forge.training.config import ClassifierConfig


def keep_probabilities(probabilities: pd.DataFrame) -> pd.DataFrame:
    """Keep the validation and test probabilities of one arm as they are: every score follows from them."""
    return probabilities


def describe_run(
    parameters: dict[str, Any], data_card: dict[str, Any], synthetic_plan: pd.DataFrame, thresholds: dict[str, float]
) -> dict[str, Any]:
    """Say how the probabilities of one arm came about: settings, data, machine, time, thresholds.

    Targets are those of the plan as it was drawn, however its mode came to them.
    """
    counted = ("version", "sampling_rate_hz", "records", "patients", "records_by_split")
    settings = plain(parameters)
    counts = synthetic_plan["target"].value_counts(sort=False)
    settings["synthesis"]["plan"]["targets"] = [{"statement": code, "count": int(n)} for code, n in counts.items()]
    return {
        "provenance": {name: settings["provenance"][name] for name in ("code", "machine", "started")},
        "data": {name: data_card[name] for name in counted},
        "parameters": {name: value for name, value in settings.items() if name != "provenance"},
        "thresholds": thresholds,
    }


def draw_synthetic_example(
    synthetic_signals: Signals, synthetic_records: pd.DataFrame, synthetic_verdicts: pd.DataFrame
) -> str:
    """Draw the first accepted synthetic ECG, or the first at all where none was accepted, as SVG."""
    from ecg_forge.ecg.plotting import draw_ecg, figure_svg

    accepted = synthetic_verdicts.index[synthetic_verdicts["accepted"]]
    ecg_id = accepted[0] if len(accepted) else synthetic_records.index[0]
    title = f"synthetic: {synthetic_records.loc[ecg_id, 'statements'].replace(';', ', ')}"
    return figure_svg(draw_ecg(synthetic_signals.millivolts([ecg_id])[0], synthetic_signals.fs, title))


def write_results_page(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    classifier: ClassifierConfig,
    config: EvaluationConfig,
    *published: Any,
) -> str:
    """Score the kept probabilities again and print the tables of the documentation.

    Args:
        published: probabilities and description of each arm in turn, in the order of `ARMS`.

    Returns:
        Markdown.
    """
    probabilities, runs = (dict(zip(ARMS, published[n::2], strict=True)) for n in range(2))
    thresholds = {arm: choose_thresholds(probabilities[arm], labels, records, classifier, config) for arm in ARMS}
    metrics = {arm: score_arm(probabilities[arm], thresholds[arm], records, labels, classifier, config) for arm in ARMS}
    pairs = [part for arm in ARMS for part in (probabilities[arm], thresholds[arm])]
    comparison = compare_every_pair(records, labels, classifier, config, *pairs)
    references = {reference: differences_from(reference, comparison) for reference in (BASELINE, CONTROL)}
    return results_page(metrics, references, runs[BASELINE])
