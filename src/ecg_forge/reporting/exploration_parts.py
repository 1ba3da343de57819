"""What the exploration says, part by part: printed on the report and on the page of the documentation alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecg_forge.ecg.data_card import name_of_data
from ecg_forge.ecg.splits import SPLITS
from ecg_forge.reporting.tables import Cell, Table, label_cell
from ecg_forge.reporting.words import number

Counts = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """One part: its heading, paragraphs, the names of its figures with what they show, and tables by heading."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    figures: Mapping[str, str] | None = None
    tables: Mapping[str, Table] | None = None

    @property
    def anchor(self) -> str:
        """The heading as an id."""
        return self.heading.lower().replace(" ", "-")


TITLE = "A look at the data"


def opening(data_card: Counts, curves: Counts) -> str:
    """Say what was looked at, and what was left alone."""
    name = name_of_data(data_card)
    return (
        f"{name[0].upper()}{name[1:]}, {data_card['records']:,} records of {data_card['patients']:,} patients at "
        f"{data_card['sampling_rate_hz']} Hz. Of the validation and test folds nothing but counts is shown; everything "
        f"else is that of the training folds, and what is measured on signals that of {curves['records']:,} training "
        "records drawn at random. A record with several superclasses counts in each of them. No single record is shown."
    )


def exploration_parts(data_card: Counts, counts: Counts, curves: Counts) -> tuple[Part, ...]:
    """Return the parts in order; the first has the title and says what was looked at.

    Args:
        data_card: as `data_engineering` makes it.
        counts, curves: as the pipeline `exploration` makes them.
    """
    return (
        Part(TITLE, (opening(data_card, curves),)),
        _labels(data_card, counts),
        _people(counts),
        _rhythm(curves),
        _beats(curves),
        _spectra(),
        _sizes(),
        _flaws(counts),
    )


def _labels(data_card: Counts, counts: Counts) -> Part:
    per_record, together = counts["superclasses_per_record"], counts["together"]
    train = {number: row["train"] for number, row in per_record.items()}
    several = sum(count for held, count in train.items() if int(held) > 1) / max(sum(train.values()), 1)
    none = train.get("0", 0) / max(sum(train.values()), 1)
    text = (
        f"{_percent(several)} of the training records hold more than one superclass and {_percent(none)} none, so a "
        "single label a record would lose something."
    )
    statements = data_card["labels"]["all"]
    return Part(
        "Labels",
        (text,),
        {
            "superclasses": "Superclasses, and how many of them a record holds, by split.",
            "together": "Superclasses that go together in the training folds: of the records of a row, the share that "
            "also hold the column's. On the diagonal the number of records.",
            "statements": "Records of each of the 71 statements, by split.",
        },
        {
            "Superclasses": _label_rows(data_card["labels"]["superclass"]),
            "Superclasses together, training records": _together_rows(together),
            "Statements": _label_rows(statements),
        },
    )


def _people(counts: Counts) -> Part:
    ages, people = counts["ages"], counts["people"]
    medians = " and ".join(
        f"{number(value, 0)} years ({sex})" for sex, value in ages["median_below_90"].items() if value is not None
    )
    oldest = sum(ages["from_90"].values())
    text = (
        f"The median age of training records below 90 is {medians}. PTB-XL tells no age above 89: {oldest:,} training "
        "records are of one group, 90 and over, which has a bar of its own and no part in any mean."
    )
    known = {
        name: people[f"{name} known"]["train"] / max(people["records"]["train"], 1) for name in ("height", "weight")
    }
    missing = (
        f"Height is known of {_percent(known['height'])} of the training records and weight of "
        f"{_percent(known['weight'])}; where a classifier is told metadata, it is told age and sex only."
    )
    figures = {"ages": "Ages of the training records, in steps of five years."}
    return Part("People", (text, missing), figures, {"People by split": _split_rows(people)})


def _rhythm(curves: Counts) -> Part:
    text = (
        "Boxes hold the middle half, whiskers reach from the 5 to the 95 % quantile. The heart rate is that of all "
        "training records; intervals are measured on the representative beat of the drawn ones over all leads, where "
        "there is such a wave: PR lacks where there is no P wave."
    )
    rows = [
        (Cell(name), *(_quantile_cell(curves["rhythm"][measure].get(name)) for measure in curves["rhythm"]))
        for name in curves["held"]
    ]
    columns = ("Superclass", "Heart rate, /min", "PR, ms", "QRS, ms", "QT, ms", "QTc, ms")
    table = Table(columns, tuple(rows))
    figures = {"rhythm": "Heart rate and intervals by superclass."}
    return Part("Rhythm and intervals", (text,), figures, {"Medians, with the number of records": table})


def _beats(curves: Counts) -> Part:
    held = ", ".join(f"{name} {count:,}" for name, count in curves["held"].items())
    text = (
        "Of each record the median over its beats, aligned at the R peak, between 0.5 and 40 Hz; of each superclass "
        f"the median and the middle half over its records ({held}). Dashed: the median of NORM."
    )
    return Part("Beats", (text,), {"beats": "Median beats by superclass and lead."})


def _spectra() -> Part:
    text = (
        "The median of log10 power over the drawn records, in bands of half a hertz, without any filter: the baseline "
        "wanders below 0.5 Hz."
    )
    return Part("Spectra", (text,), {"spectra": "Power by superclass and lead."})


def _sizes() -> Part:
    text = (
        "Variance and the highest peak over the root mean square, between 0.5 and 40 Hz. High voltages of hypertrophy "
        "show as variance; peaks that stand out less have a wide QRS or a large T beside them."
    )
    return Part("Size of the signal", (text,), {"sizes": "Variance and peaks by superclass and lead."})


def _flaws(counts: Counts) -> Part:
    text = (
        "What a reader noted in PTB-XL's table, and what was measured on the samples, in records by split. A noted "
        "flaw may concern a single lead."
    )
    return Part("Signal quality", (text,), None, {"Flaws by split": _split_rows(counts["flaws"])})


def _label_rows(labels: Counts) -> Table:
    ordered = sorted(labels, key=lambda name: (-labels[name].get("train", 0), name))
    rows = [(label_cell(name), *(Cell(f"{labels[name].get(split, 0):,}") for split in SPLITS)) for name in ordered]
    return Table(("Label", *(split.capitalize() for split in SPLITS)), tuple(rows))


def _together_rows(together: Counts) -> Table:
    rows = [(Cell(name), *(Cell(f"{count:,}") for count in row.values())) for name, row in together.items()]
    return Table(("", *together), tuple(rows))


def _split_rows(counts: Counts) -> Table:
    rows = [(Cell(name), *(Cell(f"{row[split]:,}") for split in SPLITS)) for name, row in counts.items()]
    return Table(("", *(split.capitalize() for split in SPLITS)), tuple(rows))


def _quantile_cell(quantiles: Counts | None) -> Cell:
    return Cell(number(quantiles["q50"], 0), f"{quantiles['n']:,}") if quantiles else Cell(number(float("nan")))


def _percent(share: float) -> str:
    return f"{number(100 * share, 0 if share > 0.1 else 1)}\u00a0%"
