import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.label_plan import PlanConfig, draw_plan
from ecg_forge.ecg.labels import label_matrix
from ecg_forge.ecg.splits import FIRST_SYNTHETIC_ID


def cohort() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records 1 to 3 train (two of them with WPW), 4 validates and 5 tests (both with WPW)."""
    texts = ["{'WPW': 100, 'SR': 0}", "{'WPW': 100, 'AFIB': 0}", "{'NORM': 100}", "{'WPW': 100}", "{'WPW': 100}"]
    index = pd.RangeIndex(1, 6, name="ecg_id")
    records = pd.DataFrame(
        {
            "split": ["train", "train", "train", "val", "test"],
            "age": [20.0, 60.0, 70.0, 80.0, 85.0],
            "sex": ["male", "female", "male", "male", "male"],
        },
        index=index,
    )
    return records, label_matrix(pd.Series(texts, index=index))


def config(count: int = 4, seed: int = 0, more: tuple[tuple[str, int], ...] = ()) -> PlanConfig:
    return PlanConfig([{"statement": code, "count": n} for code, n in (*more, ("WPW", count))], seed)


def test_label_sets_ages_and_sexes_are_those_of_training_records() -> None:
    plan = draw_plan(*cohort(), config())
    seen = set(plan[["template_ecg_id", "statements", "age", "sex"]].itertuples(index=False, name=None))
    assert seen == {(1, "SR;WPW", 20.0, "male"), (2, "AFIB;WPW", 60.0, "female")}
    assert plan["template_ecg_id"].value_counts().to_dict() == {1: 2, 2: 2}


def test_every_synthetic_record_has_its_own_id_and_seed() -> None:
    plan = draw_plan(*cohort(), config(50))
    assert plan.index.tolist() == list(range(FIRST_SYNTHETIC_ID, FIRST_SYNTHETIC_ID + 50))
    assert plan["seed"].is_unique
    assert plan.equals(draw_plan(*cohort(), config(50)))
    assert not plan["seed"].equals(draw_plan(*cohort(), config(50, seed=1))["seed"])


def test_a_target_does_not_change_when_another_is_added() -> None:
    alone = draw_plan(*cohort(), config(4))
    beside = draw_plan(*cohort(), config(4, more=(("NORM", 3),)))
    assert beside[beside["target"] == "WPW"]["seed"].tolist() == alone["seed"].tolist()


def test_a_target_that_no_training_record_holds_is_named() -> None:
    with pytest.raises(BadInput, match="no training record holds PVC"):
        draw_plan(*cohort(), config(more=(("PVC", 1),)))


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([], "targets is empty"),
        ([{"statement": "WPW", "count": 0}], "must be a whole number above 0"),
        ([{"statement": "WPW", "count": -3}], "must be a whole number above 0"),
        ([{"statement": "HUH", "count": 3}], "unknown SCP statement HUH"),
        ([{"statement": "WPW"}], "a statement and a count"),
        ([{"statement": "WPW", "count": 1}, {"statement": "WPW", "count": 2}], "a statement twice"),
    ],
)
def test_a_wrong_plan_is_named(targets: list[dict], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        PlanConfig(targets)
