"""Settings check themselves when they are read, and come back from what is saved with the weights."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.training.config import (
    AugmentationConfig,
    ClassifierConfig,
    LossConfig,
    PreparationConfig,
    with_defaults,
)

NEEDED = {"model": "resnet1d_tiny", "task": "all", "epochs": 10, "steps_per_epoch": 2}


def test_a_configuration_comes_back_from_its_saved_form() -> None:
    config = ClassifierConfig(**NEEDED, loss=LossConfig(focal_gamma=2.0), augmentation=AugmentationConfig(mixup=0.2))
    assert ClassifierConfig(**asdict(config)) == config
    some = ClassifierConfig(**NEEDED, leads=["V2", "ii"], preparation=PreparationConfig(low_hz=0.5, clip_sd=5.0))
    assert ClassifierConfig(**json.loads(json.dumps(asdict(some)))) == some


def test_leads_are_named_as_everywhere_else_and_all_are_heard_unless_said() -> None:
    assert ClassifierConfig(**NEEDED).heard_leads == LEADS
    assert ClassifierConfig(**NEEDED, leads=["v2", "AVR", "I"]).heard_leads == ("V2", "aVR", "I")


def test_a_kept_configuration_that_knows_nothing_of_a_setting_had_its_default() -> None:
    config = ClassifierConfig(**NEEDED, loss=LossConfig(focal_gamma=2.0))
    whole = json.loads(json.dumps(asdict(config)))
    older: dict[str, Any] = {name: value for name, value in whole.items() if name not in ("leads", "preparation")}
    older["loss"] = {name: value for name, value in whole["loss"].items() if name != "focal_alpha"}
    assert with_defaults(older) == with_defaults(asdict(config)) == whole
    assert with_defaults({**older, "leads": ["I"]}) == {**whole, "leads": ["I"]}


def test_a_setting_that_is_no_longer_known_is_kept() -> None:
    assert with_defaults({"model": "forgotten", "warmth": 3})["warmth"] == 3


def test_sections_arrive_as_mappings_from_yaml() -> None:
    config = ClassifierConfig(**NEEDED, loss={"class_weights": "balanced"})
    assert config.loss == LossConfig(class_weights="balanced")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "classifier.epochs is 0"),
        ({"aggregate": "median"}, "classifier.aggregate is 'median'; give one of max, mean"),
        ({"sampling": "random"}, "classifier.sampling is 'random'; give one of shuffled, balanced"),
        ({"precision": "fp8"}, "classifier.precision is 'fp8'"),
        ({"ema_decay": 1.0}, "classifier.ema_decay is 1.0"),
        ({"gradient_clip": -1}, "classifier.gradient_clip is -1"),
        ({"patience": 0}, "classifier.patience is 0"),
        ({"validate_every": 3}, "epochs is 10 and validate_every 3"),
        ({"loss": {"class_weights": "inverse"}}, "classifier.loss.class_weights is 'inverse'"),
        ({"loss": {"label_smoothing": 1.0}}, "classifier.loss.label_smoothing is 1.0"),
        ({"loss": {"focal_alpha": 1.0}}, "classifier.loss.focal_alpha is 1.0"),
        ({"schedule": "cosine"}, "classifier.schedule is 'cosine'; give one of one_cycle, plateau"),
        ({"plateau_factor": 1.0}, "classifier.plateau_factor is 1.0"),
        ({"plateau_patience": 0}, "classifier.plateau_patience is 0"),
        ({"leads": []}, r"classifier.leads is \[\]; give a list of lead names"),
        ({"leads": "V2"}, "classifier.leads is 'V2'; give a list of lead names"),
        ({"leads": ["I", "V2", "i"]}, "classifier.leads names a lead twice: I, V2, I"),
        ({"leads": ["I", "V7"]}, "unknown lead 'V7'; known leads are I, II"),
        ({"preparation": {"low_hz": 40.0, "high_hz": 1.0}}, "passes from 40.0 to 1.0 Hz; give a low_hz below high_hz"),
        ({"preparation": {"low_hz": 1.0, "high_hz": 1.0}}, "passes from 1.0 to 1.0 Hz"),
        ({"preparation": {"low_hz": 0}}, "classifier.preparation.low_hz is 0"),
        ({"preparation": {"order": 2.5}}, "classifier.preparation.order is 2.5; give a whole number"),
        ({"preparation": {"clip_sd": -5}}, "classifier.preparation.clip_sd is -5"),
        ({"loss": {"gamma": 2}}, "classifier.loss: .*'gamma'"),
        ({"augmentation": {"lead_dropout": 2}}, "classifier.augmentation.lead_dropout is 2"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        ClassifierConfig(**{**NEEDED, **settings})


def test_an_edge_above_half_the_sampling_rate_is_refused() -> None:
    preparation = PreparationConfig(low_hz=0.5, high_hz=50.0)
    preparation.check_rate(500)
    with pytest.raises(BadInput, match=r"classifier.preparation.high_hz is 50.0; at 100 Hz give a frequency below 50,"):
        preparation.check_rate(100)
