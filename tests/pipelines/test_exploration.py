"""What the exploration counts and measures, and of which records."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.beats import beat_table
from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.labels import statement_rows
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals, to_microvolts
from ecg_forge.pipelines.exploration.config import ExplorationConfig
from ecg_forge.pipelines.exploration.counts import NOTED
from ecg_forge.pipelines.exploration.nodes import count_for_exploration, measure_for_exploration

CONFIG = ExplorationConfig(records=40, leads=["V5"], fewest_records=2)
INDEX = pd.RangeIndex(1, 49, name="ecg_id")
RATE_HZ, PEAKS = 100, range(50, 1000, 100)


def records() -> pd.DataFrame:
    """Records 1 to 40 train, 41 to 44 validate, 45 to 48 test; every fourth patient is 90 or older."""
    older = np.arange(48) % 4 == 0
    people = {
        "patient_id": np.arange(48) + 100,
        "age": np.where(older, 90.0, 52.0),
        "age_90_plus": older,
        "sex": np.where(np.arange(48) % 2, "male", "female"),
        "height": np.where(np.arange(48) < 10, 170.0, np.nan),
        "weight": np.nan,
        "validated_by_human": True,
    }
    return pd.DataFrame({**people, "split": ["train"] * 40 + ["val"] * 4 + ["test"] * 4}, index=INDEX)


def labels() -> pd.DataFrame:
    """The first half normal, the second half with infarction and hypertrophy, but record 40 with neither."""
    return statement_rows([["NORM"]] * 20 + [["IMI", "LVH"]] * 19 + [["SR"]] + [["NORM"]] * 8, INDEX)


def signals() -> tuple[Signals, pd.DataFrame]:
    """A beat each second, three times as high where there is hypertrophy; and its R peaks."""
    x = 0.001 * np.random.default_rng(0).normal(size=(48, len(LEADS), 1000))
    high = np.where(labels()["LVH"], 3.0, 1.0)[:, None, None]
    for peak in PEAKS:
        x[:, :, peak - 2 : peak + 3] += high * np.array([0.2, 0.7, 1.0, 0.7, 0.2])
    return Signals(to_microvolts(x), INDEX.to_numpy()), beat_table(INDEX.to_numpy(), [np.array(PEAKS)] * 48)


def measure(config: ExplorationConfig = CONFIG, **changes: Any) -> dict[str, Any]:
    found, beats = signals()
    features = pd.DataFrame({"heart_rate_bpm": np.where(INDEX <= 20, 60.0, 80.0)}, index=INDEX)
    given = {"records": records(), "labels": labels(), "features": features, "beats": beats, "signals": found}
    return measure_for_exploration(**{**given, **changes}, config=config)


def count() -> dict[str, Any]:
    metadata = pd.DataFrame(dict.fromkeys(NOTED), index=pd.RangeIndex(1, 60, name="ecg_id"))
    metadata.loc[[1, 45, 59], "baseline_drift"] = "alles"  # record 59 is not used
    flat = pd.Series("", index=INDEX).where(INDEX != 2, "V1")
    quality = pd.DataFrame({"flat_leads": flat, "clipped": 0.0, "limb_lead_residual_mv": 0.001}, index=INDEX)
    return count_for_exploration(metadata, records(), labels(), quality)


def test_people_and_flaws_are_counted_by_split() -> None:
    found = count()
    assert found["people"]["records"] == {"train": 40, "val": 4, "test": 4}
    assert found["people"]["height known"] == {"train": 10, "val": 0, "test": 0}
    assert found["flaws"]["noted: baseline drift"] == {"train": 1, "val": 0, "test": 1}
    assert found["flaws"]["measured: a flat lead"] == {"train": 1, "val": 0, "test": 0}
    assert found["superclasses_per_record"]["2"] == {"train": 19, "val": 0, "test": 0}


def test_ages_above_89_are_a_group_and_not_an_age() -> None:
    ages = count()["ages"]
    assert ages["from_90"] == {"female": 10, "male": 0}
    assert sum(ages["below_90"]["female"]) == 10
    assert ages["median_below_90"] == {"female": 52.0, "male": 52.0}


def test_labels_that_go_together_are_those_of_the_training_records() -> None:
    together = count()["together"]
    assert together["MI"]["HYP"] == together["HYP"]["MI"] == 19
    assert together["NORM"] == {"NORM": 20, "MI": 0, "STTC": 0, "CD": 0, "HYP": 0}


def test_curves_show_what_was_put_in() -> None:
    found = measure()
    assert found["held"] == {"NORM": 20, "MI": 19, "HYP": 19}
    beats = found["beats"]["leads"]["V5"]
    assert max(beats["HYP"]["q50"]) == pytest.approx(3 * max(beats["NORM"]["q50"]), rel=0.02)
    assert found["beats"]["seconds"][int(np.argmax(beats["NORM"]["q50"]))] == pytest.approx(0)
    sizes = {name: each["q50"] for name, each in found["sizes"]["variance"]["V5"].items()}
    assert sizes["HYP"] == pytest.approx(9 * sizes["NORM"], rel=0.05)
    assert found["rhythm"]["heart_rate_bpm"]["MI"]["q50"] == 80
    spectra = found["spectra"]
    assert len(spectra["hz"]) == len(spectra["leads"]["V5"]["NORM"]) == 100
    difference = np.subtract(spectra["leads"]["II"]["HYP"], spectra["leads"]["II"]["NORM"])
    assert difference[2] == pytest.approx(np.log10(9), abs=0.05)  # 1 to 1.5 Hz, where the beat rate lies


def test_the_validation_and_test_folds_have_no_part_in_any_curve() -> None:
    changed, _ = signals()
    samples = changed.samples.copy()
    samples[40:] = 5000
    other = Signals(samples, changed.ecg_id)
    assert measure(signals=other) == measure()


def test_a_draw_that_reaches_into_another_fold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecg_forge.pipelines.exploration.nodes.records_of", lambda table, _: table)
    with pytest.raises(LeakError, match="the exploration may only see training records"):
        measure()


def test_a_superclass_of_few_records_is_not_shown() -> None:
    found = measure(ExplorationConfig(records=40, leads=["II", "V1"], fewest_records=20))
    assert list(found["held"]) == ["NORM"]
    assert list(found["beats"]["leads"]["V1"]) == ["NORM"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"records": 0}, "exploration.records is 0"),
        ({"fewest_records": 0}, "exploration.fewest_records is 0"),
        ({"leads": []}, "exploration.leads is"),
        ({"leads": ["II", "II"]}, "exploration.leads is"),
        ({"leads": ["V9"]}, "unknown lead 'V9'"),
    ],
)
def test_a_wrong_parameter_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        ExplorationConfig(**changes)
