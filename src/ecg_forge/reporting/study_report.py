"""The study's report: one HTML file that needs no network, small, and the same for the same content."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecg_forge.ecg.plotting import figure_svg
from ecg_forge.reporting import study_figures as figures
from ecg_forge.reporting import study_tables as tables
from ecg_forge.reporting.pages import environment
from ecg_forge.reporting.study_cards import blocked, data_card, model_card, origin
from ecg_forge.reporting.study_checklist import checklist
from ecg_forge.reporting.study_content import BASELINE, DOSES, Setting, StudyContent
from ecg_forge.reporting.study_documents import Document
from ecg_forge.reporting.study_limits import NOT_FOR_PATIENTS, limits, short_answer
from ecg_forge.reporting.study_words import QUESTION, Answer, answer, headline, measure_name
from ecg_forge.reporting.tables import Table
from ecg_forge.reporting.words import METRIC_NAMES

if TYPE_CHECKING:
    from jinja2 import Environment
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """A drawing as SVG text, and what it shows."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Block:
    """One setting on the page: its answer, drawings, those by target, and the tables behind it by heading."""

    answer: Answer
    pictures: tuple[Picture, ...]
    by_target: tuple[Picture, ...]
    tables: Mapping[str, Table]


@dataclass(frozen=True)
class Experiment:
    """One experiment on the page: its settings, and a drawing over their doses where they are doses."""

    name: str
    pictures: tuple[Picture, ...]
    blocks: tuple[Block, ...]


def render_study(content: StudyContent) -> str:
    """Return the whole report as one HTML text; every text of the data is escaped."""
    return (
        _environment()
        .get_template("study.html.j2")
        .render(
            content=content,
            question=QUESTION,
            headline=headline(content),
            short_answer=short_answer(content),
            experiments=[_experiment(content, name) for name in content.experiments],
            overview=_picture(figures.overview(content), _FOREST) if len(content.comparison) else None,
            answers=tables.answer_table(content),
            power=tables.power_rows(content),
            checks=tables.check_rows(content.checks) if len(content.checks) else None,
            reasons=tables.reason_rows(content.checks) if len(content.checks) else None,
            diversity=tables.diversity_rows(content.diversity) if len(content.diversity) else None,
            privacy=tables.privacy_rows(content.privacy) if content.privacy else None,
            blocked=blocked(content),
            limits=limits(content),
            origin=origin(content.summary["runs"]),
            runs=tables.run_rows(content.summary["runs"]),
            documents=documents(content),
            last_word=NOT_FOR_PATIENTS,
        )
    )


def documents(content: StudyContent) -> dict[str, Document]:
    """Return the written documents of a study by name."""
    return {"model-card": model_card(content), "data-card": data_card(content), "tripod": checklist(content)}


_FOREST = (
    "Paired differences with 95 % intervals. Filled: a difference was shown. Hollow: none was shown, or it cannot be "
    "told. The band holds differences that do not matter."
)


def _experiment(content: StudyContent, name: str) -> Experiment:
    settings = content.experiments[name]
    pictures: tuple[Picture, ...] = ()
    if name in DOSES:
        pictures = (_picture(figures.draw_doses(content, name), "Above the scores, below the differences, by dose."),)
    return Experiment(name, pictures, tuple(_block(content, setting) for setting in settings))


def _block(content: StudyContent, setting: Setting) -> Block:
    """Return one setting; doses, which all hold the same targets, are drawn together and not target by target."""
    arms = list(dict.fromkeys(arm for arm, _ in content.pairs(setting)))
    averages = content.averages(setting) if arms else []
    pictures = (
        _picture(figures.arms_forest(content, setting, each), f"Every arm: {measure_name(each)}.") for each in averages
    )
    drawn = arms if _several(content, setting) and setting.experiment not in DOSES else []
    by_target = (_picture(figures.targets_forest(content, setting, arm), f"Target by target: {arm}.") for arm in drawn)
    return Block(answer(content, setting), tuple(pictures), tuple(by_target), _tables(content, setting, averages))


def _tables(content: StudyContent, setting: Setting, averages: list[str]) -> dict[str, Table]:
    """Return the tables behind one setting by heading, those that hold something; of doses not label by label."""
    parts = {"Every arm": tables.pair_table(content, setting, averages, list(METRIC_NAMES))}
    if _several(content, setting):
        parts["Every target in every arm, average precision"] = tables.target_rows(content, setting)
    if setting.experiment not in DOSES:
        parts[f"Every label, {content.arm}"] = tables.label_rows(content, setting)
    parts["Cross-checks of the targets"] = tables.crosscheck_table(content.crosschecks, setting)
    return {heading: table for heading, table in parts.items() if table.rows}


def _several(content: StudyContent, setting: Setting) -> bool:
    return len(content.targets(setting)) > 1


def _picture(figure: "Figure", caption: str) -> Picture:
    return Picture(figure_svg(figure), caption)


def _environment() -> "Environment":
    made = environment()
    made.globals.update(baseline=BASELINE)
    return made
