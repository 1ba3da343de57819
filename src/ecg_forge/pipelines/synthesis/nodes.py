"""Train the denoiser, plan which ECGs to make, make them, and measure how real they look."""

import logging
from typing import Any

import pandas as pd

from ecg_forge.diffusion.config import SamplerConfig
from ecg_forge.ecg.beats import beat_rows
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.intervals import rhythm_features
from ecg_forge.ecg.label_plan import choose_targets, draw_plan
from ecg_forge.ecg.labels import task_labels
from ecg_forge.ecg.leads import INDEPENDENT_LEADS
from ecg_forge.ecg.plan_config import AutoTargets, OneHotPlan, PlanSettings, RealSetsPlan
from ecg_forge.ecg.records import Signals, SignalStream
from ecg_forge.ecg.resampling import at_rate
from ecg_forge.ecg.splits import records_of, require_training_records
from ecg_forge.ecg.synthetic_tables import ExportConfig, ptbxl_metadata
from ecg_forge.metrics import fidelity
from ecg_forge.metrics.plan_targets import validation_average_precision
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.training.config import ClassifierConfig, DenoiserConfig, GuidanceConfig

logger = logging.getLogger(__name__)


def train_denoiser(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    signals: Signals,
    beats: pd.DataFrame,
    normaliser: dict[str, Any],
    config: DenoiserConfig,
    checkpoints: Any,
    start: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], pd.DataFrame, dict[str, str]]:
    """Train the denoiser and its rhythm on the training records; fold 9 only shows in its history.

    Args:
        start: weights to go on from, such as those of the package; by default the denoiser begins anew.

    Returns:
        Averaged weights, the history, and for each epoch a sheet of sampled ECGs as SVG.
    """
    from ecg_forge.ecg.plotting import figure_svg
    from ecg_forge.reporting.ecg_sheet import draw_sheet
    from ecg_forge.training.conditions import condition_table
    from ecg_forge.training.data import SignalPools
    from ecg_forge.training.denoiser import SHOWN, fit_denoiser

    train, validation = records_of(records, "train"), records_of(records, "val")
    require_training_records(train.index, records, "the denoiser")
    parts = [
        (
            SignalPools([signals], split.index.to_numpy(), INDEPENDENT_LEADS),
            condition_table(split, labels.loc[split.index], beat_rows(beats, split.index.to_numpy())),
        )
        for split in (train, validation)
    ]
    scaling = normaliser["lead_sd_mv"]
    weights, history, shown = fit_denoiser(parts[0], parts[1], scaling, config, checkpoints, start)
    sheets = {
        f"epoch_{epoch:04d}": figure_svg(draw_sheet(millivolts, signals.fs, list(SHOWN), f"After epoch {epoch}"))
        for epoch, millivolts in shown.items()
    }
    return weights, history, sheets


def plan_synthesis(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    probabilities: pd.DataFrame,
    classifier: ClassifierConfig,
    settings: PlanSettings,
) -> pd.DataFrame:
    """Decide which ECGs to make: by given targets, or for the rare statements that the baseline scores badly on."""
    config = settings.plan
    if isinstance(config, AutoTargets):
        validation = Predictions.of("val", probabilities, task_labels(labels, classifier.task), records)
        counts = labels.loc[records_of(records, "train").index].sum()
        config = RealSetsPlan(choose_targets(counts, validation_average_precision(validation), config), config.seed)
    return _drawn(records, labels, config)


def plan_requested(records: pd.DataFrame, labels: pd.DataFrame, settings: PlanSettings) -> pd.DataFrame:
    """Decide which ECGs to make by given targets; nothing but the records themselves is needed.

    Raises:
        BadInput: the targets are to be chosen by rule, which needs a trained baseline.
    """
    config = settings.plan
    if isinstance(config, AutoTargets):
        raise BadInput(
            "synthesis.plan.mode is 'auto', which needs the baseline's scores; give targets, or run pipeline synthesis"
        )
    return _drawn(records, labels, config)


def _drawn(records: pd.DataFrame, labels: pd.DataFrame, config: RealSetsPlan | OneHotPlan) -> pd.DataFrame:
    plan = draw_plan(records, labels, config)
    counts = plan["target"].value_counts(sort=False)
    logger.info("planned %s", ", ".join(f"{n} with {target}" for target, n in counts.items()))
    return plan


def generate_signals(
    weights: dict[str, Any], plan: pd.DataFrame, sampler: SamplerConfig, guidance: GuidanceConfig
) -> SignalStream:
    """Make one 12-lead ECG per row of the plan."""
    from ecg_forge.training.generation import generate

    return generate(weights, plan, sampler, guidance)


def describe_synthetic_records(plan: pd.DataFrame, synthetic_signals: Signals) -> pd.DataFrame:
    """Table the synthetic records: what was asked for, and the heart rate and amplitude that came out."""
    measured = rhythm_features(synthetic_signals.millivolts(plan.index), synthetic_signals.fs)
    asked = plan.drop(columns="seed").assign(source="synthetic")
    return asked.join(measured.set_index(plan.index))


def export_synthetic_records(plan: pd.DataFrame, synthetic_signals: Signals, config: ExportConfig) -> dict[str, Any]:
    """Put the synthetic records into PTB-XL's form, at 100 or 500 Hz."""
    return {"metadata": ptbxl_metadata(plan), "signals": at_rate(synthetic_signals, config.fs)}


def measure_fidelity(
    signals: Signals, features: pd.DataFrame, synthetic_signals: Signals, synthetic_records: pd.DataFrame
) -> dict[str, Any]:
    """Compare the synthetic records with the training records whose label sets they were asked for."""
    templates = synthetic_records["template_ecg_id"].unique()
    return fidelity.fidelity(
        signals.millivolts(templates),
        synthetic_signals.millivolts(synthetic_records.index),
        features.loc[templates],
        synthetic_records[features.columns],
        signals.fs,
    )
