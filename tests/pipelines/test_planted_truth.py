"""A study finds a gain that is there and none where there is none, and its intervals hold the truth.

Simulated: one statement has 20 training records, and what is added to them is perfect, mislabelled or noise.
"""

import pandas as pd
import pytest

from benchmarks.study_coverage import (
    ADDED,
    GENERATORS,
    STATEMENT,
    Cohort,
    Studies,
    Trained,
    coverage,
    study_tables,
    true_differences,
)

TRAININGS = 12
ONE_STUDY = Studies(seeds=5, patients=600, repetitions=1)


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return Cohort.of((120, 900))


@pytest.fixture(scope="module")
def tables(cohort: Cohort) -> dict[str, tuple[dict[str, pd.DataFrame], pd.DataFrame]]:
    return {generator: study_tables(cohort, generator) for generator in GENERATORS}


@pytest.fixture(scope="module")
def trained(cohort: Cohort, tables: dict) -> dict[str, dict[str, Trained]]:
    return {
        generator: {
            arm: Trained.of(table, features, cohort, TRAININGS, seed)
            for seed, (arm, table) in enumerate(of_arm.items())
        }
        for generator, (of_arm, features) in tables.items()
    }


def by_metric(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_index("metric")


def test_the_arms_learn_from_20_real_records_and_what_was_added(tables: dict) -> None:
    for of_arm, features in tables.values():
        holders = {arm: table[table[STATEMENT]]["source"].value_counts().to_dict() for arm, table in of_arm.items()}
        assert holders == {
            "baseline": {"real": 20},
            "oversampled": {"real": 20, "copy": ADDED},
            "augmented": {"real": 20, "synthetic": ADDED},
        }
        assert of_arm["augmented"]["ecg_id"].isin(features.index).all()


@pytest.mark.parametrize("reference", ["baseline", "oversampled"])
def test_the_known_gain_of_perfect_records_is_found_also_beside_copies(trained: dict, reference: str) -> None:
    arms = trained["perfect"]
    known = true_differences(arms[reference], arms["augmented"], ONE_STUDY.patients, studies=400)
    assert known["auc"] > 0.03
    found = by_metric(ONE_STUDY.compared(arms[reference], arms["augmented"], seed=0))
    for metric in ("auc", "ap", "f1"):
        assert found.loc[metric, "low"] <= known[metric] <= found.loc[metric, "high"]
    assert by_metric(ONE_STUDY.compared(arms["baseline"], arms["augmented"], seed=0)).loc["auc", "verdict"] == "better"


@pytest.mark.parametrize("reference", ["baseline", "oversampled"])
@pytest.mark.parametrize("generator", ["mislabelled", "noise"])
def test_no_gain_is_found_where_noise_or_mislabelled_records_are_added(
    trained: dict, generator: str, reference: str
) -> None:
    arms = trained[generator]
    found = by_metric(ONE_STUDY.compared(arms[reference], arms["augmented"], seed=0))
    assert not (found["verdict"] == "better").any()
    assert (found["difference"] < 0).all()


def test_a_second_arm_of_the_same_kind_brings_nothing(trained: dict) -> None:
    first, second = (trained[generator]["oversampled"] for generator in ("perfect", "noise"))
    found = ONE_STUDY.compared(first, second, seed=0)
    assert not found["verdict"].isin(["better", "worse"]).any()


@pytest.mark.parametrize("generator", GENERATORS)
def test_the_intervals_of_repeated_studies_hold_the_truth(trained: dict, generator: str) -> None:
    arms = trained[generator]
    pair = arms["baseline"], arms["augmented"]
    truth = true_differences(*pair, patients=600, studies=400)
    table = coverage(*pair, Studies(seeds=5, patients=600, repetitions=60), truth)
    assert (table["coverage"] >= 0.9).all()
    assert table["mean_difference"].to_numpy() == pytest.approx(table["truth"].to_numpy(), abs=0.02)
    assert (table["better"] == 0).all() or generator == "perfect"
