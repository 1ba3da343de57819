"""The last nodes of the study: draw examples, and print everything for the reader and the documentation."""

from typing import Any

import pandas as pd

from ecg_forge.ecg.records import Signals
from ecg_forge.metrics.power import POWER
from ecg_forge.metrics.report_table import RARE_BELOW
from ecg_forge.reporting.study_content import StudyContent

TARGETS_DRAWN = 6
SECONDS_DRAWN = 5.0
LAYOUT = (("II",), ("V1",), ("V5",))

Texts = tuple[str, str, str, str, str, str]


def draw_study_examples(
    signals: Signals, synthetic_signals: Signals, synthetic_records: pd.DataFrame, verdicts: pd.DataFrame
) -> dict[str, dict[str, str]]:
    """Draw, for the first targets, the real record whose labels were lent, an accepted ECG and a rejected one.

    Args:
        signals: the real recordings.
        synthetic_signals: the synthetic ones.
        synthetic_records: index ecg_id; columns target, statements, template_ecg_id, kind and share.
        verdicts: index ecg_id; columns accepted and reason.

    Returns:
        by statement, SVG text by what it shows.
    """
    pool = synthetic_records.join(verdicts[["accepted", "reason"]])
    pool = pool[(pool["kind"] == "real_sets") & (pool["share"] == pool["share"].max())]
    drawn: dict[str, dict[str, str]] = {}
    for target, group in list(pool.groupby("target", sort=False))[:TARGETS_DRAWN]:
        chosen = group.sort_values("accepted", ascending=False, kind="stable").drop_duplicates("accepted")
        template = int(chosen["template_ecg_id"].iloc[0])
        drawn[str(target)] = {f"real, ecg_id {template}": _draw(signals, template)}
        for ecg_id, row in chosen.iterrows():
            verdict = "accepted" if row["accepted"] else f"rejected: {row['reason']}"
            drawn[str(target)][f"synthetic, {verdict}"] = _draw(synthetic_signals, int(str(ecg_id)))
    return drawn


def report_study(
    comparison: pd.DataFrame,
    crosschecks: pd.DataFrame,
    summary: dict[str, Any],
    checks: pd.DataFrame,
    diversity: pd.DataFrame,
    privacy: dict[str, Any],
    examples: dict[str, dict[str, str]],
) -> Texts:
    """Print the study.

    Returns:
        the report as HTML; page, model card, data card and TRIPOD+AI checklist as Markdown; the page's figure as SVG.
    """
    from ecg_forge.ecg.plotting import figure_svg
    from ecg_forge.reporting.study_documents import document_markdown
    from ecg_forge.reporting.study_figures import overview
    from ecg_forge.reporting.study_page import study_page
    from ecg_forge.reporting.study_report import documents, render_study

    content = StudyContent(
        comparison, crosschecks, summary, checks, diversity, privacy, examples, power=POWER, rare_below=RARE_BELOW
    )
    cards = documents(content)
    model, data, checklist = (document_markdown(cards[name]) for name in ("model-card", "data-card", "tripod"))
    return render_study(content), study_page(content), model, data, checklist, figure_svg(overview(content))


def _draw(signals: Signals, ecg_id: int) -> str:
    from ecg_forge.ecg.plotting import draw_ecg, figure_svg

    shown = signals.millivolts([ecg_id])[0][:, : round(SECONDS_DRAWN * signals.fs)]
    figure = draw_ecg(shown, signals.fs, leads=signals.leads, layout=LAYOUT)
    for line in (line for axes in figure.axes for line in axes.lines):
        line.set_rasterized(True)  # a picture, not a path: the samples of real records are PTB-XL's to give away
    return figure_svg(figure, dpi=100)  # pictures are most of what is kept of the examples
