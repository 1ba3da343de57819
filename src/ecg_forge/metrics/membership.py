"""Do synthetic records give away who was in the training set? Three measures, and limits above which a run stops.

All are blind to what the distance is blind to; ``memorisation`` says what that is. Held-out records are real ones that
the generator never saw. They should come from the same population: where they differ in other ways, such as cleaner
recordings, members and non-members can be told apart without any memory.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.metrics.bootstrap import interval, patient_weights
from ecg_forge.metrics.classification import auc, resampled_auc_ap

WITHOUT_MEMORY: Mapping[str, float] = {
    "membership_auc": 0.5,
    "members_below_1_percent": 0.01,
    "nearer_to_train": 0.5,
    "low_ratio_share": 0.05,
    "share_below_5_percent": 0.05,
}
"""What each figure is expected to be of a generator that remembers no record; all rise with memory."""


@dataclass(frozen=True)
class PrivacyLimits:
    """The largest figures with which synthetic records may still be used and given away.

    Attributes:
        membership_auc: of :func:`membership_inference`.
        members_below_1_percent: likewise.
        nearer_to_train: of :func:`train_or_heldout`.
        low_ratio_share: of :func:`neighbour_ratios`.
        share_below_5_percent: of ``memorisation.memorisation``.
    """

    membership_auc: float = 0.55
    members_below_1_percent: float = 0.03
    nearer_to_train: float = 0.6
    low_ratio_share: float = 0.1
    share_below_5_percent: float = 0.1

    def __post_init__(self) -> None:
        for name, limit in asdict(self).items():
            if not WITHOUT_MEMORY[name] <= limit <= 1:
                raise BadInput(
                    f"privacy.limits.{name} is {limit}; give {WITHOUT_MEMORY[name]}, that of no memory, to 1"
                )


def blocked(figures: Mapping[str, float], limits: PrivacyLimits) -> list[str]:
    """Return a sentence for each limit that is exceeded; an empty list lets the run go on.

    Args:
        figures: the measures below together; others are not looked at.
        limits: the largest that are allowed.

    Raises:
        BadInput: a figure that has a limit is missing or not finite.
    """
    reasons = []
    for name, limit in asdict(limits).items():
        if not np.isfinite(figures.get(name, np.nan)):
            raise BadInput(f"there is no figure {name} to hold against its limit; measure it first")
        if figures[name] > limit:
            expected = WITHOUT_MEMORY[name]
            reasons.append(f"{name} is {figures[name]:.3g}, above its limit {limit:g} ({expected:g} without memory)")
    return reasons


def membership_inference(
    members: np.ndarray,
    member_patients: np.ndarray,
    heldout: np.ndarray,
    heldout_patients: np.ndarray,
    *,
    resamples: int,
    seed: int,
) -> dict[str, float | int]:
    """Attack: who lies near a synthetic record was trained on (distance attack, Chen et al. 2020, arXiv:1909.03935).

    The mean over all records can hide a few that are remembered, so the share of members that the attack finds while
    wrong about 1 % of the others stands beside the AUC (Carlini et al. 2022, arXiv:2112.03570).

    Args:
        members: distance of each training record to the nearest synthetic record, mV ``(record,)``.
        member_patients: their patients, ``(record,)``.
        heldout: the same of the held-out records.
        heldout_patients: their patients.
        resamples: of the patients, for the interval.
        seed: of the resamples.

    Returns:
        JSON-able dict: ``n_members``, ``n_heldout``, ``membership_auc`` with ``_low`` and ``_high`` (95 %, over
        patients), ``members_below_1_percent``, the share of members nearer than the 1 % quantile of the held-out.

    Raises:
        BadInput: a set is empty, lengths differ or a distance is not finite.
        LeakError: a patient stands on both sides.
    """
    for name, distance, patients in (
        ("members", members, member_patients),
        ("heldout", heldout, heldout_patients),
    ):
        _check_distances(name, distance)
        if len(patients) != len(distance):
            raise BadInput(f"{len(distance)} distances of {name} but {len(patients)} patients; give one for each")
    both = np.intersect1d(member_patients, heldout_patients)
    if len(both):
        raise LeakError(f"patient {both[0]} has records among members and held-out ({len(both)} such patients)")
    # AUC does not care which side is called positive; the smaller one makes it quicker.
    truth = np.repeat([False, True], [len(members), len(heldout)])[:, None]
    distance = np.concatenate([members, heldout])[:, None]
    weights = patient_weights(np.concatenate([member_patients, heldout_patients]), resamples, seed)
    low, high = interval(resampled_auc_ap(truth, distance, weights)[0][:, 0])
    return {
        "n_members": len(members),
        "n_heldout": len(heldout),
        "membership_auc": float(auc(truth, distance)[0]),
        "membership_auc_low": float(low),
        "membership_auc_high": float(high),
        "members_below_1_percent": float(np.mean(members < np.quantile(heldout, 0.01))),
    }


def train_or_heldout(to_train: np.ndarray, to_heldout: np.ndarray) -> dict[str, float | int]:
    """Are synthetic records nearer to the training records than to as many held-out ones?

    Without memory each is equally likely the nearer (Platzer & Reutterer 2021, Front. Big Data 4:679939). Draw as many
    training records as there are held-out ones before measuring: the nearest of more records is nearer by chance.

    Args:
        to_train: distance of each synthetic record to the nearest of these training records, mV ``(record,)``.
        to_heldout: the same to the held-out records, of the same synthetic records in the same order.

    Returns:
        JSON-able dict: ``n_synthetic``, ``train_over_heldout`` (ratio of the medians; 1 without memory),
        ``nearer_to_train`` (share of synthetic records; ties count one half).

    Raises:
        BadInput: there is no record, lengths differ, a distance is not finite, or the held-out median is 0.
    """
    _check_distances("to_train", to_train)
    _check_distances("to_heldout", to_heldout)
    if len(to_train) != len(to_heldout):
        raise BadInput(
            f"{len(to_train)} distances to training, {len(to_heldout)} to held-out; give both of each record"
        )
    if np.median(to_heldout) == 0:
        raise BadInput("synthetic records equal held-out records; the generator must not have seen them")
    return {
        "n_synthetic": len(to_train),
        "train_over_heldout": float(np.median(to_train) / np.median(to_heldout)),
        "nearer_to_train": float(np.mean((to_train < to_heldout) + 0.5 * (to_train == to_heldout))),
    }


def neighbour_ratios(synthetic: np.ndarray, heldout: np.ndarray) -> dict[str, float | int]:
    """Is one training record much nearer than all others? Then the synthetic record is that one, changed a little.

    The ratio of the distances to the nearest and the second nearest training record (Lowe 2004, Int. J. Comput. Vis.
    60:91, for matching) is 0 for a copy and nearly 1 far from all. A copy of a record that stands in the training set
    nearly twice, such as a patient's other record, is not seen.

    Args:
        synthetic: distances of each synthetic record to the nearest and second nearest training record, mV
            ``(record, 2)``, from ``nearest_distances``.
        heldout: the same of held-out records.

    Returns:
        JSON-able dict: ``synthetic_median_ratio``, ``heldout_median_ratio``, ``low_ratio_share``, the share of
        synthetic records whose ratio lies below the 5 % quantile of the held-out ones'.

    Raises:
        BadInput: there is no record, or distances are not finite or not ``(record, 2)`` with the nearest first.
    """
    ratios = []
    for name, distances in (("synthetic", synthetic), ("heldout", heldout)):
        _check_distances(name, distances)
        if distances.ndim != 2 or distances.shape[1] != 2 or (distances[:, 0] > distances[:, 1]).any():
            raise BadInput(f"{name} distances {distances.shape} must be (record, 2), the nearest first")
        # 0 / 0 is a copy of a record that is there twice
        ratios.append(distances[:, 0] / np.where(distances[:, 1] == 0, 1, distances[:, 1]))
    return {
        "synthetic_median_ratio": float(np.median(ratios[0])),
        "heldout_median_ratio": float(np.median(ratios[1])),
        "low_ratio_share": float(np.mean(ratios[0] < np.quantile(ratios[1], 0.05))),
    }


def _check_distances(name: str, distances: np.ndarray) -> None:
    if len(distances) == 0 or not np.isfinite(distances).all() or (distances < 0).any():
        raise BadInput(f"the distances of {name} must be finite, not negative, and of at least one record")
