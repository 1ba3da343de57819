"""Multi-label predictions as single-label ones, by a rule that is declared and the same in every run.

Some earlier systems gave each record one superclass, picked from those it holds by chance or by the order of a set.
Here the order is fixed, so that their scores have a counterpart. Every fourth record of PTB-XL holds several
superclasses, and of all but one of those the reduced scores say nothing.
"""

from collections.abc import Sequence

import numpy as np

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.predictions import Predictions

PRECEDENCE = ("MI", "STTC", "CD", "HYP", "NORM")
"""The superclasses in the order in which they are taken: infarction and what may be ischaemia first, normal last."""


def single_labels(predictions: Predictions, order: Sequence[str] = PRECEDENCE) -> tuple[np.ndarray, np.ndarray]:
    """Return the one label of each record and the one predicted, int ``(record,)`` each, as places in ``order``.

    A record's label is the first in ``order`` of those it holds; the predicted one has the highest probability, and of
    several that share it is the first.

    Raises:
        BadInput: ``order`` does not name the labels, each once, or a record holds none of them.
    """
    if sorted(order) != sorted(predictions.labels):
        raise BadInput(
            f"the order of reduction names {', '.join(order)}, but the labels are {', '.join(predictions.labels)}"
        )
    places = [predictions.labels.index(label) for label in order]
    truth = predictions.truth[:, places].astype(bool)
    if not truth.any(axis=1).all():
        none = predictions.ecg_id[~truth.any(axis=1)]
        raise BadInput(f"ecg_id {none[0]} holds no label to be reduced to ({len(none)} such records)")
    return truth.argmax(axis=1), predictions.probability[:, places].argmax(axis=1)


def single_label_counts(predictions: Predictions, order: Sequence[str] = PRECEDENCE) -> np.ndarray:
    """Return the confusion matrix of the reduced labels, int ``(true, predicted)``, both axes in ``order``."""
    true, predicted = single_labels(predictions, order)
    counts = np.bincount(true * len(order) + predicted, minlength=len(order) ** 2)
    return counts.reshape(len(order), len(order))


def single_label_scores(counts: np.ndarray) -> dict[str, float]:
    """Return accuracy and macro F1 of a confusion matrix ``(true, predicted)``.

    As in scikit-learn, macro F1 averages over the labels that are true or predicted of any record.
    """
    hits, sides = np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1)
    return {
        "accuracy": float(hits.sum() / counts.sum()),
        "macro_f1": float((2 * hits[sides > 0] / sides[sides > 0]).mean()),
    }
