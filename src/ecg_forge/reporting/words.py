"""Numbers and verdicts in words, the same on the page, in the figures and on the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput

METRIC_NAMES = {"auc": "AUC", "ap": "average precision", "f1": "F1"}
SUMMARY_ROWS = {"macro": "macro, all labels", "macro_rare": "macro, rare labels"}
SPLIT_SCORES = {
    "micro_auc": "AUC, micro",
    "weighted_auc": "AUC, weighted",
    "micro_ap": "average precision, micro",
    "weighted_ap": "average precision, weighted",
    "macro_precision": "precision, macro",
    "macro_recall": "recall (sensitivity), macro",
    "macro_specificity": "specificity, macro",
    "macro_f2": "F2, macro",
    "macro_g2": "G2, macro",
    "subset_accuracy": "subset accuracy",
    "hamming_loss": "Hamming loss",
}
TONES = ("better", "worse")
CANNOT_TELL = "cannot tell"
COVERAGE = "95\u00a0%"
ABSENT = "–"
LISTED = 40
"""Entries of a long list that are printed; the rest is counted."""


def row_name(label: str) -> str:
    """Return a label as a reader sees it; the summary rows have words of their own."""
    return SUMMARY_ROWS.get(label, label)


def known(value: Any) -> bool:
    """Return whether there is a finite number."""
    return value is not None and not pd.isna(value) and bool(np.isfinite(value))


def number(value: float, digits: int = 3) -> str:
    """Return a number with fixed decimals and a true minus sign; a dash where there is none."""
    if not known(value):
        return ABSENT
    return _minus(f"{value:.{digits}f}")


def signed(value: float, digits: int = 3) -> str:
    """Return a difference with its sign; what rounds to nothing is ±0."""
    if not known(value):
        return ABSENT
    text = f"{value:+.{digits}f}"
    return f"±{0:.{digits}f}" if float(text) == 0 else _minus(text)


def interval(low: float, high: float) -> str:
    """Return the interval of a value, such as ``0.918–0.931``."""
    if not (known(low) and known(high)):
        return ABSENT
    return f"{number(low)}–{number(high)}"


def signed_interval(low: float, high: float) -> str:
    """Return the interval of a difference, such as ``−0.010 to +0.018``."""
    if not (known(low) and known(high)):
        return ABSENT
    return f"{signed(low)} to {signed(high)}"


def difference(value: float, low: float, high: float) -> str:
    """Return a difference with its interval, such as ``+0.004 (95 % −0.010 to +0.018)`` on one line."""
    return f"{signed(value)} ({COVERAGE}\u00a0{signed_interval(low, high)})"


def p_value(p: float) -> str:
    """Return a p-value with three decimals, never as nought."""
    if not known(p):
        return ABSENT
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def comparison_row(comparison: pd.DataFrame, arm: str, label: str, metric: str) -> pd.Series:
    """Return the one row of a comparison; raise BadInput if it is missing or there are several."""
    wanted = (comparison["arm"] == arm) & (comparison["label"] == label) & (comparison["metric"] == metric)
    if wanted.sum() != 1:
        raise BadInput(f"the comparison holds {int(wanted.sum())} rows for arm {arm}, label {label}, metric {metric}")
    return comparison[wanted].iloc[0]


def against_control(control_comparison: pd.DataFrame, arm: str, control: str) -> str:
    """Return how an arm differs from the control itself, which is what its synthetic ECGs add beyond more rows.

    Args:
        control_comparison: paired differences arm − control; columns as in the comparison.
        arm: the arm with synthetic ECGs.
        control: the arm with copies of real ECGs.
    """
    row = comparison_row(control_comparison, arm, "macro", "ap")
    change = difference(row["difference"], row["low"], row["high"])
    return f"Synthetic ECGs instead of copies: {change}, {_judgement(row['verdict'], control)}."


def headline(comparison: pd.DataFrame, arm: str, added: int) -> str:
    """Return the answer in one sentence: how macro average precision moved, how surely, and what that shows.

    Args:
        comparison: columns arm, label, metric, difference, low, high, verdict.
        arm: the arm with synthetic ECGs.
        added: how many synthetic ECGs it was trained on beyond the baseline's records.
    """
    row = comparison_row(comparison, arm, "macro", "ap")
    start = f"Adding {added:,} synthetic ECG{'' if added == 1 else 's'}"
    if not known(row["difference"]):
        return f"{start}: the change in macro average precision could not be measured."
    change = difference(row["difference"], row["low"], row["high"])
    return f"{start} changed macro average precision by {change}: {_judgement(row['verdict'])}."


def control_sentence(comparison: pd.DataFrame, control: str) -> str:
    """Return what the control arm, trained on copies of real ECGs instead, did to the same figure."""
    row = comparison_row(comparison, control, "macro", "ap")
    change = difference(row["difference"], row["low"], row["high"])
    judgement = _judgement(row["verdict"])
    return f"The control arm, with copies of real ECGs in their place, changed it by {change}: {judgement}."


def plain(value: Any, grouped: bool = True) -> str:
    """Return any plain value as text: numbers short, truth as yes or no, lists with commas, nothing as a dash.

    Args:
        value: a scalar or a list of scalars.
        grouped: whether integers get thousands separators (a count does, a seed does not).
    """
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return _minus(f"{value:,}" if grouped else str(value))
    if isinstance(value, float | np.floating):
        return _minus(f"{value:,.4g}") if np.isfinite(value) else ABSENT
    if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str | bytes):
        return _listed([plain(item, grouped) for item in value])
    if isinstance(value, Mapping):
        return _listed([f"{key}: {plain(item, grouped)}" for key, item in value.items()])
    return ABSENT if value is None or value == "" else str(value)


def _listed(items: list[str]) -> str:
    rest = len(items) - LISTED
    shown = items[:LISTED] + ([f"and {rest:,} more"] if rest > 0 else [])
    return ", ".join(shown) or ABSENT


def _judgement(verdict: str, reference: str = "baseline") -> str:
    if verdict in TONES:
        return f"{verdict} than the {reference}"
    return "too few patients or resamples to tell" if verdict == CANNOT_TELL else verdict


def _minus(text: str) -> str:
    return text.replace("-", "−")
