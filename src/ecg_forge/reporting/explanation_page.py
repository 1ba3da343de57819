"""What a classifier looks at, printed: as a page of the documentation and as one HTML file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ecg_forge.ecg.statements import STATEMENTS
from ecg_forge.reporting.explanation_figures import METHOD_NAMES
from ecg_forge.reporting.markdown import table_lines
from ecg_forge.reporting.pages import environment
from ecg_forge.reporting.study_report import Picture
from ecg_forge.reporting.tables import Cell, Table, label_cell
from ecg_forge.reporting.words import ABSENT, known, number, signed

_SUPERCLASS = {statement.code: statement.superclass for statement in STATEMENTS}

_COLOURS = "Orange speaks for the label, blue against it; saliency and attention have no sign and are orange."

_HOW_TO_READ = f"""\
Explained is the logit of one label, averaged over the windows that scoring slides along a record. {_COLOURS} A map says
what moves this classifier's output, which need not be what a cardiologist reads, nor what causes the diagnosis."""

_METHOD_WORDS = {
    "saliency": "the size of the gradient: where a small change of the signal would move the logit most.",
    "integrated_gradients": "each sample's share of the logit above that of an ECG without information; the shares add "
    "up to the difference.",
    "grad_cam": "the activation of the last convolution, weighted by its gradient; it tells times and not leads.",
    "occlusion_leads": "by how much the logit falls when a lead is replaced.",
    "occlusion_waves": "by how much the logit falls when all P waves, all QRS complexes, all ST-T or all that lies "
    "between are replaced, in every lead at once.",
    "attention": "how much the classifier's own attention weighs each time, the same for every label.",
}

_REFERENCES = {
    "median": "each lead's own median at all its samples, a flat line",
    "zero": "0 mV at all samples",
}

_HOW_TO_READ_OCCLUSION = """\
Medians over the same records as the mean beats. Any two limb leads tell the other four, so each of them can be worth
little by itself; and a flat lead or wave is something that the classifier has hardly ever seen."""

_HOW_TO_READ_CHECKS = """\
*Deletion* replaces pieces of the record, the most attributed first, *insertion* puts them into the reference in the
same order (Petsiuk et al. 2018, arXiv:1806.07421). Given is the area under the label's probability: a map that finds
what matters has a small one under deletion and a large one under insertion, beside a random order of the same pieces.
*Shuffled weights* is the rank correlation of the sizes of a record's map with those of the same classifier whose
weights are shuffled within each tensor: near 1, the map would show the ECG and not what was learned (Adebayo et al.
2018, arXiv:1810.03292); integrated gradients multiply by the signal, so that part of their map stays whatever the
weights are. *Gap* is by how much integrated gradients miss the sum that they must have. Grad-CAM and occlusion by wave
do not tell leads apart, and occlusion by lead no times, so that their order is random inside of what they tell."""


@dataclass(frozen=True)
class ExplanationContent:
    """Everything that the pages say.

    Attributes:
        run: provenance, classifier and explanation, the settings.
        records: label, statement, ecg_id, probability, recognised, shown, averaged.
        occlusion: label, part, name, low, median, high.
        checks: label, method, records, deletion, insertion, shuffled_correlation, completeness_gap.
        files: how the names of each label's drawings begin.
        main: the method drawn over whole ECGs and mean beats.
    """

    run: Mapping[str, Any]
    records: pd.DataFrame
    occlusion: pd.DataFrame
    checks: pd.DataFrame
    files: Mapping[str, str]
    main: str

    @property
    def captions(self) -> dict[str, str]:
        """What is said below each kind of drawing of a label."""
        main = METHOD_NAMES[self.main]
        return {
            "record": f"{main} over the record with the highest probability",
            "methods": "Every method, four seconds of the lead with the largest map",
            "beats": f"{main}, averaged over beats aligned at the R peak and over records",
        }


def explanation_page(content: ExplanationContent) -> str:
    """Return the page of the documentation, as Markdown; drawings lie beside it."""
    lines = ["# What the classifier looks at", "", *_opening(content), "", *table_lines(record_rows(content)), ""]
    for label, file in content.files.items():
        lines += [f"## {label}", ""]
        for kind, caption in content.captions.items():
            lines += [f"![{caption}]({file}-{kind}.svg)", "", f"*{caption}.*", ""]
    if len(content.occlusion):
        lines += ["## Leads and waves", "", _HOW_TO_READ_OCCLUSION, "", "![Occlusion](occlusion.svg)", ""]
        lines += [*table_lines(occlusion_rows(content.occlusion)), ""]
    lines += ["## How far to trust the maps", "", _HOW_TO_READ_CHECKS, "", "![Deletion and insertion](curves.svg)", ""]
    lines += [*table_lines(check_rows(content.checks)), "", "Label by label:", ""]
    lines += [*table_lines(label_check_rows(content.checks)), ""]
    return "\n".join(lines)


def render_explanations(content: ExplanationContent, drawings: Mapping[str, str]) -> str:
    """Return the same as one HTML text that needs no network.

    Args:
        content: what is said.
        drawings: every drawing by its name, SVG.
    """
    sections = {
        label: [Picture(drawings[f"{file}-{kind}"], f"{caption}.") for kind, caption in content.captions.items()]
        for label, file in content.files.items()
    }
    return (
        environment()
        .get_template("explanations.html.j2")
        .render(
            opening=[line.removeprefix("- ") for line in _opening(content) if line],
            records=record_rows(content),
            sections=sections,
            occlusion=Picture(drawings["occlusion"], "Medians over records.") if len(content.occlusion) else None,
            occlusion_rows=occlusion_rows(content.occlusion),
            occlusion_words=_HOW_TO_READ_OCCLUSION,
            curves=Picture(drawings["curves"], "Means over the checked records of all labels."),
            checks=check_rows(content.checks),
            label_checks=label_check_rows(content.checks),
            checks_words=_HOW_TO_READ_CHECKS.replace("*", ""),
        )
    )


def record_rows(content: ExplanationContent) -> Table:
    """Return what is shown and averaged of each label."""
    rows = []
    for label, group in content.records.groupby("label", sort=False):
        shown = group[group["shown"]].iloc[0]
        averaged = group[group["averaged"]]
        rows.append(
            (
                label_cell(str(label)),
                Cell(_SUPERCLASS[shown["statement"]] or ABSENT),
                Cell(f"{shown['ecg_id']}"),
                Cell(number(shown["probability"])),
                Cell("yes" if shown["recognised"] else "no"),
                Cell(f"{len(averaged)}"),
                Cell(f"{int(averaged['recognised'].sum())}"),
            )
        )
    columns = (
        "Label",
        "Superclass",
        "Shown, ecg_id",
        "Probability",
        "Recognised",
        "Records averaged",
        "Recognised of them",
    )
    return Table(columns, tuple(rows), texts=2)


def occlusion_rows(occlusion: pd.DataFrame) -> Table:
    """Return the fall of each label's logit without each wave, with the quartiles of the records, and the top leads."""
    rows = []
    waves = list(dict.fromkeys(occlusion.loc[occlusion["part"] == "wave", "name"]))
    for label, group in occlusion.groupby("label", sort=False):
        by_wave = group[group["part"] == "wave"].set_index("name")
        leads = group[group["part"] == "lead"].sort_values("median", ascending=False, kind="stable")
        cells = [_fall(by_wave.loc[wave]) for wave in waves]
        top = ", ".join(f"{row['name']} {signed(row['median'], 1)}" for _, row in leads.head(3).iterrows())
        rows.append((label_cell(str(label)), Cell(top or ABSENT), *cells))
    return Table(("Label", "Leads worth most", *waves), tuple(rows), texts=2)


def check_rows(checks: pd.DataFrame) -> Table:
    """Return the checks of every method, means over labels."""
    means = checks.groupby("method", sort=False)[[*_CHECKS]].mean()
    rows = ((Cell(METHOD_NAMES[str(method)]), *_check_cells(row)) for method, row in means.iterrows())
    return Table(("Method", *_CHECKS.values()), tuple(rows))


def label_check_rows(checks: pd.DataFrame) -> Table:
    """Return the checks of every label and method."""
    rows = (
        (Cell(str(row["label"])), Cell(METHOD_NAMES[row["method"]]), Cell(f"{row['records']}"), *_check_cells(row))
        for _, row in checks.iterrows()
    )
    return Table(("Label", "Method", "Records", *_CHECKS.values()), tuple(rows), texts=2)


_CHECKS = {
    "deletion": "Deletion",
    "insertion": "Insertion",
    "shuffled_correlation": "Shuffled weights",
    "completeness_gap": "Gap, %",
}


def _check_cells(row: pd.Series) -> tuple[Cell, ...]:
    gap = 100 * row["completeness_gap"]
    return (*(Cell(number(row[name])) for name in list(_CHECKS)[:3]), Cell(number(gap, 1) if known(gap) else ABSENT))


def _fall(row: pd.Series) -> Cell:
    if not known(row["median"]):
        return Cell(ABSENT)
    return Cell(signed(row["median"], 1), note=f"{signed(row['low'], 1)} to {signed(row['high'], 1)}")


def _opening(content: ExplanationContent) -> list[str]:
    classifier, settings, origin = (content.run[part] for part in ("classifier", "explanation", "provenance"))
    return [
        f"Classifier `{classifier['model']}`, task `{classifier['task']}`, macro AUC {classifier['val_auc']:.3f} on "
        f"fold 9; windows of {classifier['crop_s']:g} s. {origin['machine']}; {origin['started'][:10]}.",
        "",
        "All records are of fold 9. Shown is the one to which the classifier gives the highest probability among those "
        "that hold the label, so a clear case and not a typical one; averaged are records drawn at random among those "
        "that it recognises at its threshold.",
        "",
        _HOW_TO_READ,
        "",
        *(f"- {METHOD_NAMES[method]}: {_METHOD_WORDS[method]}" for method in settings["methods"]),
        "",
        f"An ECG without information is {_REFERENCES[settings['reference']]}. Maps are drawn as means over 50 ms, "
        "their colours scaled record by record.",
    ]
