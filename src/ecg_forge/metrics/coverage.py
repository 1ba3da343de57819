"""Are synthetic records where the real ones are, and everywhere they are? Precision, recall, density and coverage.

A record's ball reaches to its k-th nearest neighbour among its own set. Precision and recall are those of
Kynkäänniemi et al. 2019 (arXiv:1904.06991), density and coverage of Naeem et al. 2020 (arXiv:2002.09797), which
one outlier with a large ball cannot raise.
"""

import numpy as np

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.feature_distance import check_features


def neighbourhoods(real: np.ndarray, synthetic: np.ndarray, k: int = 5) -> dict[str, float]:
    """Compare two sets by the neighbourhoods of their records.

    Args:
        real: ``(record, feature)``.
        synthetic: ``(record, feature)``; the number of records may differ.
        k: neighbours.

    Returns:
        ``precision``, share of the synthetic records inside some real record's ball; ``recall``, share of the real
        records inside some synthetic record's ball; ``density``, how many real balls hold a synthetic record, over k
        (1 for two samples of one distribution, not bounded); ``coverage``, share of the real records whose ball
        holds a synthetic record.

    Raises:
        BadInput: k is not positive, a set holds no more than k records, features differ or are not finite.
    """
    from scipy.spatial.distance import cdist

    if k < 1:
        raise BadInput(f"neighbourhoods need k of 1 or more, got {k}")
    check_features(real, synthetic, fewest=k + 1)
    across = cdist(real, synthetic)  # (real, synthetic)
    real_ball, synthetic_ball = _reach(real, k), _reach(synthetic, k)
    held = across < real_ball[:, None]
    return {
        "precision": float(held.any(axis=0).mean()),
        "recall": float((across < synthetic_ball).any(axis=1).mean()),
        "density": float(held.sum(axis=0).mean()) / k,
        "coverage": float(held.any(axis=1).mean()),
    }


def _reach(features: np.ndarray, k: int) -> np.ndarray:
    """Return each record's distance to its k-th nearest other record, ``(record,)``."""
    from scipy.spatial.distance import cdist

    within = cdist(features, features)
    return np.asarray(np.partition(within, k, axis=1)[:, k])  # place 0 is the record itself
