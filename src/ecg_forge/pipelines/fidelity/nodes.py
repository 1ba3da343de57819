"""How real the denoiser's ECGs are: figures beside those of real records, and what a classifier learns from them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.diffusion.config import SamplerConfig
from ecg_forge.ecg.label_plan import draw_plan
from ecg_forge.ecg.labels import statement_rows
from ecg_forge.ecg.leads import INDEPENDENT_LEADS, lead_positions
from ecg_forge.ecg.plan_config import TrainingDistributionPlan
from ecg_forge.ecg.records import Signals, SignalStream, to_millivolts
from ecg_forge.ecg.splits import records_of
from ecg_forge.metrics.fidelity_config import FidelityConfig, SamplingConfig
from ecg_forge.metrics.fidelity_suite import (
    RecordSet,
    drawn,
    fidelity_table,
    measure,
    memorisation_rows,
    statement_table,
)
from ecg_forge.metrics.memorisation import closest_correlation
from ecg_forge.pipelines.augmentation.nodes import synthetic_rows
from ecg_forge.pipelines.fidelity.drawings import draw_comparison
from ecg_forge.pipelines.synthesis.nodes import generate_signals
from ecg_forge.training.config import GuidanceConfig


def plan_training_distribution(
    records: pd.DataFrame, labels: pd.DataFrame, config: TrainingDistributionPlan
) -> pd.DataFrame:
    """Plan synthetic records with the label sets, ages and sexes of training records, as often as they come."""
    return draw_plan(records, labels, config)


def tabulate_synthetic_records(plan: pd.DataFrame) -> pd.DataFrame:
    """Make the training table of the arm that sees nothing but synthetic records."""
    return synthetic_rows(plan)


def tabulate_real_records(baseline_table: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """Make the training table of the arm that sees the real records whose label sets the synthetic ones took."""
    return baseline_table.set_index("ecg_id").loc[plan["template_ecg_id"]].reset_index()


def compare_with_real_records(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    signals: Signals,
    plan: pd.DataFrame,
    synthetic_signals: Signals,
    classifier_weights: dict[str, Any],
    config: FidelityConfig,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """Measure synthetic records and records of fold 9 against training records, and draw what was measured.

    Returns:
        The overall figures, the figures of each statement, and drawings as SVG by name.
    """
    synthetic = _synthetic_set(plan, synthetic_signals, classifier_weights)
    heldout, training = (
        _real_set(records_of(records, split), labels, signals, classifier_weights, config) for split in ("val", "train")
    )
    closest = [_closest(part, records_of(records, "train"), signals, config) for part in (synthetic, heldout)]
    figures = pd.concat([fidelity_table(synthetic, heldout, training, signals.fs, config), memorisation_rows(*closest)])
    statements = statement_table(synthetic, heldout, training, config)
    return figures, statements, draw_comparison(synthetic, heldout, closest, signals.fs)


def compare_sampling(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    signals: Signals,
    plan: pd.DataFrame,
    weights: dict[str, Any],
    classifier_weights: dict[str, Any],
    sampler: SamplerConfig,
    guidance: GuidanceConfig,
    comparison: FidelityConfig,
    config: SamplingConfig,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Make the same records with other numbers of steps and other guidance, and measure each against training records.

    Returns:
        Overall figures by steps (index figure, a column per number of evaluations), the diversity ratio of each
        statement (index label, the same columns), and overall figures by guidance (a column per scale).
    """
    first = plan.head(config.records)
    heldout, training = (
        _real_set(records_of(records, split), labels, signals, classifier_weights, comparison)
        for split in ("val", "train")
    )

    def measured(steps: SamplerConfig, push: GuidanceConfig) -> tuple[pd.Series, pd.DataFrame]:
        made = _in_memory(generate_signals(weights, first, steps, push))
        synthetic = _synthetic_set(first, made, classifier_weights)
        figures = fidelity_table(synthetic, heldout, training, signals.fs, comparison)["synthetic"]
        return figures, statement_table(synthetic, heldout, training, comparison)

    by_steps, diversity = {}, {}
    for steps in (SamplerConfig(sampler.name, number) for number in config.steps):
        column = str(steps.evaluations)
        by_steps[column], statements = measured(steps, guidance)
        enough = statements["n"] >= config.fewest_of_statement
        diversity[column] = statements.loc[enough, "diversity_ratio"]
    by_guidance = {f"{scale:g}": measured(sampler, replace(guidance, scale=scale))[0] for scale in config.scales}
    return pd.DataFrame(by_steps), pd.DataFrame(diversity).rename_axis("label"), pd.DataFrame(by_guidance)


def _synthetic_set(plan: pd.DataFrame, signals: Signals, weights: dict[str, Any]) -> RecordSet:
    labels = statement_rows([text.split(";") for text in plan["statements"]], plan.index)
    return _record_set(plan, labels, signals, weights)


def _real_set(
    people: pd.DataFrame, labels: pd.DataFrame, signals: Signals, weights: dict[str, Any], config: FidelityConfig
) -> RecordSet:
    chosen = people.iloc[drawn(len(people), config.records, config.seed)]
    return _record_set(chosen, labels.loc[chosen.index], signals, weights)


def _record_set(people: pd.DataFrame, labels: pd.DataFrame, signals: Signals, weights: dict[str, Any]) -> RecordSet:
    from ecg_forge.training.classifier import embed
    from ecg_forge.training.data import SignalPools

    features, probabilities = embed(weights, SignalPools([signals], people.index.to_numpy()), people)
    millivolts = signals.millivolts(people.index)
    return RecordSet(millivolts, labels, features.to_numpy(), probabilities, measure(millivolts, signals.fs))


def _closest(asking: RecordSet, train: pd.DataFrame, signals: Signals, config: FidelityConfig) -> np.ndarray:
    """Return the correlation of some records of a set with the training record closest to each, ``(record,)``."""
    leads = lead_positions(INDEPENDENT_LEADS, signals.leads)
    queries = asking.signals_mv[drawn(len(asking), config.queries, config.seed)][:, leads]
    reference = to_millivolts(signals.samples[signals.rows(train.index)][:, leads])
    return closest_correlation(queries, reference, signals.fs)[0]


def _in_memory(stream: SignalStream) -> Signals:
    return Signals(np.concatenate(list(stream.blocks(0))), stream.ecg_id, stream.leads, stream.fs)
