from typing import Any

import pandas as pd
import pytest
import yaml

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.simulator import SimulationConfig, simulate_ptbxl
from ecg_forge.paper.layout import SheetConfig
from ecg_forge.paper.photograph_config import PhotographConfig
from ecg_forge.pipelines.paper_ecg import nodes
from ecg_forge.pipelines.paper_ecg.config import ReadingsConfig
from tests.pipelines.conftest import ROOT

READINGS = {"split": "test", "records": 2, "layouts": ["3x4"], "strengths": ["default"], "examples": 1, "seed": 0}


@pytest.fixture(scope="module")
def parameters() -> dict[str, Any]:
    path = ROOT / "conf" / "base" / "parameters" / "paper_ecg.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["paper_ecg"]


@pytest.fixture(scope="module")
def sheets(parameters: dict[str, Any]) -> SheetConfig:
    return SheetConfig(**{**parameters["sheet"], "px_per_mm": 6})


@pytest.fixture(scope="module")
def photographs(parameters: dict[str, Any]) -> PhotographConfig:
    return PhotographConfig(**parameters["photograph"])


@pytest.fixture(scope="module")
def signals() -> Signals:
    return simulate_ptbxl(SimulationConfig(n_records=2, seed=5)).signals


def records(split: list[str], patient: list[int]) -> pd.DataFrame:
    index = pd.RangeIndex(1, len(split) + 1, name="ecg_id")
    return pd.DataFrame({"split": split, "patient_id": patient}, index=index)


@pytest.fixture(scope="module")
def plan() -> pd.DataFrame:
    return nodes.plan_paper_readings(records(["test", "test"], [1, 2]), ReadingsConfig(**READINGS))


def test_records_are_drawn_from_one_split_and_one_of_a_patient() -> None:
    table = records(["train", "test", "test", "test", "val"], [1, 2, 2, 3, 4])
    drawn = nodes.plan_paper_readings(table, ReadingsConfig(**{**READINGS, "records": 5}))
    assert set(drawn["ecg_id"]) in ({2, 4}, {3, 4})


def test_every_record_is_read_from_every_layout_clean_and_photographed() -> None:
    config = ReadingsConfig(**{**READINGS, "layouts": ["3x4", "12x1"], "strengths": ["default", "strong"]})
    drawn = nodes.plan_paper_readings(records(["test", "test"], [1, 2]), config)
    assert len(drawn) == 2 * 2 * 3
    assert drawn.groupby("ecg_id")["example"].all().tolist() == [True, False]
    assert drawn["seed"].is_unique


def test_sheets_and_photographs_are_read_and_their_error_is_told(
    plan: pd.DataFrame, signals: Signals, sheets: SheetConfig, photographs: PhotographConfig
) -> None:
    errors = nodes.read_paper_sheets(plan, signals, sheets, photographs)
    assert len(errors) == len(plan) * len(LEADS)
    assert (errors["problem"] == "").all()
    assert errors.loc[errors["strength"] == "clean", "correlation"].min() > 0.97
    summary = nodes.summarise_paper_errors(errors)
    whole = summary[summary["lead"] == "all"].set_index("strength")
    assert whole.loc["clean", "snr_db"] == pytest.approx(errors.loc[errors["strength"] == "clean", "snr_db"].mean())
    assert whole["signals"].tolist() == [24, 24]


def test_a_sheet_that_cannot_be_read_counts_as_nothing_read(
    plan: pd.DataFrame,
    signals: Signals,
    sheets: SheetConfig,
    photographs: PhotographConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> None:
        raise nodes.Unreadable("page", "torn")

    monkeypatch.setattr(nodes, "digitise", refuse)
    errors = nodes.read_paper_sheets(plan.iloc[:1], signals, sheets, photographs)
    assert errors["snr_db"].tolist() == [0.0] * 12
    assert set(errors["problem"]) == {"page: torn"}


def test_pictures_of_the_examples_are_kept(
    plan: pd.DataFrame, signals: Signals, sheets: SheetConfig, photographs: PhotographConfig
) -> None:
    pictures, drawings = nodes.draw_paper_examples(plan.iloc[:1], signals, sheets, photographs)
    assert list(pictures) == ["1-3x4-clean", "1-3x4-clean-mask"]
    assert pictures["1-3x4-clean"].size == (270 * 6, 165 * 6)
    assert list(drawings) == ["1-3x4-clean"]
    assert drawings["1-3x4-clean"].startswith("<svg")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"split": "folds"}, "paper_ecg.readings.split is 'folds'"),
        ({"records": 0}, "paper_ecg.readings.records is 0"),
        ({"strengths": ["clean"]}, "clean sheets are always read"),
        ({"layouts": []}, "paper_ecg.readings.layouts is empty"),
    ],
)
def test_impossible_settings_are_told_by_name(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        ReadingsConfig(**{**READINGS, **changed})
