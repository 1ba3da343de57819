"""The study's page of the documentation: the answers, their figure and table, and what lies behind them."""

from ecg_forge.reporting.markdown import table_lines
from ecg_forge.reporting.study_cards import blocked, origin
from ecg_forge.reporting.study_content import StudyContent
from ecg_forge.reporting.study_limits import limits, short_answer
from ecg_forge.reporting.study_tables import answer_table, check_rows, power_rows
from ecg_forge.reporting.study_words import QUESTION, answer

FIGURE = "study.svg"
"""The drawing of `study_figures.overview`, beside the page."""


def study_page(content: StudyContent) -> str:
    """Return the page as Markdown."""
    evaluation = content.summary["evaluation"]
    lines = [
        *(f"# {QUESTION}", "", short_answer(content), ""),
        f"Brackets hold 95 % intervals over other test patients and other trainings ({evaluation['resamples']:,} "
        f"bootstrap resamples of patients). A difference within ±{content.margin:g} does not matter. Verdicts are "
        "corrected for the number of labels (Holm); a null result is said as one.",
    ]
    for experiment, settings in content.experiments.items():
        lines += ["", f"## Experiment `{experiment}`", ""]
        for setting in settings:
            said = answer(content, setting)
            lines += [f"- **{said.title}**: {' '.join((said.sentence, *said.notes))}"]
    lines += ["", "## In figures", "", f"![Differences in average precision, setting by setting]({FIGURE})", ""]
    lines += table_lines(answer_table(content))
    lines += ["", "## What could have been shown", "", *table_lines(power_rows(content))]
    if len(content.checks):
        lines += ["", "## Checks before use", "", *table_lines(check_rows(content.checks))]
    lines += ["", "## Limits", "", *(f"- {limit}" for limit in (*blocked(content), *limits(content)))]
    lines += ["", "## Where it comes from", "", origin(content.summary["runs"])]
    return "\n".join(lines) + "\n"
