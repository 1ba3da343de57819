"""How certain is a mean over training seeds that were all scored on the same patients? Both vary, so both are counted.

Seeds are to arms what readers are to imaging systems: few, drawn at random, and each sees all patients. The variance is
therefore that of multi-reader multi-case studies. The paired difference of seed s is dₛ = Δ + (training of s) +
(patients drawn), and the variance of its mean over S seeds is estimated as

    MS / S + C,    MS = variance of the dₛ over seeds, C = covariance of dₛ and dₛ′ over resamples of the patients

(Obuchowski & Rockette 1995, Commun. Stat. B 24:285; for two arms their model is that of the differences). MS has S − 1
degrees of freedom and C has P − 1, of P patients who have the label, by which a bootstrap's C is also too small:
it is multiplied by P / (P − 1). A sum of two such variances is the problem of Behrens and Fisher, and both of its usual
answers serve, each where it errs least:

- *Intervals* take Student's t with the degrees of freedom of such studies (Hillis 2007, Stat. Med. 26:596), which are
  Satterthwaite's, and are never narrower than those of the patients alone, these trainings given: the MS of three seeds
  is now and then close to 0 by luck, and no number of seeds makes up for the patients there are.
- *Tests* look further out, by Holm's correction at p of 0.001, where that p is up to 15 times too small with three
  seeds. They take the mean of both Student's t, weighed by MS / S and C (Cochran 1964, Biometrics 20:191), whose p is
  at most twice too small there, and too large at 0.05: an interval may leave out 0 where p is a little above 0.05.
"""

from dataclasses import dataclass

import numpy as np

SMALLEST_P = 1e-12
"""Where the search for p stops; no correction asks for less."""


@dataclass(frozen=True)
class Spread:
    """Where the uncertainty of a mean over seeds comes from: variances ``(row,)``, NaN where a row has no value.

    Attributes:
        training: from training and from the interplay of training and patients, MS / S.
        patients: from the patients, whatever the training, C.
        same_trainings: from the patients, if only these trainings are of interest.
        seeds: how many.
        patients_df: degrees of freedom of the patients' variances, ``(row,)``; infinite where none varies.
    """

    training: np.ndarray
    patients: np.ndarray
    same_trainings: np.ndarray
    seeds: int
    patients_df: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, samples: np.ndarray, members: np.ndarray, positives: np.ndarray) -> "Spread":
        """Split the variance as the head of this file says.

        The degrees of freedom of a macro row follow from those of its labels (Satterthwaite), each weighed by its own
        variance, as if they were of different patients.

        Args:
            values: of each seed, ``(seed, row)``, two seeds or more; the single labels come first, in order.
            samples: the same in every resample, ``(seed, resample, row)``; NaN for a resample without the label.
            members: bool ``(row, label)``, the labels that each row averages.
            positives: patients who have each label, ``(label,)``.
        """
        seeds, labels = len(values), members.shape[1]
        of_mean = _variance(samples.mean(axis=0))
        of_each = np.mean([_variance(each) for each in samples], axis=0)
        # Var(mean) = (variance + (S − 1) · covariance) / S
        covariance = np.maximum((seeds * of_mean - of_each) / (seeds - 1), 0.0)
        weights = members * np.nan_to_num(of_mean[:labels])
        weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        of_label = 1 / np.maximum(positives - 1, 1)
        correction = 1 + weights @ of_label
        with np.errstate(divide="ignore"):
            patients_df = 1 / (weights**2 @ of_label)
        training = values.var(axis=0, ddof=1) / seeds
        return cls(training, covariance * correction, of_mean * correction, seeds, patients_df)

    @property
    def standard_error(self) -> np.ndarray:
        """Of the mean, over trainings and patients, ``(row,)``."""
        return np.sqrt(self.training + self.patients)

    def half_width(self, alpha: float) -> np.ndarray:
        """Return how far the interval of level 1 − alpha reaches on either side of the mean, ``(row,)``."""
        from scipy.stats import t

        variance = self.training + self.patients
        squares = self.training**2 / (self.seeds - 1) + self.patients**2 / self.patients_df
        df = np.divide(variance**2, squares, out=np.full_like(variance, np.inf), where=squares > 0)
        return np.maximum(t.isf(alpha / 2, df) * np.sqrt(variance), self._of_patients_alone(np.asarray(alpha)))

    def shown_beyond(self, alpha: float | np.ndarray) -> np.ndarray:
        """Return how far from 0 the mean must be for p to be below alpha, ``(row,)``."""
        from scipy.stats import t

        alpha, variance = np.asarray(alpha), self.training + self.patients
        of_training, of_patients = t.isf(alpha / 2, self.seeds - 1), t.isf(alpha / 2, self.patients_df)
        weighed = self.training * of_training + self.patients * of_patients
        both = np.divide(weighed, np.sqrt(variance), out=np.copy(variance), where=variance > 0)
        return np.maximum(both, self._of_patients_alone(alpha))

    def p(self, mean: np.ndarray) -> np.ndarray:
        """Return the two-sided p of "the mean is 0", ``(row,)``.

        At least ``SMALLEST_P``. Unknown, NaN, where nothing varies: no resample can say how sure the mean is.
        """
        low, high = np.full(mean.shape, np.log(SMALLEST_P)), np.zeros(mean.shape)
        for _ in range(50):
            middle = (low + high) / 2
            hidden = self.shown_beyond(np.exp(middle)) >= np.abs(mean)
            low, high = np.where(hidden, middle, low), np.where(hidden, high, middle)
        return np.where(self.training + self.same_trainings > 0, np.exp(low), np.nan)

    def _of_patients_alone(self, alpha: np.ndarray) -> np.ndarray:
        from scipy.stats import t

        return t.isf(alpha / 2, self.patients_df) * np.sqrt(self.same_trainings)


def _variance(samples: np.ndarray) -> np.ndarray:
    """Return the variance over ``(resample, row)`` of those that are not NaN, ``(row,)``; NaN where fewer than two."""
    known = ~np.isnan(samples)
    count = known.sum(axis=0)
    mean = np.where(known, samples, 0.0).sum(axis=0) / np.maximum(count, 1)
    squares = (np.where(known, samples - mean, 0.0) ** 2).sum(axis=0)
    return np.where(count > 1, squares / np.maximum(count - 1, 1), np.nan)
