"""Is an arm better than another, whoever the patients and whatever the training seed? Paired differences, judged.

``crossed_variance`` says where the intervals come from. Resampling seeds together with patients (pigeonhole bootstrap,
Owen 2007, Ann. Appl. Stat. 1:386; Field & Welsh 2007, J. R. Stat. Soc. B 69:369) would be the obvious alternative, and
is not used: three seeds drawn from three vary by 2/3 of what they should, and percentiles know nothing of Student's t.

How often the intervals hold a truth that is known, ``benchmarks/study_coverage.py`` measures on whole studies, and
``tests/metrics/test_study_comparison.py`` on planted differences: about 95 %, whether patients or training vary more,
but 92 to 93 % where three seeds differ in nothing but training. Resampling seeds with the patients would hold it in
less than 90 % with three seeds. Three seeds are therefore honest but dear: where training dominates, the interval is
nearly twice as wide as that of five.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.comparison import (
    ALPHA,
    BETTER,
    CANNOT_TELL,
    MIN_POSITIVE_PATIENTS,
    NO_DIFFERENCE,
    WORSE,
    check_same_records,
    holm,
)
from ecg_forge.metrics.crossed_variance import Spread
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.report_table import METRICS, Scores, group_means, label_groups

MARGIN = 0.005
"""A smaller difference does not matter; macro AUC is expected to move by less."""

MIN_RESAMPLES = 100
"""Below this the standard error of a difference is itself uncertain by more than 7 %."""

EQUIVALENT, UNDECIDED = "equivalent", "undecided"
BETTER_BY_MORE, WORSE_BY_MORE = "better by more than the margin", "worse by more than the margin"
NOT_WORSE, NOT_BETTER = "not worse by more than the margin", "not better by more than the margin"


@dataclass(frozen=True)
class SeededArm:
    """One arm, trained several times: what each training said about the same records.

    Attributes:
        seeds: of the trainings; two arms are compared seed by seed.
        predictions: of each training, of the same records and labels in the same order.
        thresholds: of each training, per label, fitted on validation.

    Raises:
        BadInput: there are fewer than two seeds, one stands twice, a training lacks its predictions or thresholds, or
            the trainings were scored on different records.
    """

    seeds: tuple[int, ...]
    predictions: tuple[Predictions, ...]
    thresholds: tuple[Mapping[str, float], ...]

    def __post_init__(self) -> None:
        if len(self.seeds) < 2:
            raise BadInput(f"an arm needs two or more seeds, or training is not told from luck; got {self.seeds}")
        if len(set(self.seeds)) != len(self.seeds):
            raise BadInput(f"seeds holds one twice, {self.seeds}; give each training its own")
        for name in ("predictions", "thresholds"):
            if len(getattr(self, name)) != len(self.seeds):
                raise BadInput(f"{len(self.seeds)} seeds but {len(getattr(self, name))} {name}; give one for each seed")
        for other in self.predictions[1:]:
            check_same_records(self.predictions[0], other)


def compare_study(
    reference: SeededArm,
    arm: SeededArm,
    weights: np.ndarray,
    *,
    margin: float = MARGIN,
    training_counts: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the paired difference arm − reference of AUC, average precision and F1, per label and macro.

    What is estimated is the expected difference for new patients and a new training; the validation records, by which
    thresholds were chosen, are taken as given. The macro of a resample runs over the labels that it holds.

    ``p_holm`` is Holm's correction within a metric, over the labels and, apart from them, over the macro rows; the
    intervals and ``equivalence`` are not corrected, and p is more cautious than they are (``crossed_variance``).
    ``verdict`` is "better" or "worse" where p_holm < 0.05, else "no difference shown". ``equivalence`` sets the
    interval against ±margin; see :func:`equivalence`. A difference can be real and yet within the margin. Both say
    "cannot tell" where fewer than ``MIN_POSITIVE_PATIENTS`` patients have the label or where nothing varies, as between
    arms that both rank its few positives first.

    Args:
        reference: the arm to compare with, such as the baseline.
        arm: the other one, trained with the same seeds, scored on the same records.
        weights: ``(resample, record)`` from ``patient_weights``; of 1,000, the standard error is within about 2 %.
        margin: of equivalence, in units of the metrics.
        training_counts: index label; needed for the row ``macro_rare``.

    Returns:
        one row per metric and label (then macro, macro_rare): label, metric, reference_value and value (means over
        seeds), difference, low, high (95 %), standard_error, training_error and patients_error (its two parts, added in
        squares: more seeds lessen the one, more patients the other), same_trainings_error and patients_df (as in
        ``Spread``), p, positive_patients (with any label of a macro row), seeds (how many), tests (that p_holm corrects
        for), p_holm, verdict, equivalence.

    Raises:
        BadInput: the arms were trained with different seeds or scored on different records, there are fewer than
            ``MIN_RESAMPLES`` resamples, the margin is not positive, or a threshold is missing.
    """
    _check(reference, arm, weights, margin)
    first = reference.predictions[0]
    groups = label_groups(first.labels, training_counts)
    members = np.stack(list(groups.values()))
    positives = _positive_patients(first, np.eye(len(first.labels), dtype=bool))
    before, after = (_scored(side, weights, members) for side in (reference, arm))
    tables = []
    for metric in METRICS:
        table = _differences(before[metric], after[metric], members, positives)
        table.insert(0, "label", list(groups))
        table.insert(1, "metric", metric)
        table["positive_patients"] = _positive_patients(first, members)
        table["seeds"] = len(reference.seeds)
        tables.append(_judged(table, len(first.labels), margin))
    return pd.concat(tables, ignore_index=True)


def equivalence(low: np.ndarray, high: np.ndarray, margin: float) -> np.ndarray:
    """Say where each 95 % interval lies against ±margin, ``(row,)`` of words; "cannot tell" where a bound is missing.

    Wholly inside is "equivalent": two one-sided tests (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15:657) at 2.5 %
    each. Lakens (2017, Soc. Psychol. Personal. Sci. 8:355) uses 5 %, that is the 90 % interval; with 95 % one interval
    answers both questions, and errs on the side of not calling arms equal.
    """
    return np.select(
        [
            np.isnan(low) | np.isnan(high),
            (low > -margin) & (high < margin),
            low > margin,
            high < -margin,
            low > -margin,
            high < margin,
        ],
        [CANNOT_TELL, EQUIVALENT, BETTER_BY_MORE, WORSE_BY_MORE, NOT_WORSE, NOT_BETTER],
        default=UNDECIDED,
    )


@dataclass(frozen=True)
class _Scored:
    """One metric of one arm: ``value`` is ``(seed, row)``, ``samples`` ``(seed, resample, row)``."""

    value: np.ndarray
    samples: np.ndarray


def _scored(arm: SeededArm, weights: np.ndarray, members: np.ndarray) -> dict[str, _Scored]:
    """Score every training, by metric; one training's scores of all labels are in memory at a time."""
    parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {metric: [] for metric in METRICS}
    for predictions, thresholds in zip(arm.predictions, arm.thresholds, strict=True):
        scores = Scores.of(predictions, thresholds, weights)
        for metric, found in parts.items():
            found.append((group_means(scores.value[metric], members), group_means(scores.samples[metric], members)))
    return {
        metric: _Scored(np.stack([value for value, _ in found]), np.stack([samples for _, samples in found]))
        for metric, found in parts.items()
    }


def _differences(reference: _Scored, arm: _Scored, members: np.ndarray, positives: np.ndarray) -> pd.DataFrame:
    differences = arm.value - reference.value
    spread = Spread.of(differences, arm.samples - reference.samples, members, positives)
    mean = differences.mean(axis=0)
    half = spread.half_width(ALPHA)
    return pd.DataFrame(
        {
            "reference_value": reference.value.mean(axis=0),
            "value": arm.value.mean(axis=0),
            "difference": mean,
            "low": mean - half,
            "high": mean + half,
            "standard_error": spread.standard_error,
            "training_error": np.sqrt(spread.training),
            "patients_error": np.sqrt(spread.patients),
            "same_trainings_error": np.sqrt(spread.same_trainings),
            "patients_df": spread.patients_df,
            "p": spread.p(mean),
        }
    )


def _judged(table: pd.DataFrame, n_labels: int, margin: float) -> pd.DataFrame:
    """Add tests, p_holm, verdict and equivalence to one metric's rows, the labels first and the macro rows after."""
    known = (table["positive_patients"] >= MIN_POSITIVE_PATIENTS) & table["p"].notna()
    p = table["p"].where(known).to_numpy()
    families = [slice(0, n_labels), slice(n_labels, len(table))]
    p_holm = np.concatenate([holm(p[family]) for family in families])
    tests = np.concatenate([np.full(len(p[family]), (~np.isnan(p[family])).sum()) for family in families])
    difference = table["difference"].to_numpy()
    verdict = np.select(
        [np.isnan(p_holm), (p_holm < ALPHA) & (difference > 0), (p_holm < ALPHA) & (difference < 0)],
        [CANNOT_TELL, BETTER, WORSE],
        default=NO_DIFFERENCE,
    )
    low, high = (table[name].where(known).to_numpy() for name in ("low", "high"))
    return table.assign(p=p, tests=tests, p_holm=p_holm, verdict=verdict, equivalence=equivalence(low, high, margin))


def _positive_patients(predictions: Predictions, members: np.ndarray) -> np.ndarray:
    """Count the patients with any of the labels of each row ``(row, label)``, giving ``(row,)``."""
    truth = predictions.truth.astype(bool)
    return np.array([len(np.unique(predictions.patient_id[truth[:, mask].any(axis=1)])) for mask in members])


def _check(reference: SeededArm, arm: SeededArm, weights: np.ndarray, margin: float) -> None:
    if reference.seeds != arm.seeds:
        raise BadInput(f"the arms differ in seeds, {reference.seeds} and {arm.seeds}; give the same in the same order")
    check_same_records(reference.predictions[0], arm.predictions[0])
    if len(weights) < MIN_RESAMPLES:
        raise BadInput(f"the weights hold {len(weights)} resamples; draw {MIN_RESAMPLES} or more")
    if not 0 < margin < np.inf:
        raise BadInput(f"margin is {margin}; give a positive difference that is too small to matter")
