"""Train the denoiser, plan which ECGs to make, make them, and measure how real they look."""

import logging
from typing import Any

import pandas as pd

from ecg_forge.diffusion.config import SamplerConfig
from ecg_forge.ecg.intervals import rhythm_features
from ecg_forge.ecg.label_plan import PlanConfig, draw_plan
from ecg_forge.ecg.leads import INDEPENDENT_LEADS
from ecg_forge.ecg.records import Signals, SignalStream
from ecg_forge.ecg.splits import records_of, require_training_records
from ecg_forge.metrics import fidelity
from ecg_forge.training.config import DenoiserConfig, GuidanceConfig

logger = logging.getLogger(__name__)


def train_denoiser(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    signals: Signals,
    normaliser: dict[str, Any],
    config: DenoiserConfig,
    checkpoints: Any,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Train the denoiser on the training records; fold 9 only shows in its history.

    Returns:
        EMA weights, and the history.
    """
    from ecg_forge.diffusion.scaling import LeadScaling
    from ecg_forge.training.conditions import condition_table
    from ecg_forge.training.data import SignalPools
    from ecg_forge.training.denoiser import fit_denoiser

    train, validation = records_of(records, "train"), records_of(records, "val")
    require_training_records(train.index, records, "the denoiser")
    parts = [
        (
            SignalPools([signals], split.index.to_numpy(), INDEPENDENT_LEADS),
            condition_table(split, labels.loc[split.index]),
        )
        for split in (train, validation)
    ]
    return fit_denoiser(parts[0], parts[1], LeadScaling.of(normaliser["lead_sd_mv"]), config, checkpoints)


def plan_synthesis(records: pd.DataFrame, labels: pd.DataFrame, config: PlanConfig) -> pd.DataFrame:
    """Decide which ECGs to make: real co-occurring label sets of training records that hold a target."""
    plan = draw_plan(records, labels, config)
    logger.info("planned %s", ", ".join(f"{n} with {target}" for target, n in config.counts.items()))
    return plan


def generate_signals(
    weights: dict[str, Any], plan: pd.DataFrame, sampler: SamplerConfig, guidance: GuidanceConfig
) -> SignalStream:
    """Make one 12-lead ECG per row of the plan."""
    from ecg_forge.training.denoiser import generate

    return generate(weights, plan, sampler, guidance)


def describe_synthetic_records(plan: pd.DataFrame, synthetic_signals: Signals) -> pd.DataFrame:
    """Table the synthetic records: what was asked for, and the heart rate and amplitude that came out."""
    measured = rhythm_features(synthetic_signals.millivolts(plan.index), synthetic_signals.fs)
    asked = plan.drop(columns="seed").assign(source="synthetic")
    return asked.join(measured.set_index(plan.index))


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
