"""The study's answers in sentences: what changed, how surely, and what that shows."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from ecg_forge.reporting.study_content import BASELINE, Setting, StudyContent
from ecg_forge.reporting.words import CANNOT_TELL, METRIC_NAMES, SUMMARY_ROWS, TONES, difference, known, number

QUESTION = "Do diffusion-made ECGs of the rare diagnosis help?"

Pair = tuple[str, str]

_EQUIVALENCE = {
    "equivalent": "equivalent within ±{margin}",
    "undecided": "undecided against ±{margin}",
    "better by more than the margin": "a gain of more than {margin}",
    "worse by more than the margin": "a loss of more than {margin}",
    "not worse by more than the margin": "a loss of more than {margin} is ruled out",
    "not better by more than the margin": "a gain of more than {margin} is ruled out",
}


@dataclass(frozen=True)
class Answer:
    """What one setting says.

    Attributes:
        title: of the setting.
        sentence: the arm with synthetic ECGs set against its control, or, where there is none, against the baseline.
        notes: sentences to be read with it.
        verdict: of the comparison with the control; empty where it was not made.
    """

    title: str
    sentence: str
    notes: tuple[str, ...]
    verdict: str


def headline(content: StudyContent) -> str:
    """Return the answer to the question over all settings that have a control, in one sentence."""
    verdicts = [each.verdict for each in answers(content) if each.verdict]
    if not verdicts:
        return "No control was trained: whether it was synthetic ECGs that helped, or merely more records, is not told."
    better, worse, untold = (verdicts.count(verdict) for verdict in (*TONES, CANNOT_TELL))
    rest = len(verdicts) - better - worse - untold
    settings = f"{len(verdicts)} setting{'' if len(verdicts) == 1 else 's'}"
    counted = ((better, "better"), (worse, "worse"), (rest, "no difference shown"), (untold, "cannot tell"))
    return f"Synthetic ECGs in place of copies of real ones, in {settings}: {_counted(counted)}."


def answers(content: StudyContent) -> list[Answer]:
    """Return the answer of every setting."""
    return [answer(content, setting) for setting in content.settings]


def answer(content: StudyContent, setting: Setting) -> Answer:
    """Return what one setting says by its measure: the average precision of `StudyContent.measured`."""
    label, pair = content.measured(setting), (content.arm, content.control)
    against_control = content.row(setting, pair, label, "ap")
    against_baseline = content.row(setting, (content.arm, BASELINE), label, "ap")
    if not setting.wanted:
        return Answer(setting.title, "Nothing is added here: every arm that would add records is the baseline.", (), "")
    if against_control is None and against_baseline is None:
        return Answer(setting.title, f"The arm {content.arm} was not compared here.", (), "")
    added = _added(content, setting)
    if against_control is None:
        sentence = (
            f"{added} changed {measure_name(label)} by {_change(against_baseline, content, BASELINE)}. No control "
            "with copies was trained here, so this does not tell synthetic ECGs from merely more records."
        )
        return Answer(setting.title, sentence, tuple(_notes(content, setting, against_baseline)), "")
    copies = f"{setting.count(content.control, 'copy'):,} copies (the control, {content.control})"
    change = _change(against_control, content, "control")
    sentence = f"{added} instead of {copies} changed {measure_name(label)} by {change}."
    notes = [
        *_against_baseline(content, setting, label),
        *_notes(content, setting, against_control),
    ]
    return Answer(setting.title, sentence, tuple(notes), str(against_control["verdict"]))


def shown(row: pd.Series, reference: str) -> str:
    """Return what a difference shows, a null result as one."""
    if row["verdict"] == CANNOT_TELL:
        return "cannot tell, as too few test patients have it or nothing varies"
    if row["verdict"] in TONES:
        return f"{row['verdict']} than the {reference}"
    beyond_zero = row["low"] > 0 or row["high"] < 0
    correction = f", after correction for {int(row['tests'])} tests" if beyond_zero else ""
    return f"no difference shown{correction}"


def against_margin(row: pd.Series, margin: float) -> str:
    """Return where the interval of a difference lies against ±margin; empty where it cannot be told."""
    return _EQUIVALENCE.get(str(row["equivalence"]), "").format(margin=f"{margin:g}")


def measure_name(label: str, metric: str = "ap") -> str:
    """Return a metric of a label, or of an average over labels, as it stands in a sentence."""
    if label in SUMMARY_ROWS:
        return f"macro {METRIC_NAMES[metric]} over {SUMMARY_ROWS[label].removeprefix('macro, ')}"
    return f"the {METRIC_NAMES[metric]} of {label}"


def target_counts(content: StudyContent, setting: Setting, pair: Pair) -> str:
    """Return in words what became of each target's average precision; empty where there is but one."""
    rows = content.rows(setting, *pair)
    verdicts = rows.loc[rows["target"].astype(bool) & (rows["metric"] == "ap"), "verdict"].tolist()
    if len(verdicts) < 2:
        return ""
    order = (*TONES, "no difference shown", CANNOT_TELL)
    return f"{len(verdicts)} targets: {_counted((verdicts.count(verdict), verdict) for verdict in order)}"


def shown_from(row: pd.Series, power: float) -> str:
    """Return how large a difference would have to be for the study to show it; empty where that is not known."""
    if not known(row["detectable_corrected"]):
        return ""
    often = f"would be shown in {100 * power:.0f}\u00a0% of such studies."
    if not row["reachable"]:
        return f"No gain that is possible from here {often}"
    return f"A true difference of {number(row['detectable_corrected'])} {often}"


def _added(content: StudyContent, setting: Setting) -> str:
    added = setting.count(content.arm, "synthetic")
    short = f" ({setting.wanted:,} were wanted)" if added < setting.wanted else ""
    return f"{added:,} synthetic ECGs{short}"


def _change(row: pd.Series | None, content: StudyContent, reference: str) -> str:
    if row is None or not known(row["difference"]):
        return "an amount that could not be measured: too few test records have it"
    counts = f"{int(row['positive_patients']):,} positive test patients, {int(row['seeds'])} seeds"
    change = difference(row["difference"], row["low"], row["high"]).removesuffix(")")
    judged = (shown(row, reference), against_margin(row, content.margin))
    return f"{change}; {counts}): {'; '.join(filter(None, judged))}"


def _against_baseline(content: StudyContent, setting: Setting, label: str) -> list[str]:
    """Say how either side stands to the baseline, which alone would not answer the question."""
    said = []
    for arm, name in ((content.arm, "Against the baseline"), (content.control, "The control against the baseline")):
        row = content.row(setting, (arm, BASELINE), label, "ap")
        if row is not None and known(row["difference"]):
            change = difference(row["difference"], row["low"], row["high"])
            said.append(f"{name}: {change}, {shown(row, BASELINE)}.")
    return said


def _notes(content: StudyContent, setting: Setting, row: pd.Series | None) -> list[str]:
    reference = content.control if row is not None and row["reference"] == content.control else BASELINE
    targets = target_counts(content, setting, (content.arm, reference))
    said = [f"Target by target against {reference}, {targets}."] if targets else []
    shown = shown_from(row, content.power) if row is not None else ""
    return [*said, *([shown] if shown else [])]


def _counted(counts: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"{verdict} in {count}" for count, verdict in counts if count)
