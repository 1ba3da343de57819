"""The last node: put every artifact of the study into one HTML report."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from ecg_forge.ecg.labels import label_of_statement, task_labels
from ecg_forge.ecg.records import Signals
from ecg_forge.pipelines.arms import ARMS, BASELINE, CONTROL
from ecg_forge.reporting.tables import console_table
from ecg_forge.training.config import ClassifierConfig

if TYPE_CHECKING:
    from ecg_forge.reporting.report import Drawing, GalleryRow

logger = logging.getLogger(__name__)

QUESTION = "Does adding diffusion-made ECGs of a rare diagnosis help a classifier on real patients?"
CAVEATS = (
    "One training seed per arm: the intervals cover the choice of test patients, not the noise of training again.",
    "The denoiser saw training records only; thresholds were chosen on the validation fold; the test fold was scored "
    "once per arm.",
    "An arm's intervals are bootstrap percentiles around its score; whether arms differ is told by the paired "
    "differences, not by whether these intervals overlap.",
)
REPORTED = ("history", "probabilities", "metrics", "thresholds", "summary", "calibration", "subgroups")
"""What the report takes of each arm, in this order."""
_TARGETS_DRAWN = 4
_SYNTHETIC_DRAWN = 2


def write_report(
    parameters: dict[str, Any],
    classifier: ClassifierConfig,
    labels: pd.DataFrame,
    signals: Signals,
    data_card: dict[str, Any],
    denoiser_history: pd.DataFrame,
    synthetic_plan: pd.DataFrame,
    synthetic_signals: Signals,
    synthetic_records: pd.DataFrame,
    synthetic_verdicts: pd.DataFrame,
    fidelity: dict[str, Any],
    memorisation: dict[str, Any],
    comparison: pd.DataFrame,
    *of_arms: Any,
) -> str:
    """Render the report, and print its comparison to the log.

    Args:
        of_arms: what `REPORTED` names of each arm in turn, in the order of `ARMS`.
    """
    from ecg_forge.reporting.report import ReportContent, render_report

    each = {name: dict(zip(ARMS, of_arms[n :: len(REPORTED)], strict=True)) for n, name in enumerate(REPORTED)}
    truth, counts = task_labels(labels, classifier.task), data_card["labels"][classifier.task]
    metrics = {arm: table[table["n_test"] != 0] for arm, table in each["metrics"].items()}
    from_baseline, from_control = (differences_from(reference, comparison) for reference in (BASELINE, CONTROL))
    printed = console_table(metrics, {BASELINE: from_baseline, CONTROL: from_control})
    logger.info("scores on the test fold\n\n%s", printed)
    return render_report(
        ReportContent(
            question=QUESTION,
            metrics=metrics,
            comparison=from_baseline,
            control_comparison=from_control,
            synthetic_added=int(synthetic_verdicts["accepted"].sum()),
            plan=synthetic_plan,
            verdicts=synthetic_verdicts,
            fidelity=fidelity,
            memorisation=memorisation,
            data_card={name: value for name, value in data_card.items() if name != "labels"},
            provenance=_provenance(parameters, each["thresholds"]),
            scores=each["summary"],
            calibrations=each["calibration"],
            subgroups=each["subgroups"],
            gallery=draw_gallery(signals, synthetic_signals, synthetic_records, synthetic_verdicts),
            caveats=(*CAVEATS, _coverage(counts)),
            **_curves(truth, each["probabilities"], synthetic_plan, classifier.task),
            **_overviews(each, denoiser_history, from_baseline, counts),
        )
    )


def differences_from(reference: str, comparison: pd.DataFrame) -> pd.DataFrame:
    """Return the paired differences from one arm, without the labels that no test record holds."""
    tested = comparison["difference"].notna() | comparison["label"].str.startswith("macro")
    return comparison[tested & (comparison["reference"] == reference)]


def _provenance(parameters: dict[str, Any], thresholds: dict[str, dict[str, float]]) -> dict[str, Any]:
    settings = plain(parameters)
    return {**settings["provenance"], "parameters": settings, "thresholds": thresholds}


def _coverage(counts: Mapping[str, Mapping[str, int]]) -> str:
    tested = sum(count["test"] > 0 for count in counts.values())
    return (
        f"{tested} of the task's {len(counts)} labels occur in the test records; the others are left out of the tables "
        "and averages."
    )


def _overviews(
    each: Mapping[str, Mapping[str, Any]],
    denoiser_history: pd.DataFrame,
    comparison: pd.DataFrame,
    counts: dict[str, dict[str, int]],
) -> dict[str, Any]:
    from ecg_forge.reporting import figures

    return {
        "learning_curves": figures.learning_curves(each["history"]),
        "reliability_curves": figures.reliability_curves(each["calibration"]),
        "denoiser_curve": figures.learning_curves({"denoiser": denoiser_history}),
        "comparison_forest": figures.comparison_forest(comparison),
        "label_counts": figures.label_counts(pd.DataFrame.from_dict(counts, orient="index")),
    }


def _curves(
    truth: pd.DataFrame, probabilities: Mapping[str, pd.DataFrame], plan: pd.DataFrame, task: str
) -> dict[str, Any]:
    """Draw ROC and precision-recall curves of the targets' labels that some but not all test records hold."""
    from ecg_forge.reporting import figures

    scores = {arm: table[table["split"] == "test"].drop(columns="split") for arm, table in probabilities.items()}
    truth = truth.loc[next(iter(scores.values())).index]
    wanted = dict.fromkeys(label_of_statement(target, task) for target in plan["target"].unique())
    drawn = [label for label in wanted if label is not None and truth[label].any() and not truth[label].all()]
    if not drawn:
        return {}
    return {
        "roc_curves": figures.roc_curves(truth, scores, drawn),
        "precision_recall_curves": figures.precision_recall_curves(truth, scores, drawn),
    }


def plain(value: Any) -> Any:
    """Turn the config dataclasses inside a tree of parameters back into mappings."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def draw_gallery(
    signals: Signals, synthetic_signals: Signals, synthetic_records: pd.DataFrame, synthetic_verdicts: pd.DataFrame
) -> tuple["GalleryRow", ...]:
    """Draw, for the first targets, a real training record beside accepted synthetic ones of the same label set."""
    from ecg_forge.reporting.report import GalleryRow

    accepted = synthetic_records[synthetic_verdicts["accepted"].reindex(synthetic_records.index)]
    rows = []
    for _, group in list(accepted.groupby("target", sort=False))[:_TARGETS_DRAWN]:
        statements = group["statements"].iloc[0]
        chosen = group[group["statements"] == statements].head(_SYNTHETIC_DRAWN)
        template = int(chosen["template_ecg_id"].iloc[0])
        drawings = [_draw(signals, template, "real"), *(_draw(synthetic_signals, i, "synthetic") for i in chosen.index)]
        rows.append(GalleryRow(statements.replace(";", ", "), tuple(drawings)))
    return tuple(rows)


def _draw(signals: Signals, ecg_id: int, source: str) -> "Drawing":
    from ecg_forge.ecg.plotting import draw_ecg, figure_svg
    from ecg_forge.reporting.report import Drawing

    figure = draw_ecg(signals.millivolts([ecg_id])[0], signals.fs, leads=signals.leads)
    return Drawing(source, f"ecg_id {ecg_id}", figure_svg(figure))
