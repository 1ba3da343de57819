"""Our scores on the published benchmark's own predictions (xresnet1d101, 71 statements, PTB-XL 1.0.1, fold 10)."""

import numpy as np
import pytest

from ecg_forge.metrics.bootstrap import interval, record_weights
from ecg_forge.metrics.classification import auc, average_precision, macro, mean_over_labels, resampled_auc_ap


@pytest.fixture(scope="module")
def benchmark(golden_dir):
    with np.load(golden_dir / "benchmark_xresnet1d101_all71.npz", allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def test_macro_auc_is_that_of_the_benchmark(benchmark):
    assert macro(auc(benchmark["y_test"], benchmark["p_test"])) == pytest.approx(0.925436, abs=5e-7)


def test_macro_average_precision_is_that_of_the_benchmark(benchmark):
    assert macro(average_precision(benchmark["y_test"], benchmark["p_test"])) == pytest.approx(0.3706, abs=5e-5)


def test_the_saved_bootstrap_draws_give_the_published_interval(benchmark):
    aucs, _ = resampled_auc_ap(benchmark["y_test"], benchmark["p_test"], record_weights(benchmark["bootstrap_ids"]))
    low, high = interval(mean_over_labels(aucs), level=0.9)
    assert float(low) == pytest.approx(0.918523, abs=5e-7)
    assert float(high) == pytest.approx(0.931485, abs=5e-7)
