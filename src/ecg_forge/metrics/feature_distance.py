"""How far two sets of records lie apart in a space of features: Fréchet distance and kernel distance."""

import numpy as np

from ecg_forge.ecg.errors import BadInput

KERNEL_DEGREE = 3


def frechet_distance(real: np.ndarray, synthetic: np.ndarray) -> float:
    """Return the squared Fréchet distance of the normal distributions fitted to two sets (Heusel et al. 2017).

    |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2·(Σ₁Σ₂)^½) in the features' unit squared; 0 is right. It is finite for sets of any size,
    also where Σ is singular. Small sets lie farther apart than large ones of the same kind (Bińkowski et al. 2018,
    arXiv:1801.01401), so compare only distances between equally many records.

    Args:
        real: ``(record, feature)``.
        synthetic: ``(record, feature)``; the number of records may differ.

    Raises:
        BadInput: fewer than two records, different features, or a value that is not finite.
    """
    check_features(real, synthetic, fewest=2)
    first, second = real.astype(np.float64), synthetic.astype(np.float64)
    shift = first.mean(axis=0) - second.mean(axis=0)
    # tr((Σ₁Σ₂)^½) is the sum of the singular values of Σ₁^½·Σ₂^½: no root of a matrix that is not symmetric.
    roots = [_root(np.atleast_2d(np.cov(side, rowvar=False))) for side in (first, second)]
    common = np.linalg.svd(roots[0] @ roots[1], compute_uv=False).sum()
    spread = sum(float(np.sum(root**2)) for root in roots)
    return max(float(shift @ shift) + spread - 2 * float(common), 0.0)


def kernel_distance(real: np.ndarray, synthetic: np.ndarray) -> float:
    """Return the unbiased squared maximum mean discrepancy with k(x, y) = (x·y/d + 1)³ over d features.

    This is the kernel Inception distance of Bińkowski et al. 2018 (arXiv:1801.01401) on one block. Two
    samples of the same distribution give 0 on average at any size, so a value may be slightly negative.

    Arguments and errors are those of :func:`frechet_distance`.
    """
    check_features(real, synthetic, fewest=2)
    first, second = real.astype(np.float64), synthetic.astype(np.float64)
    return _mean_of_pairs(first) + _mean_of_pairs(second) - 2 * float(_kernel(first, second).mean())


def spread(features: np.ndarray) -> float:
    """Return the root of the total variance of ``(record, feature)``, in the features' unit; NaN below two records."""
    if len(features) < 2:
        return float("nan")
    return float(np.sqrt(features.astype(np.float64).var(axis=0, ddof=1).sum()))


def check_features(real: np.ndarray, synthetic: np.ndarray, fewest: int) -> None:
    """Raise BadInput unless both are finite, ``(record, feature)`` of the same features, and hold enough records."""
    for name, features in (("real", real), ("synthetic", synthetic)):
        if features.ndim != 2 or len(features) < fewest or features.shape[1] == 0:
            raise BadInput(f"{name} features must be (record, feature) of {fewest} or more, got {features.shape}")
        if not np.isfinite(features).all():
            raise BadInput(f"{name} features are not finite in row {int(np.argmin(np.isfinite(features).all(axis=1)))}")
    if real.shape[1] != synthetic.shape[1]:
        raise BadInput(f"real and synthetic features differ in number, {real.shape[1]} and {synthetic.shape[1]}")


def _kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.asarray((first @ second.T / first.shape[1] + 1) ** KERNEL_DEGREE)


def _mean_of_pairs(features: np.ndarray) -> float:
    """Return the kernel's mean over the pairs of different records."""
    kernel, n = _kernel(features, features), len(features)
    return float(kernel.sum() - np.trace(kernel)) / (n * (n - 1))


def _root(covariance: np.ndarray) -> np.ndarray:
    """Return the symmetric root of a covariance; what rounding made negative counts as zero."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)
