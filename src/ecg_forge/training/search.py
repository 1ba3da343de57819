"""Search for hyper-parameters with optuna: drawn by TPE, pruned by validation AUC, taken up where it was killed.

The tree-structured Parzen estimator (Bergstra et al. 2011) draws each trial from a seed that follows from the search's
and from how many trials are finished, so that draws follow from what is in the storage and from nothing else. A trial
that was killed keeps its settings and its checkpoint, and goes on.
"""

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import lightning.pytorch as lightning
import numpy as np
import optuna
import pandas as pd
from lightning.pytorch.callbacks import Callback
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, Trial, TrialState

from ecg_forge.ecg.errors import BadInput
from ecg_forge.training.config import ClassifierConfig
from ecg_forge.training.search_config import SearchConfig, Setting

logger = logging.getLogger(__name__)

Train = Callable[[ClassifierConfig, Sequence[Callback]], float]
"""Trains a classifier with these callbacks and returns its best macro AUC on validation."""
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
_SECONDS = "seconds"


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        trials: a row per finished trial: trial (from 1), state (complete, pruned), val_auc, epochs, seconds, settings.
        best: the settings of the completed trial of highest AUC, the first of equal ones.
    """

    trials: pd.DataFrame
    best: dict[str, Any]


class PruneTrial(Callback):
    """Tell optuna the macro AUC after each validation, and stop the training where the trial is not worth going on.

    A training whose weights are no longer finite stops as well.
    """

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    def on_validation_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if not all(bool(parameter.isfinite().all()) for parameter in pl_module.parameters()):
            raise optuna.TrialPruned("the training diverged")

    def on_validation_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        epoch = trainer.current_epoch + 1
        reported = self._trial.study.trials[self._trial.number].intermediate_values
        if epoch not in reported:  # one killed after its report and before its checkpoint trains the epoch again
            self._trial.report(float(trainer.callback_metrics["val_auc"]), epoch)
        if self._trial.should_prune():
            raise optuna.TrialPruned(f"below the median of the trials before it at epoch {epoch}")


def search(storage: BaseStorage, study_name: str, config: SearchConfig, training_records: int, train: Train) -> Found:
    """Finish the trials of a search, those included that an earlier process has finished or begun.

    Args:
        storage: where trials are kept; one process at a time.
        study_name: equal for searches over the same space and the same data.
        config: the search.
        training_records: passed over in an epoch.
        train: trains one classifier.

    Raises:
        BadInput: validation gives no AUC, or every trial was pruned.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # A step is an epoch, counted from 1.
    pruner = optuna.pruners.MedianPruner(config.startup_trials, n_warmup_steps=config.warmup_epochs + 1)
    study = optuna.create_study(
        storage=storage, study_name=study_name, direction="maximize", pruner=pruner, load_if_exists=True
    )
    if before := len(_finished(study)):
        logger.info("search: %d of %d trials are finished", before, config.trials)
    while not _is_over(study, config):
        _run(study, config, training_records, train)
    return Found(_table(study, config), _best(study))


def _run(study: optuna.Study, config: SearchConfig, training_records: int, train: Train) -> None:
    """Run one trial to its end."""
    trial = _next_trial(study, config)
    number = len(_finished(study)) + 1
    logger.info("search: trial %d of %d  %s", number, config.trials, _spelled(trial.params))
    began = time.perf_counter()
    try:
        auc = train(config.classifier(trial.params, training_records), [PruneTrial(trial)])
    except optuna.TrialPruned as pruned:
        trial.set_user_attr(_SECONDS, time.perf_counter() - began)
        study.tell(trial, state=TrialState.PRUNED)
        logger.info("search: trial %d pruned, %s", number, pruned)
        return
    if math.isnan(auc):
        raise BadInput("the search has no macro AUC to go by: no label has positive and negative validation records")
    trial.set_user_attr(_SECONDS, time.perf_counter() - began)
    study.tell(trial, auc)
    logger.info("search: trial %d complete, macro AUC %.4f on validation", number, auc)


def _next_trial(study: optuna.Study, config: SearchConfig) -> Trial:
    """Return the trial that was killed, with the settings it had, or draw a new one."""
    number = len(_finished(study))
    seed = int(np.random.SeedSequence([config.seed, number]).generate_state(1)[0])
    study.sampler = optuna.samplers.TPESampler(n_startup_trials=config.startup_trials, seed=seed)
    for begun in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if begun.params.keys() == config.space.keys():
            logger.info("search: going on with the trial that was begun")
            return Trial(study, begun._trial_id)
        study.tell(begun.number, state=TrialState.FAIL)  # killed while its settings were drawn
    return study.ask({name: _distribution(setting) for name, setting in config.space.items()})


def _distribution(setting: Setting) -> BaseDistribution:
    if setting.kind == "choice":
        return CategoricalDistribution(list(setting.of))
    low, high = setting.ends()
    if setting.kind == "int":
        return IntDistribution(low, high)
    return FloatDistribution(low, high, log=setting.kind == "log_float")


def _is_over(study: optuna.Study, config: SearchConfig) -> bool:
    finished = _finished(study)
    spent = sum(trial.user_attrs[_SECONDS] for trial in finished) / 3600
    if config.hours is not None and spent >= config.hours and finished:
        logger.info("search: %.2f hours spent, after %d of %d trials", spent, len(finished), config.trials)
        return True
    return len(finished) >= config.trials


def _finished(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=FINISHED)


def _table(study: optuna.Study, config: SearchConfig) -> pd.DataFrame:
    rows = [
        {
            "trial": number,
            "state": trial.state.name.lower(),
            "val_auc": _auc(trial),
            "epochs": max(trial.intermediate_values, default=0),
            "seconds": round(trial.user_attrs[_SECONDS], 1),
            **{name: trial.params[name] for name in config.space},
        }
        for number, trial in enumerate(_finished(study), start=1)
    ]
    return pd.DataFrame(rows)


def _auc(trial: FrozenTrial) -> float:
    """Return the best AUC of a trial; NaN where it diverged before it was validated."""
    return (
        trial.value
        if trial.state == TrialState.COMPLETE and trial.value is not None
        else max(trial.intermediate_values.values(), default=math.nan)
    )


def _best(study: optuna.Study) -> dict[str, Any]:
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if not complete:
        raise BadInput("every trial of the search diverged; lower search.space.learning_rate")
    return dict(max(complete, key=_auc).params)  # the first of equal ones


def _spelled(values: dict[str, Any]) -> str:
    return "  ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in values.items()
    )
