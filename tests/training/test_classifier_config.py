"""Settings check themselves when they are read, and come back from what is saved with the weights."""

from dataclasses import asdict

import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.training.config import AugmentationConfig, ClassifierConfig, LossConfig

NEEDED = {"model": "resnet1d_tiny", "task": "all", "epochs": 10, "steps_per_epoch": 2}


def test_a_configuration_comes_back_from_its_saved_form() -> None:
    config = ClassifierConfig(**NEEDED, loss=LossConfig(focal_gamma=2.0), augmentation=AugmentationConfig(mixup=0.2))
    assert ClassifierConfig(**asdict(config)) == config


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
        ({"loss": {"gamma": 2}}, "classifier.loss: .*'gamma'"),
        ({"augmentation": {"lead_dropout": 2}}, "classifier.augmentation.lead_dropout is 2"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        ClassifierConfig(**{**NEEDED, **settings})
