"""A search draws, prunes and remembers; what it ends with does not depend on whether it was killed."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
import torch

from ecg_forge.ecg.errors import BadInput
from ecg_forge.training.config import ClassifierConfig
from ecg_forge.training.search import Found, PruneTrial, search
from tests.training.made_up_training import Killed
from tests.training.test_search_config import config

EPOCHS = 3


@pytest.fixture
def storage() -> Any:
    return optuna.storages.InMemoryStorage()  # a hundred times as fast as a file; what is killed is the search only


def auc_of(classifier: ClassifierConfig) -> float:
    """The AUC a made-up training ends with: highest at a learning rate of 0.01 without smoothing."""
    return 0.9 - 0.1 * abs(np.log10(classifier.learning_rate) + 2) - classifier.loss.label_smoothing


class Training:
    """Pretends to train: the AUC rises by the epoch. It is killed before the epoch of that number, over all trials."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.seen: list[ClassifierConfig] = []
        self.epochs, self.kill_at = 0, kill_at

    def __call__(self, classifier: ClassifierConfig, callbacks: Sequence[Any]) -> float:
        self.seen.append(classifier)
        module = torch.nn.Linear(1, 1)
        for epoch in range(EPOCHS):
            if self.epochs == self.kill_at:
                raise Killed
            self.epochs += 1
            auc = auc_of(classifier) - 0.1 * (EPOCHS - 1 - epoch)
            trainer = SimpleNamespace(current_epoch=epoch, callback_metrics={"val_auc": torch.tensor(auc)})
            for callback in callbacks:
                callback.on_validation_start(trainer, module)
                callback.on_validation_end(trainer, module)
        return auc_of(classifier)


def run(storage: Any, train: Any, study: str = "a", **changes: Any) -> Found:
    settings = replace(config(trials=12, startup_trials=2, warmup_epochs=0), **changes)
    return search(storage, study, settings, 100, train)


def without_time(trials: pd.DataFrame) -> pd.DataFrame:
    return trials.drop(columns="seconds")


def test_so_many_trials_are_finished_and_some_of_them_pruned(storage: Any) -> None:
    training = Training()
    trials = run(storage, training).trials
    assert trials["trial"].tolist() == list(range(1, 13))
    assert set(trials["state"]) == {"complete", "pruned"}
    assert trials["learning_rate"].between(0.001, 0.1).all()
    assert set(trials["batch_size"]) <= {4, 8}
    assert [each.learning_rate for each in training.seen] == trials["learning_rate"].tolist()
    complete = trials["state"] == "complete"
    assert (trials["epochs"][complete] == EPOCHS).all()
    assert (trials["epochs"][~complete] < EPOCHS).any()


def test_the_best_is_the_complete_trial_of_highest_auc(storage: Any) -> None:
    found = run(storage, Training())
    complete = found.trials[found.trials["state"] == "complete"]
    best = complete.loc[complete["val_auc"].idxmax()]
    assert found.best == {name: best[name] for name in config().space}


@pytest.mark.parametrize("kill_at", [0, 1, 5, 8])
def test_a_killed_search_goes_on_and_ends_as_an_unbroken_one(storage: Any, kill_at: int) -> None:
    unbroken = run(storage, Training(), "unbroken")
    with pytest.raises(Killed):
        run(storage, Training(kill_at), "killed")
    went_on = run(storage, Training(), "killed")
    pd.testing.assert_frame_equal(without_time(went_on.trials), without_time(unbroken.trials))
    assert went_on.best == unbroken.best
    assert len(went_on.trials) == 12


def test_a_trial_killed_while_it_was_drawn_is_drawn_again(storage: Any) -> None:
    unbroken = run(storage, Training(), "unbroken")
    optuna.create_study(storage=storage, study_name="killed", direction="maximize").ask()
    pd.testing.assert_frame_equal(
        without_time(run(storage, Training(), "killed").trials), without_time(unbroken.trials)
    )


def test_a_finished_search_trains_nothing_and_a_longer_one_only_what_is_missing(storage: Any) -> None:
    first = run(storage, Training(), trials=4)
    again, longer = Training(), Training()
    pd.testing.assert_frame_equal(run(storage, again, trials=4).trials, first.trials)
    assert again.seen == []
    pd.testing.assert_frame_equal(run(storage, longer, trials=6).trials.iloc[:4], first.trials)
    assert len(longer.seen) == 2


def test_a_study_of_another_name_begins_anew(storage: Any) -> None:
    run(storage, Training(), trials=2)
    other = Training()
    run(storage, other, "b", trials=2)
    assert len(other.seen) == 2


def test_the_seed_decides_what_is_drawn(storage: Any) -> None:
    one, other = (run(storage, Training(), str(seed), seed=seed, trials=3).trials for seed in (0, 1))
    assert (one["learning_rate"] != other["learning_rate"]).all()


def test_no_trial_begins_once_the_hours_are_spent(storage: Any) -> None:
    assert len(run(storage, Training(), hours=1e-12).trials) == 1


def test_a_training_that_diverges_is_pruned_and_the_search_goes_on(storage: Any) -> None:
    def train(classifier: ClassifierConfig, callbacks: Sequence[Any]) -> float:
        module = torch.nn.Linear(1, 1)
        torch.nn.init.constant_(module.weight, float("nan") if classifier.learning_rate > 0.01 else 0.0)
        for callback in callbacks:
            callback.on_validation_start(None, module)
        return 0.8

    trials = run(storage, train).trials
    diverged = trials[trials["learning_rate"] > 0.01]
    assert 0 < len(diverged) < len(trials)
    assert (diverged["state"] == "pruned").all()
    assert diverged["val_auc"].isna().all()
    assert (diverged["epochs"] == 0).all()


def test_a_search_without_any_result_says_so(storage: Any) -> None:
    def diverges(*_: Any) -> float:
        raise optuna.TrialPruned("the training diverged")

    with pytest.raises(BadInput, match="every trial of the search diverged"):
        run(storage, diverges, trials=2)
    with pytest.raises(BadInput, match="no macro AUC to go by"):
        run(storage, lambda *_: float("nan"), "nan")


def test_a_report_that_is_repeated_changes_nothing(storage: Any) -> None:
    """A training killed between a validation and its checkpoint validates the epoch again."""
    trial = optuna.create_study(storage=storage, direction="maximize").ask()
    callback = PruneTrial(trial)
    for auc in (0.7, 0.6):
        trainer = SimpleNamespace(current_epoch=0, callback_metrics={"val_auc": torch.tensor(auc)})
        callback.on_validation_end(trainer, torch.nn.Linear(1, 1))  # type: ignore[arg-type]
    assert trial.study.trials[0].intermediate_values == {1: pytest.approx(0.7)}
