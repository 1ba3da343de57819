"""The project's own sheet settings, and recordings whose drawing is known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from ecg_forge.ecg.simulator import SimulationConfig, simulate_ptbxl
from ecg_forge.paper.layout import SheetConfig

PARAMETERS = Path(__file__).resolve().parents[2] / "conf" / "base" / "parameters" / "paper_ecg.yml"


@pytest.fixture(scope="session")
def parameters() -> dict[str, Any]:
    return yaml.safe_load(PARAMETERS.read_text(encoding="utf-8"))["paper_ecg"]


@pytest.fixture(scope="session")
def sheet_config(parameters: dict[str, Any]) -> SheetConfig:
    return SheetConfig(**parameters["sheet"])


@pytest.fixture(scope="session")
def simulated_mv() -> np.ndarray:
    """Three simulated recordings in mV, ``(record, 12, 1000)`` at 100 Hz."""
    signals = simulate_ptbxl(SimulationConfig(n_records=3, seed=5)).signals
    return signals.millivolts(signals.ecg_id)
