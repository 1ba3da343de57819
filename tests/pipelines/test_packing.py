"""A packed classifier says what the trained one said, at the temperature that validation chose."""

from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.statements import CODES
from ecg_forge.metrics.calibration import fit_temperature
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.pipelines.baseline.packing import pack_classifier
from tests.made_up_classifier import untrained_box

PROVENANCE = {"machine": "Linux, 2 cores", "started": "2026-11-21T10:00:00+00:00", "code": "0.1 (abc)"}
COUNTS = {"records_by_split": {"train": 1000, "val": 60, "test": 60}}


def made(dataset: str = "PTB-XL", version: str = "1.0.3") -> tuple[dict[str, Any], Predictions]:
    """Pack a classifier that is twice as sure of itself as it should be; return the box, and its validation."""
    generator, index = np.random.default_rng(0), pd.RangeIndex(1, 121, name="ecg_id")
    logits = generator.normal(-2, 1.5, (120, len(CODES)))
    labels = pd.DataFrame(generator.random(logits.shape) < 1 / (1 + np.exp(-logits)), index, list(CODES))
    probabilities = pd.DataFrame(1 / (1 + np.exp(-2 * logits)), index, list(CODES))
    records = pd.DataFrame({"patient_id": index, "split": ["val"] * 60 + ["test"] * 60}, index)
    probabilities.insert(0, "split", records["split"])
    weights, card = untrained_box(), {"dataset": dataset, "version": version, **COUNTS}
    box = pack_classifier(weights, probabilities, labels, records, card, PROVENANCE)
    return box, Predictions.of("val", probabilities, labels, records)


def test_the_temperature_is_that_of_validation() -> None:
    box, validation = made()
    assert box["config"]["temperature"] == fit_temperature(validation)
    assert 1.8 < box["config"]["temperature"] < 2.2
    assert box["tensors"].keys() == untrained_box()["tensors"].keys()


def test_the_card_tells_origin_scores_and_limits() -> None:
    card = made()[0]["card"]
    assert card.startswith("# resnet1d_tiny: a classifier of 12-lead ECGs")
    assert "PTB-XL 1.0.3: 1,000 records of folds 1 to 8 to learn from, 60 of fold 9" in card
    assert "Macro AUC on the test fold: 0." in card
    assert "| over all pairs of record and label | 0." in card
    assert "10.13026/kfzx-aw45" in card


def test_what_learned_from_own_records_does_not_claim_ptbxl() -> None:
    box, _ = made("own records", "unknown")
    assert box["config"]["learned_from"] == "own records"
    assert "Own records: 1,000 records" in box["card"]
    assert "PTB-XL" not in box["card"]
