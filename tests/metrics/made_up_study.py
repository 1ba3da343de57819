"""Two arms with a known difference: scores whose spread over patients and over trainings is planted, part by part.

Each label is a repetition of the whole study: its own patients' traits, its own trainings, its own truth.
"""

from dataclasses import dataclass

import numpy as np

from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.study_comparison import SeededArm


@dataclass(frozen=True)
class Planted:
    """Standard deviations of what is added to a score; a patient's own trait, the same for all, has 1.

    Attributes:
        training: of an arm's and seed's skill, the distance between records with and without the label.
        taste: of what an arm thinks of a patient and record, the same for all its seeds.
        noise: of what one training thinks of one record.
    """

    training: float
    taste: float
    noise: float

    def auc(self, skill):
        """E Φ((skill + training) / σ) with σ² the variance of the difference of two records' scores."""
        from scipy.stats import norm

        return norm.cdf(skill / np.sqrt(2 * (1 + self.taste**2 + self.noise**2) + self.training**2))


PATIENTS = Planted(training=0.0, taste=0.6, noise=0.05)
BALANCED = Planted(training=0.12, taste=0.4, noise=0.4)
TRAINING = Planted(training=0.2, taste=0.1, noise=0.1)
MIXED = Planted(training=0.15, taste=0.1, noise=0.5)
ONLY_NOISE = Planted(training=0.0, taste=0.0, noise=0.7)
SKILL, GAIN = 1.6, 0.3


def planted_arms(planted, seeds, repetitions, seed, *, patients=300, positives=40, gain=GAIN, skill=SKILL):
    """A reference and an arm of a higher skill; two records a patient, ``positives`` of the patients have a label."""
    generator = np.random.default_rng(seed)
    owner = np.arange(2 * patients) // 2
    truth = generator.permuted(np.tile(np.arange(patients) < positives, (repetitions, 1)), axis=1).T[owner]
    trait = _half_the_patients(generator, owner, repetitions)
    names = tuple(f"R{k}" for k in range(repetitions))
    arms = []
    for advantage in (0.0, gain):
        taste = trait + planted.taste * _half_the_patients(generator, owner, repetitions)
        found = []
        for _ in range(seeds):
            learned = skill + advantage + planted.training * generator.normal(size=repetitions)
            score = learned * truth + taste + planted.noise * generator.normal(size=truth.shape)
            probability = (1 / (1 + np.exp(-score))).astype(np.float32)
            found.append(Predictions("test", np.arange(len(owner)), owner, names, truth, probability))
        limits = (dict.fromkeys(names, 0.85),) * seeds
        arms.append(SeededArm(tuple(range(seeds)), tuple(found), limits))
    return arms


def _half_the_patients(generator, owner, repetitions):
    """Of variance 1, one half shared by a patient's records."""
    patient = generator.normal(size=(owner.max() + 1, repetitions))[owner]
    return np.sqrt(0.5) * (patient + generator.normal(size=patient.shape))
