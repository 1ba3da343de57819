"""The last nodes of explanation: say how it came about, and print it for the reader and the documentation."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from ecg_forge.pipelines.explanation.config import ExplanationConfig
from ecg_forge.pipelines.explanation.drawings import file_name, main_method


def describe_explanations(
    parameters: dict[str, Any], weights: dict[str, Any], config: ExplanationConfig
) -> dict[str, Any]:
    """Say which classifier was explained, how, and on which machine."""
    training = weights["config"]["training"]
    return {
        "provenance": {name: parameters["provenance"][name] for name in ("code", "machine", "started")},
        "classifier": {
            **{name: training[name] for name in ("model", "task", "crop_s", "stride_s", "aggregate", "seed")},
            "best_epoch": weights["config"]["best_epoch"],
            "val_auc": round(weights["config"]["val_auc"], 4),
        },
        "explanation": asdict(config),
    }


def report_explanations(
    run: dict[str, Any],
    explained_records: pd.DataFrame,
    occlusion: pd.DataFrame,
    checks: pd.DataFrame,
    drawings: Mapping[str, Callable[[], str]],
) -> tuple[str, str]:
    """Print the explanations.

    Args:
        run: as `describe_explanations` gives it.
        explained_records: which records were explained.
        occlusion: what leads and waves are worth.
        checks: of every method.
        drawings: load each drawing, SVG, by its name.

    Returns:
        the report as HTML, and the page as Markdown, which finds its drawings beside itself.
    """
    from ecg_forge.reporting.explanation_page import ExplanationContent, explanation_page, render_explanations

    shown = explained_records[explained_records["shown"]]
    content = ExplanationContent(
        run=run,
        records=explained_records,
        occlusion=occlusion,
        checks=checks,
        files={str(label): file_name(str(label)) for label in shown["label"]},
        main=main_method(run["explanation"]["methods"]),
    )
    return render_explanations(content, {name: load() for name, load in drawings.items()}), explanation_page(content)
