"""Which rows each arm of the study learns from."""

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.label_plan import draw_plan
from ecg_forge.ecg.plan_config import OneHotPlan, RealSetsPlan
from ecg_forge.ecg.splits import FIRST_SYNTHETIC_ID, records_of
from ecg_forge.pipelines.augmentation.nodes import synthetic_rows
from ecg_forge.pipelines.study.config import ArmRecipe, Cell, StudyConfig

PLANNED_PER_WANTED = 1.5
"""Records planned for each that is wanted, since the checks reject some."""


def study_cells(records: pd.DataFrame, labels: pd.DataFrame, config: StudyConfig) -> list[Cell]:
    """Return every cell of the study, whose targets follow from the labels of the training records."""
    counts = labels.loc[records_of(records, "train").index].sum()
    return config.cells({str(name): int(count) for name, count in counts.items()})


def shared_records(records: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """Return the table of records with so large a share of the training patients; a smaller share is part of a larger.

    Validation and test records stay as they are.
    """
    patients = np.sort(records_of(records, "train")["patient_id"].unique())
    drawn = np.random.default_rng(seed).permutation(patients)[: max(round(share * len(patients)), 1)]
    return records[(records["split"] != "train") | records["patient_id"].isin(drawn)]


def draw_study_plan(records: pd.DataFrame, labels: pd.DataFrame, config: StudyConfig) -> pd.DataFrame:
    """Plan every synthetic record that some arm may use in some cell.

    A target that no training record of a share holds is left out there: nothing can lend its label sets.

    Returns:
        As `draw_plan`, with columns ``kind`` (real_sets or one_hot) and ``share`` of the training patients that lent.

    Raises:
        BadInput: no arm adds a record in any cell.
    """
    cells = study_cells(records, labels, config)
    kinds = {_kind(source) for source in config.sources}
    parts = []
    for share in sorted({cell.share for cell in cells}, reverse=True):
        lent = shared_records(records, share, config.plan_seed)
        held = labels.loc[records_of(lent, "train").index].any()
        wanted = _most_wanted([cell for cell in cells if cell.share == share])
        for statement in (statement for statement in wanted if held[statement]):
            count = int(np.ceil(PLANNED_PER_WANTED * wanted[statement]))
            both: dict[str, RealSetsPlan | OneHotPlan] = {
                "real_sets": RealSetsPlan([{"statement": statement, "count": count}], config.plan_seed),
                "one_hot": OneHotPlan([statement], count, config.plan_seed),
            }
            plans = {kind: draw_plan(lent, labels, plan) for kind, plan in both.items() if kind in kinds}
            parts += [plan.assign(kind=kind, share=share) for kind, plan in plans.items()]
    if not parts:
        raise BadInput(
            f"no arm adds a record in any cell of study.experiments ({', '.join(config.experiments)}); name statements "
            "in study.per_label, set rare_from and rare_below so that some lie between them, or name such an arm"
        )
    plan = pd.concat(parts)
    return plan.set_index(pd.RangeIndex(FIRST_SYNTHETIC_ID, FIRST_SYNTHETIC_ID + len(plan), name="ecg_id"))


def training_table(
    cell: Cell, recipe: ArmRecipe, baseline_table: pd.DataFrame, records: pd.DataFrame, pool: pd.DataFrame, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what an arm learns first (empty for most), and what it learns then.

    Args:
        cell: targets and share of the patients.
        recipe: of the arm.
        baseline_table: every real training record.
        records: table of records.
        pool: the planned records with columns kind, share and accepted.
        seed: that chose the patients of the share.
    """
    train = records_of(shared_records(records, cell.share, seed), "train").index
    real = baseline_table[baseline_table["ecg_id"].isin(train)]
    first, added = (_taken(source, cell, real, pool) for source in (recipe.first, recipe.added))
    table = pd.concat([real, added], ignore_index=True) if recipe.real else added.reset_index(drop=True)
    return first.reset_index(drop=True), table


def _taken(source: str, cell: Cell, real: pd.DataFrame, pool: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one source, for each target as many as the cell wants or as there are."""
    if source == "nothing":
        return real.head(0)
    here = pool[(pool["kind"] == _kind(source)) & (pool["share"] == cell.share)]
    if source in ("checked", "copies"):
        here = here[here["accepted"]]
    chosen = pd.concat([here.head(0), *(here[here["target"] == s].head(n) for s, n in cell.targets.items())])
    if source != "copies":
        return synthetic_rows(chosen)
    return real.set_index("ecg_id").loc[chosen["template_ecg_id"]].reset_index().assign(source="copy")


def _kind(source: str) -> str:
    """Name the plan that a source draws from; copies are those of the records that lent their label sets."""
    return "one_hot" if source == "one_hot" else "real_sets"


def _most_wanted(cells: list[Cell]) -> dict[str, int]:
    """Return the largest number of records that any of these cells adds, by statement."""
    most: dict[str, int] = {}
    for cell in cells:
        for statement, count in cell.targets.items():
            most[statement] = max(count, most.get(statement, 0))
    return {statement: count for statement, count in most.items() if count}
