"""The report of one study: a single HTML file that needs nothing else, neither network nor neighbours."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.reporting import tables, words
from ecg_forge.reporting.pages import environment

if TYPE_CHECKING:
    from jinja2 import Environment
    from plotly.graph_objects import Figure

WIDEST_TABLE = 14
FIGURE_SETTINGS = {"displaylogo": False, "responsive": True, "displayModeBar": False}


@dataclass(frozen=True)
class Drawing:
    """One ECG of the gallery: where it comes from (``real`` or ``synthetic``), a caption, and its SVG text."""

    source: str
    caption: str
    svg: str


@dataclass(frozen=True)
class GalleryRow:
    """Real and synthetic ECGs of one label set, to be looked at side by side."""

    statements: str
    drawings: tuple[Drawing, ...]


@dataclass(frozen=True)
class ReportContent:
    """Everything the report says, as plain values.

    Attributes:
        question: the study's question, one sentence.
        metrics: per arm, index label with rows ``macro`` and ``macro_rare``; columns n_train, n_test, n_labels, the
            three metrics with ``_low`` and ``_high``, threshold, precision, recall, specificity.
        comparison: columns arm, label, metric, reference_value, value, difference, low, high, p, p_holm, verdict.
        control_comparison: the same columns, for ``arm`` against ``control``; not read if there is no control.
        synthetic_added: synthetic ECGs the arm was trained on beyond the baseline's records.
        plan: columns ecg_id (or index), target, statements, age, sex, seed.
        verdicts: index ecg_id, columns accepted and reason.
        fidelity, memorisation, data_card, provenance: nested mappings of plain values; ``provenance["parameters"]``
            is printed as a block that opens on demand.
        figures: see :mod:`ecg_forge.reporting.figures`; a figure that was not made is left out.
        scores: per arm, the scores of the whole test split by name; empty if they were not made.
        calibrations: per arm, temperature, and under ``before`` and ``after`` it ece and label_ece; or empty.
        subgroups: per arm, columns by, group, n_records, n_patients, n_labels and the three metrics; or empty.
        caveats: sentences a reader must know before believing the headline.
        arm: the arm with synthetic ECGs, which the headline is about.
        control: the arm with copies of real ECGs; empty if there is none.
    """

    question: str
    metrics: Mapping[str, pd.DataFrame]
    comparison: pd.DataFrame
    control_comparison: pd.DataFrame
    synthetic_added: int
    plan: pd.DataFrame
    verdicts: pd.DataFrame
    fidelity: Mapping[str, Any]
    memorisation: Mapping[str, Any]
    data_card: Mapping[str, Any]
    provenance: Mapping[str, Any]
    gallery: tuple[GalleryRow, ...] = ()
    learning_curves: "Figure | None" = None
    denoiser_curve: "Figure | None" = None
    roc_curves: "Figure | None" = None
    precision_recall_curves: "Figure | None" = None
    comparison_forest: "Figure | None" = None
    label_counts: "Figure | None" = None
    reliability_curves: "Figure | None" = None
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    calibrations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    subgroups: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    caveats: tuple[str, ...] = field(default=())
    arm: str = "augmented"
    control: str = "oversampled"

    def __post_init__(self) -> None:
        if not self.metrics:
            raise BadInput("a report needs the metrics of at least one arm")
        for arm, table in self.metrics.items():
            if "macro" not in table.index:
                raise BadInput(f"the metrics of {arm} have no row macro")
        if self.synthetic_added < 0:
            raise BadInput(f"synthetic_added must not be negative, got {self.synthetic_added}")


def render_report(content: ReportContent) -> str:
    """Return the whole report as one HTML text with plotly.js inside; every text of the data is escaped.

    Raises:
        BadInput: the comparison lacks the row the headline is computed from.
    """
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            content=content,
            headline=words.headline(content.comparison, content.arm, content.synthetic_added),
            control=_control_sentences(content),
            tiles=_tiles(content),
            summary=tables.summary_table(content.metrics),
            macro=tables.paired_differences(content.comparison, "baseline"),
            targets=tables.paired_differences(content.comparison, "baseline", _targets(content)),
            macro_control=_control_differences(content),
            differences=_differences(content),
            per_label={arm: tables.label_metrics(table) for arm, table in content.metrics.items()},
            whole_split=tables.whole_split_table(content.scores),
            calibration=tables.calibration_table(content.calibrations),
            by_group={arm: tables.subgroup_rows(table) for arm, table in content.subgroups.items()},
            plan=tables.plan_table(content.plan, content.verdicts),
            rejections=tables.rejection_table(content.verdicts),
            provenance=_blocks(
                {key: value for key, value in content.provenance.items() if key != "parameters"}, grouped=False
            ),
            parameters=json.dumps(content.provenance.get("parameters", {}), indent=2, default=str, ensure_ascii=False),
        )
    )


def _targets(content: ReportContent) -> list[str]:
    return [str(target) for target in content.plan["target"].unique()]


def _control_sentences(content: ReportContent) -> str:
    if not content.control:
        return ""
    direct = words.against_control(content.control_comparison, content.arm, content.control)
    return f"{words.control_sentence(content.comparison, content.control)} {direct}"


def _control_differences(content: ReportContent) -> tables.Table | None:
    return tables.paired_differences(content.control_comparison, content.control) if content.control else None


@dataclass(frozen=True)
class _Tile:
    arm: str
    title: str
    value: str
    note: str
    verdict: str


def _tiles(content: ReportContent) -> list[_Tile]:
    """Return the four figures a reader looks for first; those that were not compared are left out."""
    wanted = [
        (content.arm, "macro", "ap"),
        (content.arm, "macro_rare", "ap"),
        (content.arm, "macro", "auc"),
        (content.control, "macro", "ap"),
    ]
    keys = content.comparison[["arm", "label", "metric"]]
    compared = set(keys.itertuples(index=False, name=None))
    return [
        _Tile(
            arm=arm,
            title=f"{words.METRIC_NAMES[metric]}: {words.row_name(label)}",
            value=words.signed(row["difference"]),
            note=f"{words.COVERAGE} {words.signed_interval(row['low'], row['high'])}",
            verdict=row["verdict"],
        )
        for arm, label, metric in wanted
        if (arm, label, metric) in compared
        for row in [words.comparison_row(content.comparison, arm, label, metric)]
    ]


@dataclass(frozen=True)
class _Difference:
    arm: str
    metric: str
    counts: str
    table: tables.Table
    first: bool


def _differences(content: ReportContent) -> list[_Difference]:
    counts = next(iter(content.metrics.values()))["n_test"].dropna()
    tested = {str(label): int(count) for label, count in counts.items()}
    pairs = content.comparison[["arm", "metric"]].drop_duplicates().itertuples(index=False)
    ordered = sorted(pairs, key=lambda pair: (pair.arm != content.arm, pair.arm, pair.metric != "ap", pair.metric))
    return [
        _Difference(
            arm=arm,
            metric=words.METRIC_NAMES[metric],
            counts=tables.verdict_counts(content.comparison, arm, metric),
            table=tables.label_differences(content.comparison, arm, metric, tested),
            first=place == 0,
        )
        for place, (arm, metric) in enumerate(ordered)
    ]


def _environment() -> "Environment":
    made = environment()
    made.filters.update(plain=words.plain, interactive=_interactive, blocks=_blocks)
    made.globals.update(plotly_js=_plotly_js)
    return made


def _interactive(figure: "Figure", name: str) -> Any:
    from markupsafe import Markup
    from plotly.io import to_html

    text = to_html(figure, include_plotlyjs=False, full_html=False, config=FIGURE_SETTINGS, div_id=name)
    return Markup(text)  # plotly escapes what it writes into its script


def _plotly_js() -> Any:
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs())


@dataclass(frozen=True)
class _Block:
    """A part of a nested mapping, in the form that suits it: a list of facts, a table, or parts with a heading."""

    title: str
    facts: Mapping[str, Any]
    table: tables.Table | None
    parts: "tuple[_Block, ...]"


def _blocks(value: Mapping[str, Any], title: str = "", grouped: bool = True) -> _Block:
    """Sort a nested mapping into facts, tables (mappings of alike mappings, lists of mappings) and smaller blocks."""
    facts = {key: words.plain(item, grouped) for key, item in value.items() if not _has_parts(item)}
    parts = tuple(_part(str(key), item, grouped) for key, item in value.items() if _has_parts(item))
    return _Block(title, facts, None, parts)


def _part(title: str, item: Any, grouped: bool) -> _Block:
    rows: Mapping[Any, Any] = dict(enumerate(item, start=1)) if isinstance(item, list | tuple) else item
    if _alike(list(rows.values())):
        return _Block(title, {}, _table(rows, grouped, named=isinstance(item, Mapping)), ())
    return _blocks(rows, title, grouped)


def _alike(rows: list[Any]) -> bool:
    """Return whether all are flat mappings that share most of their keys, so that one table holds them well."""
    if not all(isinstance(row, Mapping) and not any(map(_has_parts, row.values())) for row in rows):
        return False
    keys = {key for row in rows for key in row}
    return 2 * sum(map(len, rows)) > len(keys) * len(rows) and len(keys) <= WIDEST_TABLE


def _has_parts(item: Any) -> bool:
    if isinstance(item, Mapping):
        return bool(item)
    return isinstance(item, list | tuple) and bool(item) and all(isinstance(each, Mapping) for each in item)


def _table(rows: Mapping[Any, Mapping[str, Any]], grouped: bool, named: bool) -> tables.Table:
    columns = list(dict.fromkeys(key for row in rows.values() for key in row))
    cells = [
        (
            *([tables.Cell(str(name))] if named else []),
            *(tables.Cell(words.plain(row.get(key), grouped)) for key in columns),
        )
        for name, row in rows.items()
    ]
    head = ("", *map(str, columns)) if named else tuple(map(str, columns))
    return tables.Table(tuple(heading.replace("_", " ") for heading in head), tuple(cells))
