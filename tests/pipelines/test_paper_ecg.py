from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.simulator import SimulationConfig, simulate_ptbxl
from ecg_forge.paper.layout import SheetConfig
from ecg_forge.paper.photograph_config import PhotographConfig
from ecg_forge.paper.segmentation import Segmentation
from ecg_forge.paper.sheet import TRACE
from ecg_forge.pipelines.paper_ecg import examples, nodes
from ecg_forge.pipelines.paper_ecg.config import ReadingsConfig
from ecg_forge.pipelines.paper_ecg.printing import pictures_of
from ecg_forge.pipelines.paper_ecg.training import train_segmenter
from tests.pipelines.conftest import ROOT
from tests.training.made_up_segmenter import CONFIG, untrained_segmenter

pytest.importorskip("monai", reason="segmenters are monai's; install ecg-forge[paper]")

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


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Weights of a segmenter that sees paper everywhere."""
    import ecg_forge.training.segmenter as module

    def nothing(_: Any, image: np.ndarray) -> Segmentation:
        return Segmentation(np.zeros(image.shape[:2], np.uint8), np.zeros(image.shape[:2], np.float32))

    monkeypatch.setattr(module, "segment", nothing)
    return untrained_segmenter()


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


def test_sheets_and_photographs_are_read_with_both_masks_and_their_error_is_told(
    plan: pd.DataFrame,
    signals: Signals,
    sheets: SheetConfig,
    photographs: PhotographConfig,
    blind: dict[str, Any],
) -> None:
    errors, overlap = nodes.read_paper_sheets(plan, signals, sheets, photographs, blind)
    assert len(errors) == len(plan) * len(LEADS) * 2
    true, found = (errors[errors["mask"] == name] for name in ("true", "found"))
    assert (true["problem"] == "").all()
    assert true.loc[true["strength"] == "clean", "correlation"].min() > 0.97
    assert found["problem"].str.startswith("grid: hardly any grid lines").all()
    assert found["correlation"].tolist() == [0.0] * len(found)
    assert found["snr_db"].tolist() == [0.0] * len(found)  # as if nothing but zeros had been read
    summary = nodes.summarise_paper_errors(errors)
    whole = summary[(summary["lead"] == "all") & (summary["mask"] == "true")].set_index("strength")
    assert whole.loc["clean", "snr_db"] == pytest.approx(true.loc[true["strength"] == "clean", "snr_db"].mean())
    assert whole["signals"].tolist() == [24, 24]
    covered = nodes.summarise_paper_overlap(overlap).set_index(["strength", "class"])
    assert covered.loc[("default", "trace"), ["pictures", "dice"]].tolist() == [2, 0]
    assert covered.loc[("default", "background"), "dice"] > 0.3


def test_pictures_of_the_examples_are_kept(
    plan: pd.DataFrame,
    signals: Signals,
    sheets: SheetConfig,
    photographs: PhotographConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import ecg_forge.training.segmenter as module

    true = next(pictures_of(plan, signals, sheets, photographs))[1].mask
    monkeypatch.setattr(module, "segment", lambda *_: Segmentation(true, (true == TRACE).astype(np.float32)))
    drawn = plan.iloc[:1], signals, sheets, photographs, untrained_segmenter()
    pictures, drawings = examples.draw_paper_examples(*drawn)
    assert list(pictures) == ["1-3x4-clean", "1-3x4-clean-mask"]
    assert pictures["1-3x4-clean"].size == (270 * 6, 165 * 6)
    assert list(drawings) == ["1-3x4-clean"]
    assert drawings["1-3x4-clean"].startswith("<svg")


def test_a_patient_on_two_sides_stops_the_training_of_the_segmenter(
    signals: Signals, sheets: SheetConfig, photographs: PhotographConfig
) -> None:
    torn = records(["train", "val"], [1, 1])
    with pytest.raises(LeakError, match="patient 1 stands in train and val"):
        train_segmenter(torn, signals, sheets, photographs, CONFIG, None)


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
