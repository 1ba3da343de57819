import numpy as np
import pytest

from ecg_forge.ecg.delineation import (
    INTERVALS,
    PLAUSIBLE_MS,
    beat_intervals,
    qrs_bounds,
    representative_beat,
)
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.simulated_cohort import plan_cohort
from ecg_forge.ecg.simulated_rhythm import draw_beats
from ecg_forge.ecg.simulator import SimulationConfig, simulate_record

CONFIG = SimulationConfig(n_records=240, seed=3)
PLANS = plan_cohort(CONFIG.seed, CONFIG.n_records)


def millivolts(plans, config=CONFIG):
    return np.stack([simulate_record(plan, config)[0] for plan in plans]).astype(np.float32) / 1000


def plain_plans():
    """Plans of sinus rhythm without a statement that changes the beat."""
    return [plan for plan in PLANS if plan.rhythm == "SR" and not plan.severities]


def holders(code, rhythm="SR"):
    return [plan for plan in PLANS if code in plan.severities and plan.rhythm == rhythm]


def true_qt_ms(plan):
    heart = np.random.default_rng((CONFIG.seed, 3, plan.ecg_id))
    beats = draw_beats(heart, plan.rhythm, frozenset(), CONFIG.duration_s)
    return 1000 * plan.patient.anatomy.qtc_s * np.cbrt(beats.intervals.mean())


@pytest.fixture(scope="module")
def plain():
    return beat_intervals(millivolts(plain_plans()), CONFIG.fs)


def test_pr_and_qt_are_those_of_the_simulated_heart(plain):
    plans = plain_plans()
    pr = plain["pr_ms"] - [1000 * plan.patient.anatomy.pr_s for plan in plans]
    qt = plain["qt_ms"] - [true_qt_ms(plan) for plan in plans]
    assert len(plans) > 20
    assert abs(pr.median()) < 8
    assert pr.abs().quantile(0.9) < 16
    assert abs(qt.median()) < 10
    assert qt.abs().quantile(0.9) < 32


def test_a_normal_qrs_is_about_a_tenth_of_a_second(plain):
    assert 85 < plain["qrs_ms"].median() < 120
    assert plain["qrs_ms"].notna().all()


def test_a_left_bundle_branch_block_widens_the_qrs(plain):
    blocked = beat_intervals(millivolts(holders("CLBBB")), CONFIG.fs)
    assert blocked["qrs_ms"].median() > plain["qrs_ms"].median() + 30


def test_a_little_noise_changes_the_intervals_little():
    (plan,) = plain_plans()[:1]
    signal = millivolts([plan])
    later = np.random.default_rng(0).normal(0, 0.005, size=signal.shape).astype(np.float32) + signal
    np.testing.assert_allclose(beat_intervals(later, 100), beat_intervals(signal, 100), atol=10)


def test_fibrillating_atria_have_a_p_wave_less_often_than_sinus_rhythm(plain):
    fibrillating = [plan for plan in PLANS if plan.rhythm == "AFIB"]
    found = beat_intervals(millivolts(fibrillating), CONFIG.fs)["pr_ms"].notna().mean()
    assert plain["pr_ms"].notna().mean() > 0.95
    assert found < 0.7


def test_qtc_is_bazetts(plain):
    for row, signal in zip(plain.itertuples(), millivolts(plain_plans()[:5]), strict=False):
        rr = representative_beat(signal, 100).rr_s
        assert row.qtc_ms == pytest.approx(row.qt_ms / np.sqrt(rr))


def test_intervals_do_not_depend_on_the_sampling_rate():
    plans = plain_plans()[:6]
    fine = beat_intervals(millivolts(plans, SimulationConfig(n_records=240, seed=3, fs=500)), 500)
    np.testing.assert_allclose(fine["qrs_ms"], beat_intervals(millivolts(plans), 100)["qrs_ms"], atol=16)
    np.testing.assert_allclose(fine["qt_ms"], beat_intervals(millivolts(plans), 100)["qt_ms"], atol=16)


def test_a_premature_beat_is_not_part_of_the_representative_one():
    time = np.arange(1000) / 100

    def beats(at, width, height):
        return sum(height * np.exp(-0.5 * ((time - t) / width) ** 2) for t in at)

    regular = np.broadcast_to(beats(np.arange(0.7, 10, 0.8), 0.012, 1.0), (12, 1000))
    early = np.broadcast_to(beats([3.5], 0.05, -1.5), (12, 1000))
    assert_bounds = [qrs_bounds(representative_beat(np.float32(each), 100)) for each in (regular, regular + early)]
    assert assert_bounds[0] == assert_bounds[1]


def test_noise_has_no_intervals():
    noise = np.random.default_rng(0).normal(0, 0.1, size=(3, 12, 1000)).astype(np.float32)
    flat, damaged = np.zeros((1, 12, 1000), np.float32), np.full((1, 12, 1000), np.nan, np.float32)
    table = beat_intervals(np.concatenate([flat, damaged, noise]), 100)
    assert table.iloc[:2].isna().all(axis=None)
    assert table["pr_ms"].isna().mean() > 0.5


def test_what_is_measured_is_plausible():
    table = beat_intervals(millivolts(PLANS[:40]), 100)
    for name, (low, high) in PLAUSIBLE_MS.items():
        assert table[name].dropna().between(low, high).all()


def test_no_records_have_an_empty_table():
    table = beat_intervals(np.empty((0, 12, 1000), np.float32), 100)
    assert list(table.columns) == list(INTERVALS)
    assert table.empty


@pytest.mark.parametrize(
    ("shape", "fs", "message"),
    [
        ((1, 8, 1000), 100, "must be \\(record, 12, sample\\)"),
        ((12, 1000), 100, "must be \\(record, 12, sample\\)"),
        ((1, 12, 1000), 50, "from 100 on, got 50"),
        ((1, 12, 1000), 128, "divides 500 Hz"),
        ((1, 12, 50), 100, "at least one second"),
    ],
)
def test_recordings_that_cannot_be_delineated_are_refused(shape, fs, message):
    with pytest.raises(BadInput, match=message):
        beat_intervals(np.zeros(shape, np.float32), fs)
