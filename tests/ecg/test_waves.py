"""Which samples are P, QRS and ST-T, on simulated records whose intervals are told."""

import numpy as np
import pytest

from ecg_forge.ecg.intervals import r_peaks
from ecg_forge.ecg.simulated_cohort import plan_cohort
from ecg_forge.ecg.simulator import SimulationConfig, simulate_record
from ecg_forge.ecg.waves import USUAL_PR_S, WAVES, wave_bounds, wave_parts

CONFIG = SimulationConfig(n_records=60, seed=3)
PLAN = next(plan for plan in plan_cohort(3, 60) if plan.rhythm == "SR" and not plan.severities)
RECORD = simulate_record(PLAN, CONFIG)[0].astype(np.float32) / 1000
PEAKS = r_peaks(RECORD, 100)


def test_bounds_stand_in_the_order_of_the_beat() -> None:
    p_onset, onset, end, t_end = wave_bounds(RECORD, 100)
    assert p_onset < onset < 0 < end < t_end
    assert onset - p_onset == pytest.approx(PLAN.patient.anatomy.pr_s, abs=0.02)
    assert 0.06 < end - onset < 0.14


def test_every_r_peak_lies_in_its_qrs_and_waves_follow_one_another() -> None:
    parts = wave_parts(RECORD, PEAKS, 100)
    assert (parts.shape, parts.dtype) == ((1000,), np.int64)
    assert {WAVES[part] for part in parts[PEAKS]} == {"QRS"}
    between = parts[PEAKS[2] : PEAKS[3] + 1]
    assert [WAVES[part] for part in between[np.r_[True, np.diff(between) != 0]]] == [
        *("QRS", "ST-T", "between", "P", "QRS")
    ]


def test_qrs_goes_before_p_and_p_before_st_t() -> None:
    close = PEAKS[2] + np.array([0, 38])
    parts = wave_parts(RECORD, close, 100)
    alone = wave_parts(RECORD, close[:1], 100)
    second = wave_parts(RECORD, close[1:], 100)
    assert ((alone == WAVES.index("ST-T")) & (second == WAVES.index("P"))).any()
    assert (parts[second == WAVES.index("P")] == WAVES.index("P")).all()
    assert (parts[second == WAVES.index("QRS")] == WAVES.index("QRS")).all()


def test_a_recording_without_beats_has_no_waves() -> None:
    assert not wave_parts(RECORD, np.empty(0, dtype=np.int64), 100).any()


def test_without_alike_beats_the_bounds_are_usual_ones() -> None:
    noise = np.random.default_rng(0).normal(0, 0.001, size=(12, 1000)).astype(np.float32)
    p_onset, onset, end, t_end = wave_bounds(noise, 100)
    assert onset - p_onset == pytest.approx(USUAL_PR_S)
    assert (onset, end) == (-0.05, 0.06)
    assert t_end > 0.3


def test_waves_at_the_ends_of_a_recording_are_cut_off() -> None:
    assert wave_parts(RECORD, np.array([2, 998]), 100).shape == (1000,)
