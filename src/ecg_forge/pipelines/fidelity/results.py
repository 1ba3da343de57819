"""What is kept of a measurement of fidelity, and the page of the documentation that follows from it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from ecg_forge.diffusion.config import SamplerConfig
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.splits import records_of
from ecg_forge.metrics.config import EvaluationConfig
from ecg_forge.metrics.fidelity_config import FidelityConfig
from ecg_forge.metrics.transfer import transfer_scores
from ecg_forge.pipelines.arms import BASELINE, TRANSFER_ARMS
from ecg_forge.training.config import GuidanceConfig

Loaders = Mapping[str, Callable[[], Any]]


def keep_half_precision(probabilities: pd.DataFrame) -> pd.DataFrame:
    """Keep validation and test probabilities as float16, which moves no score by more than 0.001."""
    return probabilities.astype({name: "float16" for name in probabilities.columns if name != "split"})


def describe_fidelity(
    parameters: dict[str, Any],
    records: pd.DataFrame,
    plan: pd.DataFrame,
    weights: dict[str, Any],
    history: pd.DataFrame,
    sampler: SamplerConfig,
    guidance: GuidanceConfig,
    comparison: FidelityConfig,
) -> dict[str, Any]:
    """Say how the synthetic records came about: denoiser, training, sampling, code and machine."""
    settings = weights["config"]["training"]
    return {
        "provenance": {name: parameters["provenance"][name] for name in ("code", "machine", "started")},
        "denoiser": settings,
        "training": {
            "epochs": len(history),
            "records": len(history) * settings["steps_per_epoch"] * settings["batch_size"],
            "records_before": _records_seen(weights["config"].get("start")),
            "seconds": round(float(history["seconds"].sum())),
            "train_loss": float(history["train_loss"].iloc[-1]),
            "val_loss": float(history["val_loss"].iloc[-1]),
        },
        "sampler": asdict(sampler),
        "guidance": {name: value for name, value in asdict(guidance).items() if name != "batch_size"},
        "records": {
            "synthetic": len(plan),
            "heldout": min(len(records_of(records, "val")), comparison.records),
            "training": min(len(records_of(records, "train")), comparison.records),
        },
    }


def _records_seen(config: Mapping[str, Any] | None) -> int:
    """Count the training records seen by weights of this configuration and by those that they went on from."""
    if config is None:
        return 0
    settings = config["training"]
    own = settings["epochs"] * settings["steps_per_epoch"] * settings["batch_size"]
    return int(own) + _records_seen(config.get("start"))


def pack_denoiser(
    weights: dict[str, Any], run: dict[str, Any], figures: pd.DataFrame, transfer: pd.DataFrame
) -> dict[str, Any]:
    """Put the trained denoiser and its card together, as they come with the package."""
    from ecg_forge.reporting.model_card import model_card

    parameters = sum(tensor.numel() for tensor in weights["tensors"].values())
    return {**weights, "card": model_card(run, parameters, figures, transfer)}


def unpack_denoiser(box: dict[str, Any]) -> dict[str, Any]:
    """Take a denoiser out of its box, to make records with as if it had been trained here."""
    return box


def score_transfer(
    records: pd.DataFrame, labels: pd.DataFrame, config: EvaluationConfig, *probabilities: pd.DataFrame
) -> pd.DataFrame:
    """Score on the test fold what was trained on all real records, on the templates, and on synthetic records.

    Args:
        probabilities: of the baseline and of each of `TRANSFER_ARMS`, in this order.
    """
    tables = [
        transfer_scores(table, labels, records, config).reset_index().assign(arm=arm)
        for arm, table in zip((BASELINE, *TRANSFER_ARMS), probabilities, strict=True)
    ]
    return pd.concat(tables, ignore_index=True).set_index(["arm", "task"]).reset_index()


def set_denoisers_side_by_side(figures: Loaders, runs: Loaders) -> str:
    """Print the figures of every denoiser that was measured into one table, as Markdown.

    Args:
        figures: loads the overall figures, by the denoiser's name.
        runs: loads how its records came about.

    Raises:
        BadInput: none was measured yet.
    """
    if not figures:
        raise BadInput("no denoiser was measured yet (globals: denoisers); run `kedro run --pipelines=fidelity` first")
    from ecg_forge.reporting.fidelity_page import denoisers_page

    return denoisers_page({name: figures[name]() for name in figures}, {name: runs[name]() for name in figures})


def write_fidelity_page(
    run: dict[str, Any],
    figures: pd.DataFrame,
    statements: pd.DataFrame,
    by_steps: pd.DataFrame,
    diversity: pd.DataFrame,
    by_guidance: pd.DataFrame,
    transfer: pd.DataFrame,
) -> str:
    """Print everything that was measured as Markdown."""
    from ecg_forge.reporting.fidelity_page import FIGURE_CAPTIONS, FidelityContent, fidelity_page

    images = {name: f"{name}.svg" for name in FIGURE_CAPTIONS}
    return fidelity_page(FidelityContent(run, figures, statements, by_steps, diversity, by_guidance, transfer, images))
