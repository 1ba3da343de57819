"""What the checks rejected is counted, and what they left is as diverse as it is."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.records import INVALID_SAMPLE, Signals
from ecg_forge.ecg.statements import CODES
from ecg_forge.metrics.feature_distance import spread
from ecg_forge.metrics.fidelity_config import FidelityConfig
from ecg_forge.pipelines.study.checks import measure_diversity, tabulate_checks

FIRST = 1_000_001


def plan() -> pd.DataFrame:
    """Six records of PVC and two of WPW with real label sets, two with PVC alone, and two lent by half the patients."""
    target = ["PVC"] * 6 + ["WPW"] * 2 + ["PVC"] * 4
    kind = ["real_sets"] * 8 + ["one_hot"] * 2 + ["real_sets"] * 2
    share = [1.0] * 10 + [0.5] * 2
    index = pd.RangeIndex(FIRST, FIRST + 12, name="ecg_id")
    return pd.DataFrame({"kind": kind, "share": share, "target": target, "age": 60.0, "sex": "male"}, index=index)


def verdicts() -> pd.DataFrame:
    reasons = ["", "", "", "a copy", "a copy", "too fast; a copy", "", "too fast", "", "", "", "too fast"]
    return pd.DataFrame({"accepted": [not reason for reason in reasons], "reason": reasons}, index=plan().index)


def test_every_record_counts_once_under_what_was_said_of_it() -> None:
    table = tabulate_checks(plan(), verdicts())
    assert table.columns.tolist() == ["kind", "share", "target", "reason", "count"]
    assert set(table.itertuples(index=False, name=None)) == {
        ("real_sets", 1.0, "PVC", "accepted", 3),
        ("real_sets", 1.0, "PVC", "a copy", 2),
        ("real_sets", 1.0, "PVC", "too fast; a copy", 1),
        ("real_sets", 1.0, "WPW", "accepted", 1),
        ("real_sets", 1.0, "WPW", "too fast", 1),
        ("one_hot", 1.0, "PVC", "accepted", 2),
        ("real_sets", 0.5, "PVC", "accepted", 1),
        ("real_sets", 0.5, "PVC", "too fast", 1),
    }
    assert table["count"].sum() == len(plan())


def records() -> pd.DataFrame:
    split = ["train"] * 6 + ["val", "test"]
    return pd.DataFrame({"split": split, "age": 60.0, "sex": "male"}, index=pd.RangeIndex(1, 9, name="ecg_id"))


def labels() -> pd.DataFrame:
    """PVC in records 1 to 4, 7 (validation) and 8 (test), WPW in record 5."""
    table = pd.DataFrame(False, index=records().index, columns=list(CODES))
    table.loc[[1, 2, 3, 4, 7, 8], "PVC"] = True
    table.loc[5, "WPW"] = True
    return table


def recordings(n: int, first: int, seed: int) -> Signals:
    samples = np.random.default_rng(seed).integers(-500, 500, (n, 12, 20)).astype(np.int16)
    return Signals(samples, np.arange(first, first + n))


def features_of(made: Signals, *ecg_ids: int) -> np.ndarray:
    return made.millivolts(ecg_ids)[:, :, 0]


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The features are each record's first sample; the ecg_ids embedded."""
    seen: list[int] = []

    def embed(weights: Any, pools: Any, people: pd.DataFrame) -> tuple[pd.DataFrame, None]:
        seen.extend(people.index)
        first = pools.crops(np.arange(len(pools)), np.zeros(len(pools), np.int64), 1)[:, :, 0]
        return pd.DataFrame(first, index=people.index), None

    monkeypatch.setattr("ecg_forge.training.classifier.embed", embed)
    return seen


def diversity(real: Signals, made: Signals, config: FidelityConfig | None = None) -> pd.DataFrame:
    settings = config or FidelityConfig()
    table = measure_diversity(records(), labels(), real, plan(), verdicts(), made, {}, settings)
    return table.set_index("target")


def test_the_spreads_are_those_of_training_accepted_and_rejected_records_of_the_target(embedded: list[int]) -> None:
    real, made = recordings(8, 1, seed=0), recordings(12, FIRST, seed=1)
    table = diversity(real, made)
    assert table.columns.tolist() == ["accepted", "rejected", "spread_real", "spread_accepted", "spread_rejected"]
    pvc = table.loc["PVC"]
    assert (pvc["accepted"], pvc["rejected"]) == (3, 3)
    assert pvc["spread_real"] == pytest.approx(spread(features_of(real, 1, 2, 3, 4)))
    assert pvc["spread_accepted"] == pytest.approx(spread(features_of(made, FIRST, FIRST + 1, FIRST + 2)))
    assert pvc["spread_rejected"] == pytest.approx(spread(features_of(made, FIRST + 3, FIRST + 4, FIRST + 5)))
    assert not {7, 8, *range(FIRST + 8, FIRST + 12)} & set(embedded)
    assert len(embedded) == len(set(embedded))


def test_one_record_has_no_spread(embedded: list[int]) -> None:
    wpw = diversity(recordings(8, 1, seed=0), recordings(12, FIRST, seed=1)).loc["WPW"]
    assert (wpw["accepted"], wpw["rejected"]) == (1, 1)
    assert wpw[["spread_real", "spread_accepted", "spread_rejected"]].isna().all()


def test_the_same_ecg_again_and_again_has_a_spread_of_zero(embedded: list[int]) -> None:
    made = recordings(12, FIRST, seed=1)
    made.samples[:3] = made.samples[0]
    assert diversity(recordings(8, 1, seed=0), made).loc["PVC", "spread_accepted"] == 0


def test_a_record_without_values_is_counted_but_has_no_features(embedded: list[int]) -> None:
    made = recordings(12, FIRST, seed=1)
    made.samples[3, 4, 5] = INVALID_SAMPLE
    pvc = diversity(recordings(8, 1, seed=0), made).loc["PVC"]
    assert pvc["rejected"] == 3
    assert pvc["spread_rejected"] == pytest.approx(spread(features_of(made, FIRST + 4, FIRST + 5)))


def test_no_more_records_are_compared_than_asked_for(embedded: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecg_forge.pipelines.study.checks.drawn", lambda records, most, seed: np.arange(records)[:2])
    real, made = recordings(8, 1, seed=0), recordings(12, FIRST, seed=1)
    pvc = diversity(real, made).loc["PVC"]
    assert pvc["accepted"] == 3
    assert pvc["spread_accepted"] == pytest.approx(spread(features_of(made, FIRST, FIRST + 1)))
