"""Late fusion: the probabilities of several classifiers combined, with weights learned where none of them was trained.

The earlier way, to learn the weights on the members' own training records, trusts most the member that knows these by
heart. Here the members' predictions on validation are out-of-fold for every one of them, and what fusion says about a
validation record comes from the records of other patients (stacking, Wolpert 1992, Neural Networks 5:241).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.late_fusion_config import LateFusionConfig
from ecg_forge.metrics.predictions import Predictions, require_validation

# Probabilities are kept in half precision: below the first it has no number but 0, above the second none but 1.
_LOWEST, _HIGHEST = 2.0**-25, 1 - 2.0**-12


@dataclass(frozen=True)
class LateFusion:
    """Each label's probability from the members' logits of it: σ(intercept + Σ weight · logit).

    Attributes:
        members: their names, in the order of the weights.
        labels: in the order of the label axis.
        intercept: ``(label,)``.
        weight: ``(label, member)``.
    """

    members: tuple[str, ...]
    labels: tuple[str, ...]
    intercept: np.ndarray
    weight: np.ndarray

    def fused(self, members: Mapping[str, Predictions]) -> Predictions:
        """Combine the members' predictions for the same records.

        Raises:
            BadInput: a member is missing or unknown, or they differ in split, records or labels.
        """
        if set(members) != set(self.members):
            raise BadInput(f"late fusion needs {', '.join(self.members)}, got {', '.join(members) or 'none'}")
        first = _same_records(members)
        if first.labels != self.labels:
            raise BadInput("late fusion was fitted on other labels than it is to combine")
        logits = _logits([members[name] for name in self.members])
        return _with(first, expit(self.intercept + (logits * self.weight).sum(axis=-1)))


def fit_late_fusion(members: Mapping[str, Predictions], config: LateFusionConfig) -> tuple[LateFusion, Predictions]:
    """Fit the weights on validation, and say what fusion gives each validation record without having seen its patient.

    A label's weights are those of a logistic regression on the members' logits; its penalty is the one of lowest
    cross-fitted log loss. For the second result all of this, the choice of the penalty too, is done without the
    patients that are scored.

    Args:
        members: by name, their predictions on validation.
        config: folds and penalties.

    Raises:
        LeakError: predictions are not of the validation split.
        BadInput: there are fewer than two members, or they differ in records or labels.
    """
    for each in members.values():
        require_validation(each, "a late fusion is")
    if len(members) < 2:
        raise BadInput(f"late fusion needs at least two members, got {', '.join(members) or 'none'}")
    first = _same_records(members)
    logits = _logits(list(members.values()))
    fold = _patient_folds(first.patient_id, config.folds, config.seed)
    weights, crossed = [], np.empty(first.probability.shape)
    for k in range(len(first.labels)):
        x, y = logits[:, k], first.truth[:, k].astype(bool)
        penalties = config.penalties if _patients_both_ways(y, first.patient_id) >= config.fewest_patients else ()
        weights.append(_fitted(x, y, fold, penalties))
        for out in range(config.folds):
            kept = fold != out
            crossed[~kept, k] = _probability(x[~kept], _fitted(x[kept], y[kept], fold[kept], penalties))
    stacked = np.stack(weights)
    return LateFusion(tuple(members), first.labels, stacked[:, 0], stacked[:, 1:]), _with(first, crossed)


def _fitted(x: np.ndarray, y: np.ndarray, fold: np.ndarray, penalties: Sequence[float]) -> np.ndarray:
    """Return intercept and weights ``(1 + member,)`` of one label, with the penalty that cross-fitting prefers.

    Args:
        x: logits ``(record, member)``.
        y: bool ``(record,)``.
        fold: ``(record,)``, between which penalties are compared.
        penalties: to choose from; none gives every member the same weight.
    """
    if not penalties:
        return _equal(x)
    losses = [log_loss(y, _crossed(x, y, fold, penalty), labels=[False, True]) for penalty in penalties]
    return _regression(x, y, penalties[int(np.argmin(losses))])


def _crossed(x: np.ndarray, y: np.ndarray, fold: np.ndarray, penalty: float) -> np.ndarray:
    probability = np.empty(len(y))
    for out in np.unique(fold):
        kept = fold != out
        probability[~kept] = _probability(x[~kept], _regression(x[kept], y[kept], penalty))
    return probability


def _regression(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    if y.all() or not y.any():
        return _equal(x)
    model = LogisticRegression(C=1 / penalty, max_iter=1000).fit(x, y)
    return np.r_[model.intercept_, model.coef_[0]]


def _equal(x: np.ndarray) -> np.ndarray:
    members = x.shape[1]
    return np.r_[0.0, np.full(members, 1 / members)]


def _probability(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return expit(weights[0] + x @ weights[1:])


def _logits(members: Sequence[Predictions]) -> np.ndarray:
    """Return ``(record, label, member)``."""
    probabilities = np.stack([each.probability for each in members], axis=-1).astype(np.float64)
    return logit(probabilities.clip(_LOWEST, _HIGHEST))


def _patient_folds(patient_id: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Deal the patients out to folds at random; return the fold of each record, ``(record,)``."""
    patients, position = np.unique(patient_id, return_inverse=True)
    return np.random.default_rng(seed).permutation(len(patients))[position] % folds


def _patients_both_ways(y: np.ndarray, patient_id: np.ndarray) -> int:
    """Count the patients with the label and those without it; return the smaller number."""
    return min(len(np.unique(patient_id[y])), len(np.unique(patient_id[~y])))


def _same_records(members: Mapping[str, Predictions]) -> Predictions:
    """Return the first member's predictions; raise BadInput where another's are of other records or labels."""
    (name, first), *others = members.items()
    for other, each in others:
        same = each.split == first.split and each.labels == first.labels and np.array_equal(each.ecg_id, first.ecg_id)
        if not same:
            raise BadInput(
                f"late fusion: {name} and {other} differ in split, records or labels; they must score the same"
            )
    return first


def _with(predictions: Predictions, probability: np.ndarray) -> Predictions:
    return replace(predictions, probability=probability.astype(np.float32))
