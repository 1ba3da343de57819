"""Each simulated statement shows its textbook sign in the signal."""

import dataclasses

import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.simulated_cohort import Plan, plan_cohort
from ecg_forge.ecg.simulated_heart import LEAD_FIELD
from ecg_forge.ecg.simulated_noise import ELECTRODES_TO_LEADS, mains, muscle, wander
from ecg_forge.ecg.simulated_rhythm import PREMATURE_ATRIAL, PREMATURE_VENTRICULAR, draw_beats
from ecg_forge.ecg.simulator import SimulationConfig, simulate_record

FS = 500  # of the beats that are measured
BEFORE, AFTER = 0.32, 0.55  # seconds around the R peak


@pytest.fixture(scope="module")
def people() -> list[Plan]:
    """Thirty first recordings of thirty patients, from which every statement is taken away."""
    plans = [plan for plan in plan_cohort(seed=2, n_records=60) if plan.visit == 0][:30]
    return [dataclasses.replace(plan, rhythm="SR", statements=("SR",), severities={}) for plan in plans]


def recordings(
    people: list[Plan], rhythm: str = "SR", seed: int = 0, **severities: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Simulate these people with these changes; signal ``(lead, sample)`` in mV and R peaks of each."""
    config = SimulationConfig(fs=FS, seed=seed)
    records = []
    for plan in people:
        changed = {code.replace("LAE", "LAO/LAE").removeprefix("_"): value for code, value in severities.items()}
        signal, peaks, _ = simulate_record(dataclasses.replace(plan, rhythm=rhythm, severities=changed), config)
        records.append((signal / 1000.0, peaks))
    return records


def mean_beat(people: list[Plan], rhythm: str = "SR", **severities: float) -> dict[str, np.ndarray]:
    """Average the beats of all these people around the R peak, per lead, in mV, from the level before P."""
    before, after = round(BEFORE * FS), round(AFTER * FS)
    beats = [
        signal[:, peak - before : peak + after]
        for signal, peaks in recordings(people, rhythm, **severities)
        for peak in peaks
        if before <= peak < signal.shape[1] - after
    ]
    beat = np.mean(beats, axis=0)
    return dict(zip(LEADS, beat - beat[:, :10].mean(axis=1, keepdims=True), strict=True))


def at(seconds: float) -> int:
    """The place in a mean beat of a time after the R peak."""
    return round((BEFORE + seconds) * FS)


def between(wave: np.ndarray, start: float, stop: float) -> np.ndarray:
    return wave[at(start) : at(stop)]


def qrs_width(beat: dict[str, np.ndarray]) -> float:
    """Seconds during which the leads together stand above an eighth of their peak, around the R wave."""
    size = np.sqrt(np.mean([between(wave, -0.12, 0.16) ** 2 for wave in beat.values()], axis=0))
    return float((size > size.max() / 8).sum() / FS)


def rr_variation(peaks: np.ndarray) -> float:
    """Standard deviation of the RR intervals over their mean."""
    intervals = np.diff(peaks)
    return float(intervals.std() / intervals.mean())


@pytest.fixture(scope="module")
def normal(people: list[Plan]) -> dict[str, np.ndarray]:
    return mean_beat(people)


# --- form -------------------------------------------------------------------------------------------------------------


def test_noise_levels_differ_between_recordings(people: list[Plan]) -> None:
    levels = [simulate_record(plan, SimulationConfig(duration_s=2))[2] for plan in people]
    for name in ("wander", "muscle", "mains"):
        values = [getattr(level, name) for level in levels]
        assert max(values) > 4 * min(values)


def spectrum(noise: np.ndarray, fs: int) -> tuple[np.ndarray, np.ndarray]:
    window = np.hanning(noise.shape[1])
    return np.fft.rfftfreq(noise.shape[1], 1 / fs), (np.abs(np.fft.rfft(noise * window, axis=1)) ** 2).mean(axis=0)


def test_wander_is_slow_and_muscle_noise_is_fast() -> None:
    rng = np.random.default_rng(0)
    frequency, power = spectrum(wander(rng, 0.1, 100, 4000), 100)
    assert power[frequency < 0.7].sum() > 0.99 * power.sum()
    frequency, power = spectrum(muscle(rng, 0.1, 100, 4000), 100)
    assert power[(frequency > 4) & (frequency < 46)].sum() > 0.95 * power.sum()


def test_mains_hum_stands_at_50_hz_and_is_ten_times_smaller_where_the_passband_ends_below() -> None:
    frequency, power = spectrum(mains(np.random.default_rng(0), 0.1, 500, 5000), 500)
    assert frequency[power.argmax()] == pytest.approx(50, abs=0.3)
    full = mains(np.random.default_rng(0), 0.1, 500, 200_000)
    leaked = mains(np.random.default_rng(0), 0.1, 100, 40_000)
    assert np.abs(leaked).max() == pytest.approx(np.abs(full).max() / 10, rel=0.02)


def test_leads_are_differences_of_electrodes() -> None:
    assert np.allclose(ELECTRODES_TO_LEADS @ np.ones(9), 0.0)  # what all electrodes share no lead shows
    assert LEAD_FIELD.shape == (8, 3)


# --- rhythm -----------------------------------------------------------------------------------------------------------


def test_fibrillation_is_irregular_sinus_arrhythmia_less_sinus_rhythm_hardly_and_pacing_not() -> None:
    def median_variation(rhythm: str) -> float:
        beats = [draw_beats(np.random.default_rng(seed), rhythm, frozenset(), 10.0) for seed in range(40)]
        return float(np.median([rr_variation(beat.times) for beat in beats]))

    fibrillation, arrhythmia, sinus, paced = (median_variation(rhythm) for rhythm in ("AFIB", "SARRH", "SR", "PACE"))
    assert fibrillation > 1.5 * arrhythmia > 0.09
    assert arrhythmia > 3 * sinus
    assert paced < 0.003


def p_amplitude(beat: dict[str, np.ndarray]) -> float:
    return float(np.ptp(between(beat["II"], -0.24, -0.09)))


@pytest.mark.parametrize("rhythm", ["AFIB", "AFLT"])
def test_fibrillating_and_fluttering_atria_make_no_p_wave_but_waves_of_their_own(
    people: list[Plan], normal: dict[str, np.ndarray], rhythm: str
) -> None:
    without = mean_beat(people, **{rhythm: 1.0})  # the change alone: no P
    assert p_amplitude(without) < 0.35 * p_amplitude(normal)

    lead, low, high = {"AFIB": ("V1", 3.5, 10.0), "AFLT": ("II", 4.0, 6.0)}[rhythm]
    with_waves = recordings(people, rhythm, **{rhythm: 1.0})
    sinus = recordings(people, "SR", **{rhythm: 1.0})

    def between_beats(records: list[tuple[np.ndarray, np.ndarray]]) -> float:
        parts = []
        for signal, peaks in records:
            for peak in peaks[(peaks > 400) & (peaks < 4900)]:
                part = signal[LEADS.index(lead), peak - 160 : peak - 45]
                parts.append(np.std(np.diff(part[::10])))
        return float(np.median(parts))

    assert 0 < low < high
    assert between_beats(with_waves) > 1.4 * between_beats(sinus)


def test_flutter_conducts_every_second_to_fifth_wave() -> None:
    for seed in range(20):
        beats = draw_beats(np.random.default_rng(seed), "AFLT", frozenset(), 10.0)
        waves = np.diff(beats.times) * beats.flutter_hz
        assert np.allclose(waves, np.rint(waves))
        assert set(np.rint(waves)) <= {2.0, 3.0, 4.0, 5.0}
        assert 240 < beats.flutter_hz * 60 < 350


def test_a_ventricular_premature_beat_is_early_and_its_pause_compensatory() -> None:
    for seed in range(20):
        beats = draw_beats(np.random.default_rng(seed), "PACE", frozenset({"PVC"}), 10.0)  # the steadiest rhythm
        places = np.flatnonzero(beats.kinds == PREMATURE_VENTRICULAR)
        usual = np.median(beats.intervals)
        assert len(places) >= 1
        assert np.all((beats.times[places] > 0) & (beats.times[places] < 10))
        assert np.all(beats.intervals[places] < 0.8 * usual)
        assert beats.times[places + 1] - beats.times[places - 1] == pytest.approx(2 * usual, rel=0.02)


def test_an_atrial_premature_beat_is_early_and_its_pause_not_compensatory() -> None:
    for seed in range(20):
        beats = draw_beats(np.random.default_rng(seed), "PACE", frozenset({"PAC"}), 10.0)
        places = np.flatnonzero(beats.kinds == PREMATURE_ATRIAL)
        usual = np.median(beats.intervals)
        assert len(places) >= 1
        assert np.all(beats.intervals[places] < 0.85 * usual)
        assert np.all(beats.times[places + 1] - beats.times[places - 1] < 1.97 * usual)


def test_bigeminy_alternates_normal_and_ventricular_beats() -> None:
    beats = draw_beats(np.random.default_rng(0), "BIGU", frozenset(), 10.0)
    premature = beats.kinds == PREMATURE_VENTRICULAR
    assert np.all(premature[2:] != premature[1:-1])


def test_ventricular_premature_beats_are_wider_than_their_neighbours(people: list[Plan]) -> None:
    ratios = []
    for signal, peaks in recordings(people, "BIGU"):
        for peak, after in zip(peaks[1:-1], np.diff(peaks)[1:], strict=True):
            size = np.linalg.norm(signal[:, peak - 60 : peak + 60], axis=0)
            early = after > np.diff(peaks).mean()  # a long pause follows the premature beat
            ratios.append((early, (size > size.max() / 3).mean()))
    wide = np.mean([width for early, width in ratios if early])
    narrow = np.mean([width for early, width in ratios if not early])
    assert wide > 1.7 * narrow


def test_an_unknown_rhythm_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="VTACH"):
        draw_beats(np.random.default_rng(0), "VTACH", frozenset(), 10.0)


# --- shape, each on the same thirty hearts with and without the statement ---------------------------------------------


def test_a_normal_beat_has_the_normal_progression(normal: dict[str, np.ndarray]) -> None:
    qrs = {lead: between(wave, -0.06, 0.08) for lead, wave in normal.items()}
    assert qrs["II"].max() > 0.4
    assert qrs["aVR"].min() < -0.3
    assert -qrs["V1"].min() > 2 * qrs["V1"].max()  # rS in V1
    assert qrs["V5"].max() > 2 * -qrs["V5"].min()  # R in V5
    assert 0.06 < qrs_width(normal) < 0.11
    assert p_amplitude(normal) > 0.05
    for lead in ("I", "II", "V4", "V5", "V6"):
        assert between(normal[lead], 0.18, 0.34).max() > 0.08  # upright T


def test_clbbb_is_wide_with_broad_r_in_v6_deep_s_in_v1_and_discordant_t(
    people: list[Plan], normal: dict[str, np.ndarray]
) -> None:
    block = mean_beat(people, CLBBB=1.0)
    assert qrs_width(block) > 1.4 * qrs_width(normal) > 0
    assert qrs_width(block) > 0.12
    assert between(block["V6"], -0.06, 0.08).max() > 3 * -between(block["V6"], -0.06, 0.08).min()
    assert between(block["V1"], -0.06, 0.08).min() < -0.5
    assert between(block["V6"], 0.20, 0.36).min() < -0.05
    assert between(block["V1"], 0.20, 0.36).max() > 0.1


def test_crbbb_is_wide_with_a_late_r_in_v1_and_a_broad_s_in_i_and_v6(
    people: list[Plan], normal: dict[str, np.ndarray]
) -> None:
    block = mean_beat(people, CRBBB=1.0)
    assert qrs_width(block) > 1.3 * qrs_width(normal)
    assert between(block["V1"], 0.04, 0.12).max() > 0.2
    for lead in ("I", "V6"):
        assert between(block[lead], 0.04, 0.12).mean() < between(normal[lead], 0.04, 0.12).mean() - 0.1


def test_irbbb_has_a_late_r_in_v1_but_is_not_wide(people: list[Plan], normal: dict[str, np.ndarray]) -> None:
    block = mean_beat(people, IRBBB=1.0)
    assert between(block["V1"], 0.04, 0.09).max() > between(normal["V1"], 0.04, 0.09).max() + 0.08
    assert qrs_width(block) < 0.12


def test_lafb_turns_the_axis_left(people: list[Plan], normal: dict[str, np.ndarray]) -> None:
    block = mean_beat(people, LAFB=1.0)

    def axis(beat: dict[str, np.ndarray]) -> float:
        net = {lead: between(beat[lead], -0.06, 0.08).sum() for lead in ("I", "aVF")}
        return float(np.rad2deg(np.arctan2(net["aVF"] * 2 / np.sqrt(3), net["I"])))

    assert -10 < axis(normal) < 90
    assert axis(block) < -30


@pytest.mark.parametrize(
    ("code", "leads"),
    [
        ("IMI", ("II", "III", "aVF")),
        ("ASMI", ("V1", "V2", "V3")),
        ("AMI", ("V3", "V4")),
        ("ILMI", ("II", "aVF", "V5", "V6")),
    ],
)
def test_infarction_starts_with_q_and_lowers_t_in_the_leads_over_it(
    people: list[Plan], normal: dict[str, np.ndarray], code: str, leads: tuple[str, ...]
) -> None:
    infarct = mean_beat(people, **{f"_{code}": 1.0})
    for lead in leads:
        start = between(infarct[lead], -0.05, -0.012)
        assert start.min() < between(normal[lead], -0.05, -0.012).min() - 0.08, lead
        assert start.min() < -0.1, lead
        assert between(infarct[lead], 0.2, 0.33).mean() < between(normal[lead], 0.2, 0.33).mean() - 0.04, lead


def test_first_degree_block_moves_p_away_from_qrs(people: list[Plan], normal: dict[str, np.ndarray]) -> None:
    delayed = mean_beat(people, _1AVB=1.0)
    shift = np.argmax(between(normal["II"], -0.30, -0.08)) - np.argmax(between(delayed["II"], -0.30, -0.08))
    assert 0.06 < shift / FS < 0.11


def test_preexcitation_starts_qrs_early_with_a_slow_delta_wave(
    people: list[Plan], normal: dict[str, np.ndarray]
) -> None:
    early = mean_beat(people, WPW=1.0)
    for lead in ("I", "V4", "V5"):
        rise = early[lead][at(-0.045)] - early[lead][at(-0.085)]
        assert rise > normal[lead][at(-0.045)] - normal[lead][at(-0.085)] + 0.08


def test_lvh_has_sokolow_voltage_and_strain(people: list[Plan], normal: dict[str, np.ndarray]) -> None:
    def sokolow(beat: dict[str, np.ndarray]) -> float:
        return float(-between(beat["V1"], -0.06, 0.08).min() + between(beat["V5"], -0.06, 0.08).max())

    thick, voltage = mean_beat(people, LVH=1.0), mean_beat(people, VCLVH=1.0)
    assert sokolow(thick) > 1.5 * sokolow(normal)
    assert sokolow(voltage) > 1.35 * sokolow(normal)
    assert between(thick["V6"], 0.2, 0.33).mean() < between(voltage["V6"], 0.2, 0.33).mean() - 0.05


def test_rvh_has_a_tall_r_in_v1_and_a_right_axis(people: list[Plan]) -> None:
    thick = mean_beat(people, RVH=1.0)
    assert between(thick["V1"], -0.06, 0.08).max() > -between(thick["V1"], -0.06, 0.08).min()
    assert between(thick["I"], -0.06, 0.08).sum() < 0 < between(thick["aVF"], -0.06, 0.08).sum()


def test_left_atrial_enlargement_broadens_p_and_deepens_its_end_in_v1(
    people: list[Plan], normal: dict[str, np.ndarray]
) -> None:
    large = mean_beat(people, LAE=1.0)
    end = slice(at(-0.135), at(-0.085))
    assert large["V1"][end].min() < normal["V1"][end].min() - 0.03
    wide, usual = (between(beat["II"], -0.28, -0.08) for beat in (large, normal))
    assert (wide > wide.max() / 2).sum() > (usual > usual.max() / 2).sum()


@pytest.mark.parametrize(("code", "limit"), [("NDT", 0.75), ("INVT", -0.1), ("ISC_", 0.15)])
def test_t_waves_flatten_or_turn(people: list[Plan], normal: dict[str, np.ndarray], code: str, limit: float) -> None:
    changed = mean_beat(people, **{code: 1.0})
    for lead in ("I", "V5"):
        ratio = between(changed[lead], 0.2, 0.33).mean() / between(normal[lead], 0.2, 0.33).mean()
        assert ratio < limit, lead


def test_st_depression_lowers_st_in_lateral_and_inferior_leads(
    people: list[Plan], normal: dict[str, np.ndarray]
) -> None:
    lowered = mean_beat(people, STD_=1.0)
    for lead in ("II", "V5", "V6"):
        assert lowered[lead][at(0.11)] < normal[lead][at(0.11)] - 0.05


def test_long_qt_brings_t_later(people: list[Plan], normal: dict[str, np.ndarray]) -> None:
    late = mean_beat(people, LNGQT=1.0)
    delay = np.argmax(between(late["II"], 0.15, 0.5)) - np.argmax(between(normal["II"], 0.15, 0.5))
    assert 0.06 < delay / FS < 0.13


def test_low_voltage_halves_qrs(people: list[Plan], normal: dict[str, np.ndarray]) -> None:
    low = mean_beat(people, LVOLT=1.0)
    for lead in ("I", "II", "V2", "V5"):
        assert np.ptp(between(low[lead], -0.06, 0.07)) < 0.65 * np.ptp(between(normal[lead], -0.06, 0.07))


def test_abnormal_qrs_is_notched(people: list[Plan], normal: dict[str, np.ndarray]) -> None:
    notched = mean_beat(people, ABQRS=1.0)
    curvature = {name: np.abs(np.diff(between(beat["V5"], 0.0, 0.06), 2)).sum() for name, beat in
                 {"notched": notched, "normal": normal}.items()}  # fmt: skip
    assert curvature["notched"] > 1.2 * curvature["normal"]


def test_pacing_shows_a_spike_before_a_wide_qrs_with_upward_axis(
    people: list[Plan], normal: dict[str, np.ndarray]
) -> None:
    paced = mean_beat(people, "PACE", PACE=1.0)
    assert qrs_width(paced) > 1.4 * qrs_width(normal)
    assert between(paced["aVF"], -0.04, 0.1).sum() < 0
    spiky = np.abs(np.diff(between(paced["II"], -0.20, -0.06), 2)).max()
    smooth = np.abs(np.diff(between(normal["II"], -0.20, -0.06), 2)).max()
    assert spiky > 3 * smooth


def test_severity_grades_the_change(people: list[Plan]) -> None:
    depth = [between(mean_beat(people, ISC_=severity)["V5"], 0.2, 0.33).mean() for severity in (0.0, 0.5, 1.0)]
    assert depth[0] > depth[1] > depth[2]
