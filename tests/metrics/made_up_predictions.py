"""Made-up predictions for the tests of the scores."""

import numpy as np

from ecg_forge.metrics.predictions import Predictions


def made_up(split="test", records=240, labels=5, seed=0, skill=2.0, absent=True):
    """Calibrated logits of a known skill, two records a patient; the last label is absent unless asked for."""
    generator = np.random.default_rng(seed)
    logits = np.linspace(-3, 0, labels) + skill * generator.normal(size=(records, labels))
    probability = 1 / (1 + np.exp(-logits))
    truth = generator.random((records, labels)) < probability
    if absent:
        truth[:, -1] = False
    ids = np.arange(records) + 1
    names = tuple(f"L{k}" for k in range(labels))
    return Predictions(split, ids, ids // 2, names, truth, probability.astype(np.float32))


def by_hand(truth, probability, split="val"):
    """One record per row and patient, labels A, B, …"""
    truth, probability = np.array(truth), np.array(probability, dtype=np.float32)
    ids = np.arange(len(truth))
    return Predictions(split, ids, ids, tuple("ABCDEFGH"[: truth.shape[1]]), truth, probability)


def limits(predictions):
    """The threshold 0.4 for every label."""
    return dict.fromkeys(predictions.labels, 0.4)
