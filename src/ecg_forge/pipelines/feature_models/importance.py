"""What features are worth to the models, summed over leads and over kinds, since neighbours share what they say."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from ecg_forge.ecg.leads import LEADS
from ecg_forge.metrics.classification import auc, macro
from ecg_forge.pipelines.feature_models.trees import Examples, Fitted

ALL_LEADS = "all leads"


def importance_table(
    fitted: Mapping[str, Fitted], validation: Examples, names: Sequence[str], most_records: int, seed: int
) -> pd.DataFrame:
    """Say what each kind of feature, in all leads together, and each lead, with all its features, is worth.

    Args:
        fitted: ``random_forest`` and ``gradient_boosting``.
        validation: validation records.
        names: of the features.
        most_records: of the validation records, drawn at random, in which features are shuffled.
        seed: of the draw and the shuffling.

    Returns:
        columns by (feature, lead), name, n_features; ``random_forest``, the share of the impurity that splits on these
        features took away (the mean over labels is in the impurity); ``gradient_boosting``, by how much macro AUC falls
        when they are shuffled together among the records; the worthiest for the forest first.
    """
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(len(validation.features))[:most_records]
    sample = Examples(validation.features[drawn], validation.truth[drawn])
    impurity, boosting = fitted["random_forest"].impurity, fitted["gradient_boosting"]
    assert impurity is not None
    whole = _score(boosting, sample, sample.features)
    rows = []
    for (by, name), columns in _groups(names):
        shuffled = sample.features.copy()
        shuffled[:, columns] = sample.features[rng.permutation(len(drawn))][:, columns]
        worth = round(float(impurity[columns].sum()), 6), round(whole - _score(boosting, sample, shuffled), 6)
        rows.append((by, name, len(columns), *worth))
    table = pd.DataFrame(rows, columns=["by", "name", "n_features", "random_forest", "gradient_boosting"])
    return table.sort_values(["by", "random_forest"], ascending=[True, False], ignore_index=True, kind="stable")


def _groups(names: Sequence[str]) -> Iterable[tuple[tuple[str, str], list[int]]]:
    """Return the columns of each kind of feature and of each lead."""
    groups: dict[tuple[str, str], list[int]] = {}
    for column, name in enumerate(names):
        lead, _, kind = name.partition("_")
        known = lead in LEADS
        groups.setdefault(("feature", kind if known else name), []).append(column)
        groups.setdefault(("lead", lead if known else ALL_LEADS), []).append(column)
    return groups.items()


def _score(model: Fitted, sample: Examples, features: np.ndarray) -> float:
    return macro(auc(sample.truth, model.probabilities(features)))
