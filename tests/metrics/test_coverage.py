import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.coverage import neighbourhoods


def test_all_figures_are_those_of_the_formulas_written_plainly():
    rng = np.random.default_rng(0)
    real, synthetic, k = rng.normal(size=(30, 3)), rng.normal(0.5, 1.2, size=(40, 3)), 4

    def distance(x, y):
        return float(np.sqrt(((x - y) ** 2).sum()))

    def ball(points):
        return [sorted(distance(x, y) for j, y in enumerate(points) if j != i)[k - 1] for i, x in enumerate(points)]

    real_ball, synthetic_ball = ball(real), ball(synthetic)
    inside = [[distance(x, y) < r for y in synthetic] for x, r in zip(real, real_ball, strict=True)]
    around = [[distance(x, y) < r for x in real] for y, r in zip(synthetic, synthetic_ball, strict=True)]
    expected = {
        "precision": np.mean([any(row[j] for row in inside) for j in range(40)]),
        "recall": np.mean([any(row[i] for row in around) for i in range(30)]),
        "density": sum(sum(row) for row in inside) / (k * 40),
        "coverage": np.mean([any(row) for row in inside]),
    }
    assert neighbourhoods(real, synthetic, k) == pytest.approx(expected)


def test_one_record_again_and_again_is_precise_and_covers_little():
    real = np.random.default_rng(0).normal(size=(200, 2))
    same = np.repeat(real[np.abs(real).sum(axis=1).argmin()][None], 50, axis=0)
    scores = neighbourhoods(real, same + np.random.default_rng(1).normal(scale=1e-3, size=same.shape))
    assert scores["precision"] == 1
    assert scores["recall"] < 0.02
    assert scores["coverage"] < 0.1


def test_two_samples_of_one_distribution_have_density_one_and_almost_full_coverage():
    rng = np.random.default_rng(0)
    scores = neighbourhoods(rng.normal(size=(800, 4)), rng.normal(size=(800, 4)))
    assert scores["density"] == pytest.approx(1, abs=0.1)
    assert scores["coverage"] == pytest.approx(1 - 2**-5, abs=0.03)  # Naeem et al. 2020: about 1 − 2⁻ᵏ


def test_records_far_away_score_nothing():
    real = np.random.default_rng(0).normal(size=(50, 2))
    assert set(neighbourhoods(real, real + 100).values()) == {0.0}


def test_an_outlier_raises_precision_and_hardly_density():
    real = np.concatenate([np.random.default_rng(0).normal(size=(200, 2)), [[40.0, 40.0]]])
    beside = np.random.default_rng(1).normal(20, 0.1, size=(50, 2))
    scores = neighbourhoods(real, beside)
    assert scores["precision"] == 1
    assert scores["density"] == pytest.approx(1 / 5)


@pytest.mark.parametrize(("n", "k", "message"), [(20, 0, "k of 1"), (5, 5, "of 6 or more")])
def test_neighbours_that_do_not_exist_are_refused(n, k, message):
    with pytest.raises(BadInput, match=message):
        neighbourhoods(np.zeros((n, 2)), np.zeros((20, 2)), k)
