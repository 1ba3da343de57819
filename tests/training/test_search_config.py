"""A search checks its space before anything runs, and writes what it found as settings of the benchmark."""

from typing import Any

import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.pipelines.benchmark.config import BenchmarkConfig
from ecg_forge.training.search_config import SearchConfig

TRAINING = {"model": "resnet1d_tiny", "task": "superclass", "epochs": 3, "batch_size": 4, "loss": {"focal_gamma": 1.0}}
SPACE = {
    "learning_rate": {"kind": "log_float", "low": 0.001, "high": 0.1},
    "batch_size": {"kind": "choice", "of": [4, 8]},
    "loss.label_smoothing": {"kind": "float", "low": 0.0, "high": 0.1},
}
VALUES = {"learning_rate": 0.02, "batch_size": 8, "loss.label_smoothing": 0.05}


def config(**changes: Any) -> SearchConfig:
    return SearchConfig(**{"name": "found", "training": TRAINING, "space": SPACE, "trials": 4, **changes})


def test_a_trial_has_its_own_settings_and_shares_the_others() -> None:
    made = config(seed=3).classifier(VALUES, training_records=100)
    assert (made.learning_rate, made.batch_size, made.steps_per_epoch) == (0.02, 8, 12)
    assert (made.loss.label_smoothing, made.loss.focal_gamma) == (0.05, 1.0)
    assert (made.model, made.epochs, made.seed) == ("resnet1d_tiny", 3, 3)
    assert TRAINING["loss"] == {"focal_gamma": 1.0}, "what was given stays as it was"


def test_the_preset_is_a_classifier_of_the_benchmark() -> None:
    found = config().preset(VALUES)["benchmark"]
    benchmark = BenchmarkConfig(classifiers=["found"], tasks=["superclass"], seeds=[0], training={}, **found)
    made = benchmark.configurations({"superclass": 100})["superclass/found-seed0"]
    assert made == config().classifier(VALUES, training_records=100)


def test_a_longer_search_is_the_same_and_another_space_is_another() -> None:
    same = config(trials=99, hours=2.0, name="other", training={**TRAINING, "workers": 3})
    assert same.identity() == config().identity()
    for changes in (
        {"seed": 1},
        {"training": {**TRAINING, "epochs": 4}},
        {"space": {**SPACE, "weight_decay": SPACE["learning_rate"]}},
    ):
        assert config(**changes).identity() != config().identity()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trials": 0}, "trials and startup_trials of at least 1"),
        ({"hours": 0}, "search.hours is 0"),
        ({"space": {}}, "search.space is empty"),
        ({"training": {**TRAINING, "seed": 3}}, "search sets seed itself"),
        ({"space": {"seed": {"kind": "int", "low": 0, "high": 9}}}, "search.space.seed: this setting is the same"),
        ({"space": {"steps_per_epoch": {"kind": "int", "low": 1, "high": 9}}}, "search.space.steps_per_epoch"),
        ({"space": {"learning_rate": {"kind": "logarithmic"}}}, "search.space.learning_rate: kind is 'logarithmic'"),
        ({"space": {"learning_rate": {"kind": "float", "low": 1.0, "high": 1.0}}}, "give low < high"),
        ({"space": {"learning_rate": {"kind": "log_float", "low": 0.0, "high": 1.0}}}, "needs it above 0"),
        ({"space": {"batch_size": {"kind": "int", "low": 1.5, "high": 4}}}, "give whole numbers"),
        ({"space": {"batch_size": {"kind": "choice", "low": 4}}}, "a choice needs `of`"),
        ({"space": {"batch_size": {"kind": "int", "from": 4}}}, "search.space.batch_size: .*'from'"),
        ({"space": {"learning_rates": {"kind": "float", "low": 0.1, "high": 1}}}, "learning_rates"),
        ({"space": {"loss.gamma": {"kind": "float", "low": 0.1, "high": 1}}}, "gamma"),
        ({"space": {"model": {"kind": "choice", "of": ["resnet1d_tiny", "resnet9000"]}}}, "with model resnet9000"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        config(**changes)
