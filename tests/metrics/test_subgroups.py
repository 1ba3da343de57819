import numpy as np
import pandas as pd
import pytest
from made_up_predictions import limits, made_up
from sklearn import metrics

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.subgroups import AGE_BANDS, subgroup_table
from ecg_forge.metrics.thresholds import decide


def people(predictions, **changes):
    """Both sexes and every age from 0 to 99, in another order than the predictions'."""
    n = len(predictions)
    table = pd.DataFrame(
        {"age": (np.arange(n) * 7 % 100).astype(float), "sex": np.where(np.arange(n) % 3, "female", "male")},
        index=pd.Index(predictions.ecg_id, name="ecg_id"),
    )
    return table.assign(**changes).iloc[::-1]


@pytest.fixture(scope="module")
def predictions():
    return made_up(records=400)


@pytest.fixture(scope="module")
def table(predictions):
    return subgroup_table(predictions, limits(predictions), people(predictions), resamples=60, seed=0)


def test_all_records_come_first_then_each_sex_and_age_band(table):
    assert list(table["by"]) == ["all", "sex", "sex", *["age"] * 4]
    assert list(table["group"]) == ["all", "female", "male", *AGE_BANDS]


@pytest.mark.parametrize("group", ["female", "under 40", "80 and older"])
def test_a_group_scores_like_its_records_alone(predictions, table, group):
    person = people(predictions).loc[predictions.ecg_id]
    chosen = {
        "female": person["sex"] == "female",
        "under 40": person["age"] < 40,
        "80 and older": person["age"] >= 80,
    }[group].to_numpy()
    truth, score = predictions.truth[chosen], predictions.probability[chosen]
    held = truth.any(axis=0) & ~truth.all(axis=0)
    decided = decide(predictions, limits(predictions))[chosen][:, held]
    row = table.set_index("group").loc[group]
    assert (row["n_records"], row["n_labels"]) == (chosen.sum(), held.sum())
    assert row["n_patients"] == len(set(predictions.patient_id[chosen]))
    assert row["auc"] == pytest.approx(metrics.roc_auc_score(truth[:, held], score[:, held]))
    assert row["ap"] == pytest.approx(metrics.average_precision_score(truth[:, held], score[:, held]))
    assert row["f1"] == pytest.approx(metrics.f1_score(truth[:, held], decided, average="macro"))


def test_scores_lie_in_their_intervals(table):
    for metric in ("auc", "ap", "f1"):
        assert (table[f"{metric}_low"] < table[metric]).all()
        assert (table[metric] < table[f"{metric}_high"]).all()


def test_each_age_falls_into_one_band(table):
    for age in [*range(0, 120), 39.9, 59.9, 300]:
        assert sum(low <= age < high for low, high in AGE_BANDS.values()) == 1
    for by in ("sex", "age"):
        assert table.loc[table["by"] == by, "n_records"].sum() == 400


def test_unknown_sex_and_age_are_groups_of_their_own(predictions):
    given = people(predictions)
    given.loc[given.index[:30], "sex"] = None
    given.loc[given.index[:50], "age"] = np.nan
    table = subgroup_table(predictions, limits(predictions), given, resamples=5, seed=0)
    unknown = table[table["group"] == "unknown"].set_index("by")["n_records"]
    assert unknown.to_dict() == {"sex": 30, "age": 50}
    assert table.loc[table["by"] == "sex", "n_records"].sum() == 400


def test_a_group_without_records_has_no_row(predictions):
    table = subgroup_table(predictions, limits(predictions), people(predictions, sex="male", age=50.0), 5, seed=0)
    assert list(table["group"]) == ["all", "male", "40 to 59"]


def test_a_group_too_small_to_score_has_no_figures_but_a_row(predictions):
    given = people(predictions, age=50.0)
    given.loc[1, "age"] = 90.0
    row = subgroup_table(predictions, limits(predictions), given, 5, seed=0).set_index("group").loc["80 and older"]
    assert (row["n_records"], row["n_labels"]) == (1, 0)
    assert row[["auc", "ap", "f1", "auc_low", "f1_high"]].isna().all()


def test_the_same_seed_gives_the_same_intervals(predictions, table):
    again = subgroup_table(predictions, limits(predictions), people(predictions), resamples=60, seed=0)
    pd.testing.assert_frame_equal(again, table)


def test_a_record_without_a_person_is_named(predictions):
    with pytest.raises(BadInput, match="ecg_id 5 is not in the records table"):
        subgroup_table(predictions, limits(predictions), people(predictions).drop(index=5), 5, seed=0)
