"""What the study's report is made of, and how its parts are found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.reporting.words import SUMMARY_ROWS

BASELINE = "baseline"
"""The arm that learns from the real records alone."""

COMPARED = (
    *("experiment", "cell", "arm", "reference", "label", "metric", "reference_value", "value", "difference"),
    *("low", "high", "standard_error", "training_error", "patients_error", "p", "positive_patients", "seeds", "tests"),
    *("p_holm", "verdict", "equivalence", "detectable", "detectable_corrected", "reachable", "target"),
)
"""Columns of the comparison that the report reads."""

DOSES = {"low_data": "share of the training patients", "mix_ratio": "added records per real one"}
"""The experiments whose settings are doses, and of what."""


@dataclass(frozen=True)
class Setting:
    """One cell of an experiment: what is added to which statements, and who is trained there.

    Attributes:
        experiment: its name.
        name: of the cell.
        share: of the training patients whose records are used.
        targets: number of records to add by statement.
        arms: by name ``seeds``, ``records`` of the last table it learned from by source, and ``first``, those of the
            table before, if any.
    """

    experiment: str
    name: str
    share: float
    targets: Mapping[str, int]
    arms: Mapping[str, Mapping[str, Any]]

    @property
    def title(self) -> str:
        """The setting in a few words."""
        if self.experiment == "low_data":
            return f"{100 * self.share:g} % of the patients"
        if self.experiment == "mix_ratio":
            return f"{self.name} added per real record"
        if len(self.targets) == 1:
            return f"{next(iter(self.targets))} +{self.wanted:,}"
        return f"{len(self.targets)} statements +{self.wanted:,}"

    @property
    def wanted(self) -> int:
        """How many records are to be added in all."""
        return sum(self.targets.values())

    @property
    def dose(self) -> float:
        """The setting's place on the axis of its experiment, one of `DOSES`."""
        return self.share if self.experiment == "low_data" else float(self.name)

    def count(self, arm: str, source: str) -> int:
        """Return how many records of a source (real, copy, synthetic) an arm learns from, before or in its table."""
        learned = self.arms.get(arm, {})
        return sum(int(learned.get(part, {}).get(source, 0)) for part in ("records", "first"))


@dataclass(frozen=True)
class StudyContent:
    """Everything the report says, as plain values.

    Attributes:
        comparison: paired differences, a row per experiment, cell, arm, reference, label and metric; `COMPARED`.
        crosschecks: columns experiment, cell, arm, reference, seed, label, delong_difference, delong_low, delong_high,
            delong_p, only_reference, only_arm, mcnemar_p, kappa; may be empty.
        summary: ``data`` (version, records_by_split and any other counts), ``evaluation`` (resamples, seed, margin),
            ``cells`` (see `Setting`), ``runs``, their descriptions, and ``missing``, the ids of those not finished.
        checks: columns kind, share, target, reason ("accepted" for those that passed) and count; may be empty.
        diversity: columns target, accepted, rejected, spread_real, spread_accepted, spread_rejected; may be empty.
        privacy: the figures of ``metrics.membership`` and ``metrics.memorisation`` by name, ``limits`` (by the same
            names) and ``blocked``, a sentence for each limit exceeded; may be empty.
        examples: by statement, SVG text of an ECG by what it shows; may be empty.
        power: probability with which a detectable difference would be shown.
        rare_below: labels with fewer training records make the row ``macro_rare``.
        arm: the arm with synthetic ECGs, which the answers are about.
        control: the arm with as many copies of real records.

    Raises:
        BadInput: a part lacks what the report reads.
    """

    comparison: pd.DataFrame
    crosschecks: pd.DataFrame
    summary: Mapping[str, Any]
    checks: pd.DataFrame
    diversity: pd.DataFrame
    privacy: Mapping[str, Any]
    examples: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    power: float = 0.8
    rare_below: int = 100
    arm: str = "augmented"
    control: str = "oversampled"

    def __post_init__(self) -> None:
        if missing := [column for column in COMPARED if column not in self.comparison]:
            raise BadInput(f"the comparison of the study lacks {', '.join(missing)}; make it again with score_study")
        if missing := [part for part in ("data", "evaluation", "cells", "runs") if part not in self.summary]:
            raise BadInput(f"the summary of the study lacks {', '.join(missing)}; make it again with score_study")
        if not all(isinstance(name, str) for name in self.comparison["cell"].unique()):
            raise BadInput("the column cell of the comparison holds numbers; read it as text, or 0.50 is not 0.5")

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """Every cell, in the order of the summary."""
        names = ("experiment", "name", "share", "targets", "arms")
        return tuple(Setting(*(cell[name] for name in names)) for cell in self.summary["cells"])

    @property
    def experiments(self) -> dict[str, list[Setting]]:
        """The settings of each experiment."""
        found: dict[str, list[Setting]] = {}
        for setting in self.settings:
            found.setdefault(setting.experiment, []).append(setting)
        return found

    @property
    def margin(self) -> float:
        """Differences smaller than this do not matter."""
        return float(self.summary["evaluation"]["margin"])

    def rows(self, setting: Setting, arm: str, reference: str) -> pd.DataFrame:
        """Return the differences of an arm from a reference in one setting; empty if they were not compared."""
        return self._compared.get((setting.experiment, setting.name, arm, reference), self.comparison.head(0))

    def row(self, setting: Setting, pair: tuple[str, str], label: str, metric: str) -> pd.Series | None:
        """Return one difference of a pair (arm, reference), or None if they were not compared there.

        Raises:
            BadInput: there are several.
        """
        rows = self.rows(setting, *pair)
        found = rows[(rows["label"] == label) & (rows["metric"] == metric)]
        if len(found) > 1:
            raise BadInput(f"{setting.experiment}/{setting.name} holds {len(found)} rows of {label}, {metric}, {pair}")
        return None if found.empty else found.iloc[0]

    def pairs(self, setting: Setting) -> list[tuple[str, str]]:
        """Return every (arm, reference) that was compared in a setting, those of the arm in question first."""
        found = [key[2:] for key in self._compared if key[:2] == (setting.experiment, setting.name)]
        return sorted(found, key=lambda pair: (pair[0] != self.arm, pair[0] != self.control, pair[1] == BASELINE))

    def targets(self, setting: Setting) -> list[str]:
        """Return the labels of a setting that are lifted and were scored."""
        rows = self._of(setting)
        return list(dict.fromkeys(rows.loc[rows["target"].astype(bool), "label"]))

    def measured(self, setting: Setting) -> str:
        """Return the row by which a setting is judged: its one target, or the macro average over rare labels.

        Where no label is rare it is the macro average over all.
        """
        targets = self.targets(setting)
        if len(targets) == 1:
            return targets[0]
        return "macro_rare" if (self._of(setting)["label"] == "macro_rare").any() else "macro"

    def averages(self, setting: Setting) -> list[str]:
        """Return the row by which a setting is judged, then the macro averages it has."""
        present = set(self._of(setting)["label"])
        averages = (label for label in reversed(SUMMARY_ROWS) if label in present)
        return list(dict.fromkeys([self.measured(setting), *averages]))

    def _of(self, setting: Setting) -> pd.DataFrame:
        parts = [part for key, part in self._compared.items() if key[:2] == (setting.experiment, setting.name)]
        return pd.concat(parts) if parts else self.comparison.head(0)

    @cached_property
    def _compared(self) -> dict[tuple[str, str, str, str], pd.DataFrame]:
        keys = ["experiment", "cell", "arm", "reference"]
        return {tuple(key): part for key, part in self.comparison.groupby(keys, sort=False)}  # type: ignore[misc]
