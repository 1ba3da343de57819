import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.fidelity_config import FidelityConfig
from ecg_forge.metrics.fidelity_suite import (
    FIGURES,
    MEASURED,
    RecordSet,
    drawn,
    fidelity_table,
    measure,
    memorisation_rows,
    statement_table,
)

CONFIG = FidelityConfig(records=200, neighbours=3, folds=3)
CODES = ["NORM", "AFIB", "WPW"]


def record_set(n=120, seed=0, amplitude=1.0, shift=0.0):
    """Records of noise whose features, probabilities and heart rate follow their labels."""
    rng, other = np.random.default_rng(seed).spawn(2)
    held = rng.random((n, 3)) < [0.6, 0.4, 0.03]
    index = pd.RangeIndex(1000 * seed, 1000 * seed + n, name="ecg_id")
    measured = pd.DataFrame(other.normal(100, 10, size=(n, len(MEASURED))), columns=list(MEASURED), index=index)
    measured["heart_rate_bpm"] += 50 * held[:, 1] + 10 * shift
    measured.loc[index[: n // 4], "pr_ms"] = np.nan
    return RecordSet(
        signals_mv=(amplitude * rng.normal(size=(n, 12, 200))).astype(np.float32),
        labels=pd.DataFrame(held, columns=CODES, index=index),
        features=(amplitude * rng.normal(held[:, :1], 1, size=(n, 6)) + shift),
        probabilities=pd.DataFrame(held + rng.normal(0, 0.8, size=held.shape), columns=CODES, index=index),
        measured=measured,
    )


def table(synthetic, **changes):
    return fidelity_table(
        synthetic, record_set(seed=1), record_set(150, seed=2), 100, FidelityConfig(**vars(CONFIG) | changes)
    )


def test_every_figure_stands_beside_the_same_figure_of_real_records():
    figures = table(record_set())
    assert list(figures.columns) == ["title", "synthetic", "real", "unit", "better"]
    assert list(figures.index) == [
        name for name in FIGURES if name not in memorisation_rows(np.ones(3), np.ones(3)).index
    ]
    assert figures[["synthetic", "real"]].notna().all(axis=None)


def test_records_of_the_same_kind_are_as_near_as_real_ones():
    figures = table(record_set())
    assert figures.loc["told_apart_auc", "synthetic"] == pytest.approx(0.5, abs=0.15)
    for name in ("frechet_distance", "coverage", "amplitude_ratio", "agreement_auc", "diversity_ratio"):
        assert figures.loc[name, "synthetic"] == pytest.approx(figures.loc[name, "real"], rel=0.25)


def test_unlike_records_are_worse_in_every_figure_that_sees_it():
    good, bad = table(record_set()), table(record_set(amplitude=0.4, shift=3.0))
    better = good["synthetic"], bad["synthetic"]
    for name in ("frechet_distance", "kernel_distance", "log_spectrum_distance", "heart_rate_bpm", "told_apart_auc"):
        assert better[1][name] > better[0][name]
    for name in ("precision", "recall", "density", "coverage"):
        assert better[1][name] < better[0][name]
    assert better[1]["amplitude_ratio"] == pytest.approx(0.4, rel=0.02)
    assert better[1]["diversity_ratio"] == pytest.approx(0.4, rel=0.1)
    pd.testing.assert_series_equal(good["real"], bad["real"])


def test_both_columns_are_of_equally_many_records():
    # Of its own kind, a small set lies farther away; the column of real records must show the same.
    few, many = table(record_set(30)), table(record_set(120))
    assert few.loc["frechet_distance", "real"] > many.loc["frechet_distance", "real"]


def test_labels_held_too_rarely_are_not_scored():
    assert table(record_set(), fewest_of_statement=100)["synthetic"][["agreement_auc", "agreement_ap"]].isna().all()


def test_a_statement_has_a_row_when_enough_records_hold_it():
    synthetic = record_set()
    rows = statement_table(synthetic, record_set(seed=1), record_set(150, seed=2), CONFIG)
    assert list(rows.index) == ["NORM", "AFIB"]
    assert rows["n"].tolist() == synthetic.labels[["NORM", "AFIB"]].sum().tolist()
    assert rows.loc["AFIB", "heart_rate_bpm"] > rows.loc["NORM", "heart_rate_bpm"] + 10
    assert rows.loc["AFIB", "heart_rate_bpm"] == pytest.approx(rows.loc["AFIB", "heart_rate_bpm_real"], abs=5)
    assert (rows[["auc", "auc_real"]] > 0.6).all(axis=None)
    assert rows[["diversity_ratio", "diversity_ratio_real"]].sub(1).abs().lt(0.2).all(axis=None)


def test_one_ecg_again_and_again_has_no_diversity():
    one = record_set(40)
    same = RecordSet(
        one.signals_mv, one.labels, np.repeat(one.features[:1], 40, axis=0), one.probabilities, one.measured
    )
    rows = statement_table(same, record_set(seed=1), record_set(150, seed=2), CONFIG)
    assert rows["diversity_ratio"].tolist() == pytest.approx([0, 0], abs=1e-6)


def test_a_statement_without_a_held_out_record_has_no_real_figure():
    heldout = record_set(seed=1)
    none = heldout.take(~heldout.labels["AFIB"].to_numpy())
    row = statement_table(record_set(), none, record_set(150, seed=2), CONFIG).loc["AFIB"]
    assert row[["kernel_distance_real", "diversity_ratio_real", "auc_real"]].isna().all()
    assert np.isfinite(row["kernel_distance"])


def test_memorisation_stands_beside_held_out_records():
    rows = memorisation_rows(np.r_[np.full(90, 0.6), np.ones(10)], np.linspace(0.5, 0.8, 100))
    assert rows.loc["above_99_percent", "synthetic"] == pytest.approx(0.1)
    assert rows.loc["highest_correlation", ["synthetic", "real"]].tolist() == [1, pytest.approx(0.8)]


def test_drawn_rows_are_the_same_for_a_seed_and_all_where_there_are_few():
    assert drawn(5, 10, 0).tolist() == [0, 1, 2, 3, 4]
    assert drawn(1000, 10, 3).tolist() == drawn(1000, 10, 3).tolist() != drawn(1000, 10, 4).tolist()
    assert len(set(drawn(1000, 10, 3).tolist())) == 10


def test_what_is_measured_has_the_columns_of_a_record_set():
    signals = np.random.default_rng(0).normal(size=(2, 12, 300)).astype(np.float32)
    assert set(MEASURED) <= set(measure(signals, 100).columns)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"signals_mv": np.zeros((120, 8, 100))}, "must be \\(record, 12, sample\\)"),
        ({"features": np.zeros((119, 6))}, "of the same records"),
        ({"measured": pd.DataFrame({"pr_ms": np.zeros(120)})}, "lacks heart_rate_bpm"),
    ],
)
def test_a_record_set_whose_parts_do_not_fit_is_refused(changes, message):
    with pytest.raises(BadInput, match=message):
        RecordSet(**vars(record_set()) | changes)
