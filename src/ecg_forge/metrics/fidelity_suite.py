"""Every figure of fidelity beside the same figure of real records: how near is near, is what real records say.

Both columns of a table compare records with the training records: the synthetic ones, and those of fold 9 that no model
learned from. A generator is as good as can be measured where the two columns agree. The mix of statements should be
alike in all three sets, or it is the mix that is measured; tables per statement do not depend on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecg_forge.ecg.delineation import INTERVALS, beat_intervals
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.intervals import rhythm_features
from ecg_forge.ecg.leads import LEADS
from ecg_forge.metrics.agreement import agreement, common_labels
from ecg_forge.metrics.classification import macro
from ecg_forge.metrics.coverage import neighbourhoods
from ecg_forge.metrics.feature_distance import frechet_distance, kernel_distance, spread
from ecg_forge.metrics.fidelity import lead_agreement, log_spectrum_distance, wasserstein
from ecg_forge.metrics.fidelity_config import FidelityConfig
from ecg_forge.metrics.memorisation import correlation_summary
from ecg_forge.metrics.real_or_synthetic import band_powers, told_apart_auc

MEASURED = ("heart_rate_bpm", "rr_variation", *INTERVALS, "amplitude_mv")


@dataclass(frozen=True)
class Meaning:
    """What a figure is: in words, its unit, and which values are good."""

    title: str
    unit: str
    better: str


FIGURES: Mapping[str, Meaning] = {
    "frechet_distance": Meaning("Fréchet distance of features", "", "lower"),
    "kernel_distance": Meaning("Kernel distance of features (MMD²)", "", "lower"),
    "precision": Meaning("Precision: inside the real neighbourhoods", "", "higher"),
    "recall": Meaning("Recall: real ones inside theirs", "", "higher"),
    "density": Meaning("Density", "", "near 1"),
    "coverage": Meaning("Coverage: real neighbourhoods reached", "", "higher"),
    "told_apart_auc": Meaning("Told from training records, AUC", "", "near 0.5"),
    "diversity_ratio": Meaning("Diversity: spread of features / real", "", "near 1"),
    "amplitude_ratio": Meaning("Amplitude / real, geometric mean of leads", "", "near 1"),
    "log_spectrum_distance": Meaning("Distance of spectra, mean of leads", "dB", "lower"),
    "lead_correlation_error": Meaning("Error of inter-lead correlations", "", "lower"),
    "heart_rate_bpm": Meaning("Heart rate, Wasserstein distance", "/min", "lower"),
    "rr_variation": Meaning("Variation of RR, Wasserstein distance", "of mean", "lower"),
    "pr_ms": Meaning("PR, Wasserstein distance", "ms", "lower"),
    "qrs_ms": Meaning("QRS, Wasserstein distance", "ms", "lower"),
    "qt_ms": Meaning("QT, Wasserstein distance", "ms", "lower"),
    "qtc_ms": Meaning("QTc, Wasserstein distance", "ms", "lower"),
    "amplitude_mv": Meaning("Largest peak-to-peak, Wasserstein distance", "mV", "lower"),
    "with_pr": Meaning("Records with a measurable PR", "share", "as real"),
    "with_qt": Meaning("Records with a measurable QT", "share", "as real"),
    "agreement_auc": Meaning("Labels recovered by the classifier, macro AUC", "", "higher"),
    "agreement_ap": Meaning("Labels recovered by the classifier, macro AP", "", "higher"),
    "closest_correlation": Meaning("Correlation with the closest training record, median", "", "as real"),
    "highest_correlation": Meaning("Correlation with the closest training record, highest", "", "as real"),
    "above_99_percent": Meaning("Closer to training than 99 % of held-out records", "share", "near 0.01"),
}
"""Figures of the overall table, in its order."""


@dataclass(frozen=True)
class RecordSet:
    """Records and what is known of them, row by row.

    Attributes:
        signals_mv: mV ``(record, 12, sample)`` in ``LEADS`` order.
        labels: bool ``(record, statement)``, indexed by ecg_id: annotated, or asked for.
        features: ``(record, feature)`` of the classifier, as ``training.classifier.embed`` gives them.
        probabilities: ``(record, label)`` of the classifier.
        measured: columns ``MEASURED``, as :func:`measure` gives them.

    Raises:
        BadInput: the parts are not of the same records, a column is missing, or the signals do not have 12 leads.
    """

    signals_mv: np.ndarray
    labels: pd.DataFrame
    features: np.ndarray
    probabilities: pd.DataFrame
    measured: pd.DataFrame

    def __post_init__(self) -> None:
        if self.signals_mv.ndim != 3 or self.signals_mv.shape[1] != len(LEADS):
            raise BadInput(f"signals must be (record, {len(LEADS)}, sample), got {self.signals_mv.shape}")
        sizes = {name: len(part) for name, part in vars(self).items()}
        if len(set(sizes.values())) != 1:
            raise BadInput(f"all parts of a record set must be of the same records, got {sizes}")
        if missing := [name for name in MEASURED if name not in self.measured]:
            raise BadInput(f"measured lacks {', '.join(missing)}; take it from measure()")

    def __len__(self) -> int:
        return len(self.signals_mv)

    def take(self, rows: np.ndarray) -> "RecordSet":
        """Return these rows, given as positions or as bool ``(record,)``."""
        return RecordSet(
            self.signals_mv[rows],
            self.labels.iloc[rows],
            self.features[rows],
            self.probabilities.iloc[rows],
            self.measured.iloc[rows],
        )


def measure(signals_mv: np.ndarray, fs: int) -> pd.DataFrame:
    """Measure rhythm, amplitude and intervals of ``(record, 12, sample)`` in mV, one row per record."""
    return rhythm_features(signals_mv, fs).join(beat_intervals(signals_mv, fs))


def drawn(records: int, most: int, seed: int) -> np.ndarray:
    """Draw at most ``most`` of ``records`` rows without replacement, in rising order."""
    if records <= most:
        return np.arange(records)
    return np.sort(np.random.default_rng(seed).choice(records, most, replace=False))


def fidelity_table(
    synthetic: RecordSet, heldout: RecordSet, training: RecordSet, fs: int, config: FidelityConfig
) -> pd.DataFrame:
    """Compare synthetic and held-out records with training records, figure by figure.

    Args:
        synthetic: the synthetic records, with the labels they were asked for.
        heldout: real records of fold 9.
        training: real records that the generator learned from.
        fs: sampling rate of all in Hz.
        config: how many records, and how.

    Returns:
        index figure, in the order of ``FIGURES``; columns title, synthetic, real, unit and better. Both columns are of
        equally many records, but for the recovered labels, which are scored on all. NaN where a figure cannot be
        computed.

    Raises:
        BadInput: a set holds no more records than the neighbours looked for, or has other features than the others.
    """
    size = min(len(synthetic), len(heldout), config.records)
    reference = training.take(drawn(len(training), config.records, config.seed))
    labels = [
        label
        for label in common_labels([synthetic.labels, heldout.labels], config.fewest_of_statement)
        if label in synthetic.probabilities
    ]
    columns = {}
    for name, records in (("synthetic", synthetic), ("real", heldout)):
        figures = _figures(records.take(drawn(len(records), size, config.seed)), reference, fs, config)
        scores = agreement(records.labels, records.probabilities, labels)
        figures |= {"agreement_auc": macro(scores["auc"].to_numpy()), "agreement_ap": macro(scores["ap"].to_numpy())}
        columns[name] = figures
    return _table(columns)


def memorisation_rows(synthetic: np.ndarray, heldout: np.ndarray) -> pd.DataFrame:
    """Return the rows of memorisation, to be put below those of :func:`fidelity_table`.

    Args:
        synthetic: correlation of each synthetic record with its closest training record, ``(record,)``.
        heldout: the same of the records of fold 9, ``(record,)``.
    """
    summary = correlation_summary(synthetic, heldout)
    columns = {
        side: {
            "closest_correlation": float(summary[f"{name}_median"]),
            "highest_correlation": float(summary[f"{name}_highest"]),
        }
        for side, name in (("synthetic", "synthetic"), ("real", "heldout"))
    }
    columns["synthetic"]["above_99_percent"] = float(summary["share_above_99_percent"])
    columns["real"]["above_99_percent"] = 0.01  # by definition
    return _table(columns)


def statement_table(
    synthetic: RecordSet, heldout: RecordSet, training: RecordSet, config: FidelityConfig
) -> pd.DataFrame:
    """Compare the records of each statement with the training records of the same statement.

    Args:
        synthetic: the synthetic records, with the labels they were asked for.
        heldout: real records of fold 9.
        training: real records that the generator learned from.
        config: which statements have a row, and how many records are compared.

    Returns:
        index label, most synthetic records first. ``n``; ``kernel_distance`` and ``diversity_ratio`` to the training
        records, ``heart_rate_bpm``, ``rr_variation``, ``pr_ms`` and ``qrs_ms``, medians, each also as ``<name>_real``:
        the distances those of fold 9, the medians those of the training records; ``auc`` and ``auc_real``, how well the
        classifier tells records of the statement from the set's others. The diversity ratio is that of the spreads, the
        root of the total variance of the classifier's features over records: 1 is right, 0 makes one ECG again and
        again.
    """
    rows = {}
    for label in common_labels([synthetic.labels, training.labels], config.fewest_of_statement):
        sets = [_holders(records, label, config) for records in (synthetic, heldout, training)]
        rows[label] = {"n": int(synthetic.labels[label].sum()), **_of_statement(*sets)}
        for name, records in (("auc", synthetic), ("auc_real", heldout)):
            scored = label in records.probabilities and label in records.labels
            rows[label][name] = _auc(records, label) if scored else np.nan
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("label")
    return table if table.empty else table.sort_values("n", ascending=False, kind="stable")


def _figures(records: RecordSet, reference: RecordSet, fs: int, config: FidelityConfig) -> dict[str, float]:
    amplitude, correlation = lead_agreement(reference.signals_mv, records.signals_mv)
    signals = reference.signals_mv, records.signals_mv
    features = reference.features, records.features
    told = [_to_tell(side, fs) for side in (reference, records)]
    return {
        "frechet_distance": frechet_distance(*features),
        "kernel_distance": kernel_distance(*features),
        **neighbourhoods(*features, k=config.neighbours),
        "told_apart_auc": told_apart_auc(told[0], told[1], config.folds, config.seed),
        "diversity_ratio": spread(records.features) / spread(reference.features),
        "amplitude_ratio": float(np.exp(np.mean(np.log(amplitude)))) if (amplitude > 0).all() else np.nan,
        "log_spectrum_distance": float(np.mean(log_spectrum_distance(*signals, fs))),
        "lead_correlation_error": correlation,
        **{name: wasserstein(reference.measured[name], records.measured[name]) for name in MEASURED},
        "with_pr": float(records.measured["pr_ms"].notna().mean()),
        "with_qt": float(records.measured["qt_ms"].notna().mean()),
    }


def _to_tell(records: RecordSet, fs: int) -> np.ndarray:
    """Return what the classifier of real or synthetic looks at, ``(record, feature)``."""
    measured = records.measured[list(MEASURED)].to_numpy(np.float64)
    return np.concatenate([records.features, measured, band_powers(records.signals_mv, fs).to_numpy()], axis=1)


def _holders(records: RecordSet, label: str, config: FidelityConfig) -> RecordSet:
    holders = np.flatnonzero(records.labels[label]) if label in records.labels else np.arange(0)
    return records.take(holders[drawn(len(holders), config.records, config.seed)])


def _of_statement(synthetic: RecordSet, heldout: RecordSet, training: RecordSet) -> dict[str, float]:
    row: dict[str, float] = {}
    for suffix, records in (("", synthetic), ("_real", heldout)):
        enough = len(records) >= 2
        distance = kernel_distance(training.features, records.features) if enough else np.nan
        row[f"kernel_distance{suffix}"] = distance
        row[f"diversity_ratio{suffix}"] = spread(records.features) / spread(training.features)
    for name in ("heart_rate_bpm", "rr_variation", "pr_ms", "qrs_ms"):
        row[name], row[f"{name}_real"] = (side.measured[name].dropna().median() for side in (synthetic, training))
    return row


def _auc(records: RecordSet, label: str) -> float:
    return float(agreement(records.labels, records.probabilities, [label])["auc"].iloc[0])


def _table(columns: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    names = [name for name in FIGURES if name in columns["synthetic"]]
    return pd.DataFrame(
        {
            "title": [FIGURES[name].title for name in names],
            "synthetic": [columns["synthetic"][name] for name in names],
            "real": [columns["real"][name] for name in names],
            "unit": [FIGURES[name].unit for name in names],
            "better": [FIGURES[name].better for name in names],
        },
        index=pd.Index(names, name="figure"),
    )
