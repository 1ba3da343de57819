"""The label plan: which ECGs to make. One row and one seed per synthetic record; only training records lend to it."""

from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import present_statements
from ecg_forge.ecg.plan_config import AutoTargets, OneHotPlan, RealSetsPlan, TrainingDistributionPlan
from ecg_forge.ecg.splits import FIRST_SYNTHETIC_ID, records_of, require_training_records
from ecg_forge.ecg.statements import CODES


def draw_plan(
    records: pd.DataFrame, labels: pd.DataFrame, config: RealSetsPlan | OneHotPlan | TrainingDistributionPlan
) -> pd.DataFrame:
    """Decide the label set, age, sex and seed of each synthetic record.

    Args:
        records: table of records; only the train split is drawn from.
        labels: bool ``(record, 71)``.
        config: what to make. `AutoTargets` must choose first: ``RealSetsPlan(choose_targets(…), config.seed)``.

    Returns:
        One row per synthetic record, indexed by its own ecg_id: target (missing where no one statement is aimed at),
        template_ecg_id (the training record whose label set it takes, or that holds it beside others), seed, statements
        (codes joined by ``;``), age, sex. A row does not depend on the rows of other targets.

    Raises:
        BadInput: no training record holds a target.
    """
    match config:
        case RealSetsPlan():
            plan = _lent_by_holders(records, labels, config)
        case OneHotPlan():
            plan = _statements_alone(records, labels, config)
        case TrainingDistributionPlan():
            plan = _lent_by_all(records, labels, config)
    return plan.set_index(pd.RangeIndex(FIRST_SYNTHETIC_ID, FIRST_SYNTHETIC_ID + len(plan), name="ecg_id"))


def choose_targets(
    training_counts: pd.Series, average_precision: pd.Series, config: AutoTargets
) -> list[dict[str, Any]]:
    """Choose the statements that have few training records and that the baseline scores badly on.

    A statement without a score, because no validation record holds it, is not chosen: nobody knows that it does badly.

    Args:
        training_counts: number of training records by statement.
        average_precision: on the validation split by statement, as `metrics.plan_targets` measures it; may be NaN.
        config: what counts as rare and as bad.

    Returns:
        ``{"statement", "count"}`` of each target, the rarest first, as `RealSetsPlan` takes them.

    Raises:
        BadInput: a label is no statement, a statement has no count, or none is rare and bad.
    """
    if odd := sorted(set(average_precision.index) - set(CODES)):
        raise BadInput(
            f"synthesis.plan in mode auto chooses statements, but the classifier scores {odd[0]}; "
            "give classifier.task as all, diagnostic, form or rhythm"
        )
    if missing := sorted(set(average_precision.index) - set(training_counts.index)):
        raise BadInput(f"no training count for {missing[0]} ({len(missing)} missing in all)")
    counts = training_counts.loc[average_precision.index]
    rare = counts.between(config.min_training_records, config.max_training_records)
    chosen = counts[rare & (average_precision <= config.max_average_precision)]  # NaN compares false
    if chosen.empty:
        raise BadInput(
            f"synthesis.plan in mode auto found no statement with {config.min_training_records} to "
            f"{config.max_training_records} training records and an average precision of at most "
            f"{config.max_average_precision} on validation; widen min_training_records, max_training_records or "
            "max_average_precision"
        )
    by_rarity = sorted((int(count), str(code)) for code, count in chosen.items())
    return [{"statement": code, "count": config.count} for _, code in by_rarity[: config.limit]]


def _lent_by_holders(records: pd.DataFrame, labels: pd.DataFrame, config: RealSetsPlan) -> pd.DataFrame:
    rows = []
    for target, count in config.counts.items():
        holders = _holders(records, labels, target)
        generator = np.random.default_rng([config.seed, *target.encode()])
        lent = _draw(holders, count, generator)
        seeds = _seeds(count, generator)
        rows += [(target, int(template), int(seed)) for template, seed in zip(lent, seeds, strict=True)]
    plan = pd.DataFrame(rows, columns=["target", "template_ecg_id", "seed"])
    return _with_label_sets(plan, records, labels)


def _lent_by_all(records: pd.DataFrame, labels: pd.DataFrame, config: TrainingDistributionPlan) -> pd.DataFrame:
    # Two generators, so that a plan of more records begins with the rows of a shorter one.
    order, numbers = (np.random.default_rng([config.seed, *use]) for use in (b"records", b"seeds"))
    lent = _draw(records_of(records, "train").index.to_numpy(), config.n, order)
    plan = pd.DataFrame({"target": None, "template_ecg_id": lent, "seed": _seeds(config.n, numbers)})
    return _with_label_sets(plan, records, labels)


def _statements_alone(records: pd.DataFrame, labels: pd.DataFrame, config: OneHotPlan) -> pd.DataFrame:
    lent = _lent_by_holders(records, labels, RealSetsPlan(config.targets, config.seed))
    return lent.assign(statements=lent["target"], age=np.nan, sex=None)


def _holders(records: pd.DataFrame, labels: pd.DataFrame, target: str) -> np.ndarray:
    """Return the ecg_ids of the training records that hold a statement; BadInput if none does."""
    train = records_of(records, "train").index
    holders = train[labels.loc[train, target]]
    if holders.empty:
        raise BadInput(f"synthesis.plan: no training record holds {target}; choose another statement")
    return holders.to_numpy()


def _draw(ecg_ids: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Draw ``count`` records, each as often as any other before one is drawn again."""
    rounds = -(-count // len(ecg_ids))
    return np.concatenate([generator.permutation(ecg_ids) for _ in range(rounds)])[:count]


def _seeds(count: int, generator: np.random.Generator) -> np.ndarray:
    return generator.integers(0, 2**62, size=count)


def _with_label_sets(plan: pd.DataFrame, records: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Add the statements, age and sex of each row's template, which must be a training record."""
    templates = plan["template_ecg_id"]
    require_training_records(templates.to_numpy(), records, "the label plan")
    return plan.assign(
        statements=[";".join(present_statements(labels.loc[ecg_id])) for ecg_id in templates],
        age=records["age"].reindex(templates).to_numpy(),
        sex=records["sex"].reindex(templates).to_numpy(),
    )
