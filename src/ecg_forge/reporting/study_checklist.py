"""The 27 items of TRIPOD+AI, in our own words, each answered from the run itself.

Collins et al. 2024, *TRIPOD+AI statement*, BMJ 385:e078378. What was not done says so.
"""

from dataclasses import dataclass

from ecg_forge.reporting.study_cards import blocked, distinct, facts, origin
from ecg_forge.reporting.study_content import StudyContent
from ecg_forge.reporting.study_documents import Document, Section
from ecg_forge.reporting.study_limits import NOT_FOR_PATIENTS
from ecg_forge.reporting.study_words import QUESTION, headline
from ecg_forge.reporting.tables import Cell, Table
from ecg_forge.reporting.words import plain

DONE, PARTLY, NOT_DONE = "done", "partly", "not done"


@dataclass(frozen=True)
class Item:
    """One item: its number, what it asks for, how far it was done, and where or what answers it."""

    number: int
    asks: str
    state: str
    answer: str


def checklist(content: StudyContent) -> Document:
    """Return the checklist, a section for each part of a paper."""
    parts = items(content)
    every = [item for part in parts.values() for item in part]
    counts = ", ".join(f"{sum(item.state == state for item in every)} {state}" for state in (DONE, PARTLY, NOT_DONE))
    opening = (
        f"The items of the reporting guideline for prediction models that use machine learning (Collins et al. 2024, "
        f"BMJ 385:e078378), in our own words, answered by this run: {counts}."
    )
    sections = tuple(Section(name, table=_table(part)) for name, part in parts.items())
    return Document("TRIPOD+AI checklist", (opening,), sections)


def items(content: StudyContent) -> dict[str, list[Item]]:
    """Return every item by section."""
    return {
        "Title and abstract": _front(content),
        "Introduction": _introduction(),
        "Methods: data": _data(content),
        "Methods: analysis": _analysis(content),
        "Open science": _openness(content),
        "Patients and public": [Item(19, "How patients and the public took part", NOT_DONE, "They did not.")],
        "Results": _results(content),
        "Discussion": _discussion(content),
    }


def _front(content: StudyContent) -> list[Item]:
    return [
        Item(1, "A title that names the kind of study, the people and the outcome", DONE, QUESTION + " (first line)"),
        Item(2, "A structured summary", PARTLY, f"The first screen: {headline(content)}"),
    ]


def _introduction() -> list[Item]:
    why = (
        "Rare statements have few records to learn from; the question is whether synthetic ones help. No clinical "
        "pathway is proposed, and known inequalities in care are not discussed."
    )
    aim = "To estimate what adding synthetic ECGs changes, against copies of real ones and against nothing added."
    return [
        Item(3, "Why it is needed, for whom, and which inequalities are known", PARTLY, why),
        Item(4, "Aims, and whether a model is developed or evaluated", DONE, aim + " Both, by arms."),
    ]


def _data(content: StudyContent) -> list[Item]:
    data, tasks = content.summary["data"], distinct(content.summary["runs"], "task")
    counts = "; ".join(f"{name} {value}" for name, value in facts(data).items())
    positives = content.comparison[content.comparison["target"].astype(bool)]["positive_patients"]
    smallest = f"{int(positives.min()):,} to {int(positives.max()):,}" if len(positives) else "no"
    return [
        Item(5, "Where the data come from, and from when", DONE, f"PTB-XL; {counts}. Recorded from 1989 to 1996."),
        Item(6, "Where patients were seen, who was included, how they were treated", PARTLY,
             "As PTB-XL describes its patients; records without any label of the task are left out. Treatment is not "
             "known."),
        Item(7, "How data were prepared and their quality checked", PARTLY,
             "Signals are checked against their checksums and for flat leads, then scaled by the training records' "
             "values; the same for all patients, not looked at by group."),
        Item(8, "What is predicted, by whom it was assessed, and whether they were blinded", PARTLY,
             f"The labels of the task {', '.join(tasks)}, as PTB-XL's cardiologists gave them; a statement counts "
             "whatever its likelihood. They saw the ECG itself, which is what the classifier sees too."),
        Item(9, "What it is predicted from", DONE, "The twelve leads of one recording, and nothing else."),
        Item(10, "Why this many patients", PARTLY,
             f"All there are; {smallest} positive test patients for a target. What could have been shown with them is "
             "told under detectable differences."),
        Item(11, "What was done about missing data", PARTLY,
             "Records that cannot be read are left out and named in the data card of the data pipeline."),
    ]  # fmt: skip


def _analysis(content: StudyContent) -> list[Item]:
    evaluation, runs = content.summary["evaluation"], content.summary["runs"]
    model = ", ".join(distinct(runs, "model"))
    arms = sorted({arm for setting in content.settings for arm in setting.arms})
    privacy = "; ".join(blocked(content)) or ("No limit was exceeded." if content.privacy else "Memory not measured.")
    return [
        Item(12, "How data were split, which model was fitted and how it was chosen, measures and plots", DONE,
             f"Folds 1 to 8 train, 9 chooses, 10 tests. {model}; network, length of training and seeds are the same in "
             "every arm (model card). Differences in AUC, average precision and F1 with 95 % intervals over patients "
             f"and trainings, {plain(evaluation['resamples'])} resamples; Holm; equivalence at ±{content.margin:g}. "
             "Clusters other than patients are not modelled."),
        Item(13, "What was done about rare classes", DONE, f"It is the subject; arms: {', '.join(arms)}."),
        Item(14, "What was done for fairness", NOT_DONE, "No arm or measure addresses it."),
        Item(15, "What the model gives out, and how thresholds were chosen", DONE,
             "A probability per label; thresholds, used for F1, McNemar and kappa, are fitted on fold 9 for each run."),
        Item(16, "How evaluation data differ from training data", PARTLY,
             "Same source, other patients. Synthetic records and copies stand in training only. No other data set."),
        Item(17, "Ethical approval", NOT_DONE,
             f"None was sought for this run: it uses published, anonymised recordings. Of memory: {privacy}"),
    ]  # fmt: skip


def _openness(content: StudyContent) -> list[Item]:
    codes = sorted({str(run["provenance"]["code"]) for run in content.summary["runs"]})
    return [
        Item(18, "Money, interests, protocol, registration, data and code", PARTLY,
             "Funding and interests are not recorded by the run; there was no registered protocol. Data are PTB-XL, "
             "open under CC BY 4.0; the probabilities of each run are kept, from which every table follows. Code "
             f"{'; '.join(codes) or 'unknown'}."),
    ]  # fmt: skip


def _results(content: StudyContent) -> list[Item]:
    runs = content.summary["runs"]
    splits = plain(content.summary["data"].get("records_by_split", {}))
    return [
        Item(20, "Who was in it, and how training and test patients compare", PARTLY,
             f"Records by split: {splits}. They are not described by sex and age here; see the data card of the data "
             "pipeline."),
        Item(21, "How many took part and had the outcome in each analysis", DONE,
             "Positive test patients stand in every table; records by source and arm in the data card."),
        Item(22, "The model itself, so that others can use it", PARTLY,
             "All settings and seeds are given (model card), so a run can be repeated; its weights are not kept. "
             f"Trained on: {origin(runs)}"),
        Item(23, "How well it does, with intervals, also in subgroups", PARTLY,
             f"{len(content.settings)} settings, every label, with intervals; nothing by sex, age or recorder."),
        Item(24, "What updating the model changed", NOT_DONE, "No model was updated."),
    ]  # fmt: skip


def _discussion(content: StudyContent) -> list[Item]:
    return [
        Item(25, "What it means, fairness included", PARTLY, f"{headline(content)} Fairness was not examined."),
        Item(26, "Limits", DONE, "See the limits of the study."),
        Item(27, "How poor input is met, who must do what to use it, what comes next", NOT_DONE,
             f"No use is proposed. {NOT_FOR_PATIENTS}"),
    ]  # fmt: skip


def _table(part: list[Item]) -> Table:
    rows = tuple((Cell(f"{item.number}. {item.asks}"), Cell(item.state), Cell(item.answer)) for item in part)
    return Table(("Item", "Here", "Answer"), rows, texts=3)
