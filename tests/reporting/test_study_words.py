import made_up_study_content as made_up
import numpy as np
import pytest

from ecg_forge.metrics import study_comparison
from ecg_forge.metrics.comparison import BETTER, CANNOT_TELL, NO_DIFFERENCE, WORSE
from ecg_forge.reporting import study_words, words
from ecg_forge.reporting.study_words import answer, headline

ILBBB = ("per_label", "ILBBB", "augmented", "oversampled")
BETTER_BY_MORE = {"verdict": "better", "equivalence": "better by more than the margin", "p_holm": 0.01}
WORSE_BY_MORE = {"verdict": "worse", "equivalence": "worse by more than the margin", "p_holm": 0.01}
UNKNOWN = {"verdict": "cannot tell", "equivalence": "cannot tell", "p_holm": np.nan, "detectable_corrected": np.nan}


def said(content, place: int = 0):
    return answer(content, content.settings[place])


def after(difference: float, half: float, **figures):
    return made_up.with_row(made_up.content(), ILBBB, "ILBBB", **made_up.numbers(difference, half, **figures))


def test_a_sentence_names_control_measure_difference_interval_patients_and_seeds() -> None:
    sentence = said(after(0.012, 0.032)).sentence
    assert sentence == (
        "100 synthetic ECGs instead of 100 copies (the control, oversampled) changed the average precision of ILBBB by "
        "+0.012 (95\u00a0%\u00a0−0.020 to +0.044; 7 positive test patients, 3 seeds): no difference shown; undecided "
        "against ±0.005."
    )


@pytest.mark.parametrize(
    ("difference", "figures", "ending"),
    [
        (0.05, BETTER_BY_MORE, "better than the control; a gain of more than 0.005."),
        (-0.05, WORSE_BY_MORE, "worse than the control; a loss of more than 0.005."),
        (0.0, {"equivalence": "equivalent"}, "no difference shown; equivalent within ±0.005."),
        (0.01, {"equivalence": "not worse by more than the margin"}, "a loss of more than 0.005 is ruled out."),
        (-0.01, {"equivalence": "not better by more than the margin"}, "a gain of more than 0.005 is ruled out."),
        (0.01, UNKNOWN, "cannot tell, as too few test patients have it or nothing varies."),
    ],
)
def test_better_worse_equivalent_null_and_unknown_are_said_as_such(difference, figures, ending) -> None:
    assert said(after(difference, 0.02, **figures)).sentence.endswith(ending)


def test_an_interval_beyond_zero_that_the_correction_takes_back_is_a_null_that_says_so() -> None:
    sentence = said(after(0.03, 0.02)).sentence
    assert "no difference shown, after correction for 60 tests; undecided" in sentence


def test_what_could_not_be_measured_is_not_printed_as_a_number() -> None:
    sentence = said(after(np.nan, 0.02, **UNKNOWN)).sentence
    assert "by an amount that could not be measured: too few test records have it." in sentence


def test_the_baseline_never_answers_alone_and_the_control_stands_beside_it() -> None:
    notes = said(made_up.content()).notes
    assert notes[0].startswith("Against the baseline: ")
    assert notes[1].startswith("The control against the baseline: ")
    assert notes[2] == "A true difference of 0.060 would be shown in 80\u00a0% of such studies."


def test_a_gain_that_the_measure_has_no_room_for_is_named() -> None:
    unreachable = said(after(0.0, 0.3, reachable=False)).notes[-1]
    assert unreachable == "No gain that is possible from here would be shown in 80\u00a0% of such studies."


def test_without_a_control_the_sentence_says_what_it_cannot_tell() -> None:
    content = made_up.content([made_up.cell("per_label", "PVC", {"PVC": 900}, arms=("augmented",))])
    assert "No control with copies was trained here" in said(content).sentence
    assert said(content).verdict == ""
    assert headline(content).startswith("No control was trained")


def test_an_arm_that_is_missing_and_a_setting_that_adds_nothing_are_told_apart() -> None:
    cells = [made_up.cell("rare", "all", {"WPW": 60, "PSVT": 9}, arms=("class_weighted",))]
    cells.append(made_up.cell("mix_ratio", "0", {"WPW": 0, "PSVT": 0}, arms=("class_weighted",)))
    content = made_up.content(cells)
    assert said(content, 0).sentence == "The arm augmented was not compared here."
    assert said(content, 1).sentence.startswith("Nothing is added here")


def test_fewer_synthetic_ecgs_than_wanted_are_said() -> None:
    cell = made_up.cell("per_label", "PVC", {"PVC": 900})
    cell["arms"]["augmented"]["records"]["synthetic"] = cell["arms"]["oversampled"]["records"]["copy"] = 610
    sentence = said(made_up.content([cell])).sentence
    assert sentence.startswith("610 synthetic ECGs (900 were wanted) instead of 610 copies")


def test_several_targets_are_judged_by_their_macro_average_and_counted_one_by_one() -> None:
    key = ("rare", "all", "augmented", "oversampled")
    content = made_up.with_row(made_up.content(), key, "WPW", verdict="better")
    content = made_up.with_row(content, key, "PSVT", verdict="cannot tell")
    rare = said(content, 2)
    assert "changed macro average precision over rare labels by" in rare.sentence
    counts = "3 targets: better in 1, no difference shown in 1, cannot tell in 1"
    assert f"Target by target against oversampled, {counts}." in rare.notes


def test_the_headline_counts_what_each_setting_shows_against_its_control() -> None:
    content = after(0.05, 0.01, **BETTER_BY_MORE)
    content = made_up.with_row(content, ("per_label", "PVC", "augmented", "oversampled"), "PVC", **UNKNOWN)
    assert headline(content) == (
        "Synthetic ECGs in place of copies of real ones, in 3 settings: better in 1, no difference shown in 1, "
        "cannot tell in 1."
    )
    only_baseline = made_up.with_row(
        made_up.content(), ("per_label", "ILBBB", "augmented", "baseline"), "ILBBB", **BETTER_BY_MORE
    )
    assert headline(only_baseline).endswith("in 3 settings: no difference shown in 3.")


def test_the_words_of_the_comparison_are_those_that_the_sentences_know() -> None:
    assert words.TONES == (BETTER, WORSE)
    assert words.CANNOT_TELL == CANNOT_TELL
    assert NO_DIFFERENCE == "no difference shown"
    named = {value for name, value in vars(study_comparison).items() if name.isupper() and isinstance(value, str)}
    assert set(study_words._EQUIVALENCE) == named - {BETTER, WORSE, CANNOT_TELL, NO_DIFFERENCE}
