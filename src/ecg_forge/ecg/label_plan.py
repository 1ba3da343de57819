"""The label plan: which ECGs to make. Real co-occurring label sets, ages and sexes, one seed per synthetic record."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import check_statements, present_statements
from ecg_forge.ecg.splits import FIRST_SYNTHETIC_ID, require_training_records


@dataclass(frozen=True)
class PlanConfig:
    """How many synthetic records of which statement.

    Attributes:
        targets: what to make, as ``{"statement": code, "count": number}`` each.
        seed: decides which training records lend their label sets, and the seed of each synthetic record.
    """

    targets: list[dict[str, Any]]
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.targets:
            raise BadInput(
                "synthesis.plan.targets is empty; name at least one statement and how many ECGs of it to make"
            )
        for target in self.targets:
            if set(target) != {"statement", "count"}:
                raise BadInput(f"synthesis.plan.targets: give each a statement and a count, got {target}")
            if not isinstance(target["count"], int) or target["count"] < 1:
                raise BadInput(f"synthesis.plan.targets: the count of {target} must be a whole number above 0")
        codes = [target["statement"] for target in self.targets]
        check_statements(codes, "synthesis.plan.targets")
        if len(set(codes)) != len(codes):
            raise BadInput(f"synthesis.plan.targets names a statement twice: {', '.join(codes)}")

    @property
    def counts(self) -> dict[str, int]:
        """Number of synthetic records by statement, in the order given."""
        return {target["statement"]: target["count"] for target in self.targets}


def draw_plan(records: pd.DataFrame, labels: pd.DataFrame, config: PlanConfig) -> pd.DataFrame:
    """Draw, for each target, training records that hold it and take over their label sets, ages and sexes.

    Args:
        records: table of records; only the train split is drawn from.
        labels: bool ``(record, 71)``.
        config: targets and seed.

    Returns:
        One row per synthetic record, indexed by its own ecg_id: target, statements (codes joined by ``;``), age, sex,
        template_ecg_id (the training record whose label set it takes) and seed. A row does not depend on the rows of
        other targets.

    Raises:
        BadInput: no training record holds a target.
    """
    train = records[records["split"] == "train"]
    rows = []
    for target, count in config.counts.items():
        holders = train.index[labels.loc[train.index, target]]
        if holders.empty:
            raise BadInput(
                f"synthesis.plan.targets.{target}: no training record holds {target}; choose another statement"
            )
        generator = np.random.default_rng([config.seed, *target.encode()])
        lent = _draw(holders.to_numpy(), count, generator)
        seeds = generator.integers(0, 2**62, size=count)
        rows += [(target, int(template), int(seed)) for template, seed in zip(lent, seeds, strict=True)]
    plan = pd.DataFrame(rows, columns=["target", "template_ecg_id", "seed"])
    plan.index = pd.RangeIndex(FIRST_SYNTHETIC_ID, FIRST_SYNTHETIC_ID + len(plan), name="ecg_id")
    require_training_records(plan["template_ecg_id"].to_numpy(), records, "the label plan")
    templates = plan["template_ecg_id"]
    plan["statements"] = [";".join(present_statements(labels.loc[ecg_id])) for ecg_id in templates]
    plan["age"] = records["age"].reindex(templates).to_numpy()
    plan["sex"] = records["sex"].reindex(templates).to_numpy()
    return plan


def _draw(holders: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Draw ``count`` records, each as often as any other before one is drawn again."""
    rounds = -(-count // len(holders))
    return np.concatenate([generator.permutation(holders) for _ in range(rounds)])[:count]
