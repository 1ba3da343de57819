from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.label_plan import choose_targets, draw_plan
from ecg_forge.ecg.labels import label_matrix
from ecg_forge.ecg.plan_config import AutoTargets, OneHotPlan, RealSetsPlan, TrainingDistributionPlan
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


def config(count: int = 4, seed: int = 0, more: tuple[tuple[str, int], ...] = ()) -> RealSetsPlan:
    return RealSetsPlan([{"statement": code, "count": n} for code, n in (*more, ("WPW", count))], seed)


def test_the_rows_of_a_plan_are_those_of_every_version_before() -> None:
    plan = draw_plan(*cohort(), config(3, seed=5))
    assert plan["template_ecg_id"].tolist() == [1, 2, 1]
    assert plan["seed"].tolist() == [2794403730032304161, 293537341890713283, 3706690326613725514]


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


EVERY_MODE = [config(3), OneHotPlan(["WPW"], 3), TrainingDistributionPlan(3)]


@pytest.mark.parametrize("mode", EVERY_MODE, ids=lambda mode: type(mode).__name__)
def test_every_mode_gives_the_same_columns_and_its_own_seed_and_id_to_each_row(mode) -> None:
    plan = draw_plan(*cohort(), mode)
    assert plan.columns.tolist() == ["target", "template_ecg_id", "seed", "statements", "age", "sex"]
    assert plan.index.tolist() == [FIRST_SYNTHETIC_ID, FIRST_SYNTHETIC_ID + 1, FIRST_SYNTHETIC_ID + 2]
    assert plan["seed"].is_unique
    assert plan.equals(draw_plan(*cohort(), mode))
    other = draw_plan(*cohort(), replace(mode, seed=1))
    assert not set(plan["seed"]) & set(other["seed"])


def test_one_hot_asks_for_the_statement_alone_without_age_and_sex() -> None:
    plan = draw_plan(*cohort(), OneHotPlan(["WPW", "NORM"], 2))
    assert plan["statements"].tolist() == plan["target"].tolist() == ["WPW", "WPW", "NORM", "NORM"]
    assert plan[["age", "sex"]].isna().all(axis=None)
    assert plan["template_ecg_id"].isin([1, 2, 3]).all()  # training records to compare it with


def test_a_one_hot_statement_does_not_change_when_another_is_added() -> None:
    alone = draw_plan(*cohort(), OneHotPlan(["WPW"], 2))
    beside = draw_plan(*cohort(), OneHotPlan(["NORM", "WPW"], 2))
    assert beside.loc[beside["target"] == "WPW", "seed"].tolist() == alone["seed"].tolist()


def test_a_one_hot_statement_that_no_training_record_holds_is_named() -> None:
    with pytest.raises(BadInput, match="no training record holds PVC"):
        draw_plan(*cohort(), OneHotPlan(["PVC"], 2))


def many(n: int = 40) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The records from ``n`` // 2 on train, one in four of them with WPW, each of its own age; the others validate."""
    index = pd.RangeIndex(1, n + 1, name="ecg_id")
    texts = ["{'WPW': 100, 'SR': 0}" if ecg_id % 4 == 0 else "{'NORM': 100}" for ecg_id in index]
    split = np.where(index > n // 2, "train", "val")
    records = pd.DataFrame({"split": split, "age": index.to_numpy(float), "sex": "female"}, index=index)
    return records, label_matrix(pd.Series(texts, index=index))


def test_as_many_as_there_are_training_records_lend_their_label_set_once_each() -> None:
    records, labels = many()
    plan = draw_plan(records, labels, TrainingDistributionPlan(20))
    assert sorted(plan["template_ecg_id"]) == list(range(21, 41))
    assert plan["statements"].value_counts().to_dict() == {"NORM": 15, "SR;WPW": 5}
    assert plan["age"].tolist() == [float(ecg_id) for ecg_id in plan["template_ecg_id"]]
    assert plan["target"].isna().all()


def test_no_training_record_lends_twice_before_every_one_has_lent() -> None:
    few = draw_plan(*many(), TrainingDistributionPlan(13))
    assert few["template_ecg_id"].is_unique
    more = draw_plan(*many(), TrainingDistributionPlan(50))["template_ecg_id"].value_counts()
    assert set(more) == {2, 3}
    assert len(more) == 20


def test_a_longer_plan_begins_with_the_shorter_one() -> None:
    short, long = (draw_plan(*many(), TrainingDistributionPlan(n)) for n in (13, 50))
    pd.testing.assert_frame_equal(long.head(13), short)


def test_the_shares_of_a_part_are_about_those_of_the_training_records() -> None:
    records, labels = many(4000)
    plan = draw_plan(records, labels, TrainingDistributionPlan(600))
    assert plan["statements"].eq("SR;WPW").mean() == pytest.approx(0.25, abs=0.05)
    assert plan["age"].mean() == pytest.approx(3000, abs=75)


def test_only_training_records_may_lend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecg_forge.ecg.label_plan.records_of", lambda records, _: records)
    for mode in (config(4), TrainingDistributionPlan(5)):
        with pytest.raises(LeakError, match="the label plan may only see training records"):
            draw_plan(*cohort(), mode)


RULE = AutoTargets(count=7, max_average_precision=0.4, max_training_records=100, min_training_records=10, limit=2)
COUNTS = pd.Series({"NORM": 900, "WPW": 60, "PVC": 80, "AFIB": 100, "STACH": 5, "SVTAC": 20, "TRIGU": 10})
SCORES = pd.Series({"NORM": 0.1, "WPW": 0.2, "PVC": 0.9, "AFIB": 0.4, "STACH": 0.1, "SVTAC": np.nan, "TRIGU": 0.3})


def chosen(rule: AutoTargets = RULE) -> list[str]:
    return [target["statement"] for target in choose_targets(COUNTS, SCORES, rule)]


def test_targets_are_the_rarest_statements_that_the_baseline_scores_badly_on() -> None:
    assert choose_targets(COUNTS, SCORES, RULE) == [
        {"statement": "TRIGU", "count": 7},
        {"statement": "WPW", "count": 7},
    ]


def test_both_limits_of_the_rule_count_as_inside() -> None:
    assert chosen(replace(RULE, limit=9)) == ["TRIGU", "WPW", "AFIB"]
    assert chosen(replace(RULE, limit=9, min_training_records=11, max_training_records=99)) == ["WPW"]


def test_a_statement_that_no_validation_record_holds_is_not_called_bad() -> None:
    assert "SVTAC" not in chosen(replace(RULE, max_average_precision=1.0, limit=9))


def test_equally_rare_statements_come_in_alphabetical_order_however_they_are_tabled() -> None:
    counts = pd.Series({"WPW": 20, "AFIB": 20, "PVC": 20})
    scores = pd.Series({"PVC": 0.1, "WPW": 0.1, "AFIB": 0.1})
    targets = choose_targets(counts, scores, replace(RULE, limit=3))
    assert [target["statement"] for target in targets] == ["AFIB", "PVC", "WPW"]


def test_chosen_targets_are_drawn_like_given_ones() -> None:
    records, labels = many()
    targets = choose_targets(
        labels[records["split"] == "train"].sum(), pd.Series({"WPW": 0.1}), replace(RULE, min_training_records=1)
    )
    pd.testing.assert_frame_equal(
        draw_plan(records, labels, RealSetsPlan(targets, seed=3)), draw_plan(records, labels, config(7, seed=3))
    )


def test_where_the_rule_finds_nothing_its_limits_are_named() -> None:
    with pytest.raises(BadInput, match=r"11 to 50 training records .* at most 0.4 on validation; widen"):
        chosen(replace(RULE, min_training_records=11, max_training_records=50))


def test_labels_that_are_no_statements_cannot_be_targets() -> None:
    with pytest.raises(BadInput, match="the classifier scores CD; give classifier.task"):
        choose_targets(pd.Series({"NORM": 10, "CD": 10}), pd.Series({"NORM": 0.1, "CD": 0.1}), RULE)


def test_a_scored_statement_without_a_count_is_named() -> None:
    with pytest.raises(BadInput, match="no training count for NORM"):
        choose_targets(COUNTS.drop("NORM"), SCORES, RULE)
