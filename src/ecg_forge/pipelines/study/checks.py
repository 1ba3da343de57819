"""What became of the study's synthetic records: how many were rejected and why, and how diverse the others are."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.splits import records_of
from ecg_forge.metrics.feature_distance import spread
from ecg_forge.metrics.fidelity_config import FidelityConfig
from ecg_forge.metrics.fidelity_suite import drawn
from ecg_forge.metrics.synthetic_checks import not_finite

ACCEPTED = "accepted"


def tabulate_checks(plan: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """Count what the checks said, for each kind of plan, share of the patients and target.

    Returns:
        columns kind, share, target, reason (``accepted`` for those that passed) and count, the most frequent first. A
        record counts once, so the counts of a target add up to its records; one with several reasons has them joined.
    """
    judged = plan[["kind", "share", "target"]].join(verdicts)
    judged["reason"] = judged["reason"].mask(judged["accepted"], ACCEPTED)
    return judged.groupby(["kind", "share", "target"], sort=False)["reason"].value_counts().reset_index()


def measure_diversity(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    signals: Signals,
    plan: pd.DataFrame,
    verdicts: pd.DataFrame,
    synthetic_signals: Signals,
    classifier_weights: dict[str, Any],
    config: FidelityConfig,
) -> pd.DataFrame:
    """Do the checks leave as many different ECGs of a target as there are, or one again and again?

    The spread is that of the diversity ratio in the fidelity suite, ``metrics.feature_distance.spread`` of the
    classifier's features. Compared are the training records that hold the target and the synthetic records with real
    label sets, those for the largest share of the patients, at most ``config.records`` of each.

    Returns:
        one row per target: target, accepted and rejected (how many), spread_real, spread_accepted and spread_rejected;
        NaN of fewer than two records. A record with a sample that has no value is rejected but has no features.
    """
    real_sets = plan[plan["kind"] == "real_sets"]
    asked = real_sets[real_sets["share"] == real_sets["share"].max()].join(verdicts["accepted"])
    finite = synthetic_signals.ecg_id[~not_finite(synthetic_signals)]
    train = records_of(records, "train")
    sets = {
        str(target): {
            "real": _drawn(train.index[labels.loc[train.index, str(target)]], config),
            **{name: _drawn(ids.intersection(finite), config) for name, ids in _by_verdict(group)},
        }
        for target, group in asked.groupby("target", sort=False)
    }
    features = pd.concat(
        [
            _features(train, signals, classifier_weights, [each["real"] for each in sets.values()]),
            _features(
                asked,
                synthetic_signals,
                classifier_weights,
                [each[name] for each in sets.values() for name in ("accepted", "rejected")],
            ),
        ]
    )
    return pd.DataFrame(
        {
            "target": target,
            **{name: len(ids) for name, ids in _by_verdict(asked[asked["target"] == target])},
            **{f"spread_{name}": spread(features.loc[ids].to_numpy()) for name, ids in each.items()},
        }
        for target, each in sets.items()
    )


def _by_verdict(asked: pd.DataFrame) -> Iterator[tuple[str, pd.Index]]:
    accepted = asked["accepted"].astype(bool)
    yield "accepted", asked.index[accepted]
    yield "rejected", asked.index[~accepted]


def _drawn(ecg_ids: pd.Index, config: FidelityConfig) -> np.ndarray:
    return ecg_ids.to_numpy()[drawn(len(ecg_ids), config.records, config.seed)]


def _features(
    people: pd.DataFrame, signals: Signals, weights: dict[str, Any], wanted: list[np.ndarray]
) -> pd.DataFrame:
    """Return the classifier's features of these records, each embedded once though it holds several targets."""
    from ecg_forge.training.classifier import embed
    from ecg_forge.training.data import SignalPools

    chosen = people.loc[np.unique(np.concatenate(wanted))]
    return embed(weights, SignalPools([signals], chosen.index.to_numpy()), chosen)[0]
