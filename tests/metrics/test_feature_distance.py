import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.feature_distance import frechet_distance, kernel_distance, spread


def features(n=300, seed=0, width=4, **normal):
    return np.random.default_rng(seed).normal(size=(n, width), **normal).astype(np.float32)


def test_a_set_has_no_distance_to_itself():
    assert frechet_distance(features(), features()) == pytest.approx(0, abs=1e-5)


def test_a_shift_is_its_square_in_the_frechet_distance():
    assert frechet_distance(features(), features() + 2) == pytest.approx(4 * 2**2, rel=1e-4)


def test_the_frechet_distance_of_diagonal_spreads_is_that_of_the_roots():
    # Σ₁ = I, Σ₂ = 9·I in two dimensions: (1 − 3)² each
    corners = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    unit = corners * np.sqrt(3 / 4)  # unbiased variance 1
    assert frechet_distance(unit, 3 * unit) == pytest.approx(2 * (1 - 3) ** 2)


def test_the_frechet_distance_is_that_of_the_matrix_root():
    from scipy.linalg import sqrtm

    first, second = features(200, 0), features(150, 1) @ np.diag([1, 2, 0.5, 1]) + 0.3
    covariances = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    shift = first.mean(axis=0) - second.mean(axis=0)
    plain = shift @ shift + np.trace(sum(covariances) - 2 * sqrtm(covariances[0] @ covariances[1]).real)
    assert frechet_distance(first, second) == pytest.approx(plain, rel=1e-4)


def test_fewer_records_than_features_still_have_a_finite_distance():
    assert 0 < frechet_distance(features(3, width=50), features(4, 1, width=50)) < np.inf


def test_the_kernel_distance_is_the_plain_double_sum():
    first, second = features(5, 0).astype(float), features(7, 1).astype(float) + 1

    def k(x, y):
        return (x @ y / len(x) + 1) ** 3

    within = [np.mean([k(x, y) for i, x in enumerate(s) for j, y in enumerate(s) if i != j]) for s in (first, second)]
    across = np.mean([k(x, y) for x in first for y in second])
    assert kernel_distance(first, second) == pytest.approx(sum(within) - 2 * across, rel=1e-9)


def test_the_kernel_distance_of_one_distribution_is_nothing_on_average_however_small_the_sets():
    values = [kernel_distance(features(10, seed), features(10, seed + 1000)) for seed in range(400)]
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values)) < 3 * error
    assert min(values) < 0
    assert np.mean([kernel_distance(features(10, s), features(10, s + 1000) + 1) for s in range(20)]) > 10 * error


def test_spread_is_the_root_of_the_total_variance():
    assert spread(np.array([[0.0, 0.0], [6.0, 8.0]])) == pytest.approx(np.sqrt((36 + 64) / 2))
    assert np.isnan(spread(np.zeros((1, 3))))


@pytest.mark.parametrize(
    ("synthetic", "message"),
    [
        (np.zeros((1, 4)), "of 2 or more"),
        (np.zeros((5, 3)), "differ in number, 4 and 3"),
        (np.full((5, 4), np.nan), "not finite in row 0"),
    ],
)
@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
def test_features_that_do_not_fit_are_refused(distance, synthetic, message):
    with pytest.raises(BadInput, match=message):
        distance(features(), synthetic)
