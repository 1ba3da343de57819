"""A classifier of statements is scored on superclasses by its most probable statement."""

import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.labels import label_matrix
from ecg_forge.metrics.config import EvaluationConfig
from ecg_forge.metrics.transfer import transfer_scores

TEXTS = ["{'NORM': 100}", "{'IMI': 100}", "{'ASMI': 100}", "{'NORM': 100, 'IMI': 50}", "{'SR': 0}", "{'LVH': 100}"]


def scored(right: float) -> pd.DataFrame:
    """Six records of each split, each of its own patient; a probability of ``right`` where the statement is there."""
    texts = [*TEXTS, *TEXTS, *TEXTS]
    index = pd.RangeIndex(1, len(texts) + 1, name="ecg_id")
    labels = label_matrix(pd.Series(texts, index=index))
    split = np.repeat(["train", "val", "test"], len(TEXTS))
    records = pd.DataFrame({"patient_id": index.to_numpy(), "split": split}, index=index)
    noise = np.random.default_rng(0).uniform(0.4, 0.6, labels.shape)
    given = pd.DataFrame(np.where(labels, right, noise), index=index, columns=labels.columns).astype("float32")
    given.insert(0, "split", split)
    return transfer_scores(given[given["split"] != "train"], labels, records, EvaluationConfig(resamples=20))


def test_a_classifier_that_finds_every_statement_finds_every_superclass() -> None:
    scores = scored(right=0.9)
    assert scores.index.tolist() == ["all", "superclass"]
    assert scores["auc"].tolist() == pytest.approx([1, 1])
    assert scores["ap"].tolist() == pytest.approx([1, 1])
    assert scores.loc["superclass", "n_labels"] == 3  # NORM, MI and HYP are there; CD and STTC are not


def test_a_classifier_that_finds_the_opposite_is_below_chance() -> None:
    scores = scored(right=0.1)
    assert scores.loc["all", "auc"] == pytest.approx(0)
    assert scores.loc["superclass", "auc"] < 0.5
