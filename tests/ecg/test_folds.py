"""Folds keep patients together and statements apart."""

from collections import Counter

from ecg_forge.ecg.folds import TRAINING_FOLDS, assign_folds


def test_a_statement_of_three_patients_stands_in_training_validation_and_test() -> None:
    folds = assign_folds(list(range(40)), [("WPW",)] * 3 + [("SR",)] * 37)
    assert sorted(folds[:3]) == [1, 9, 10]
    assert set(Counter(folds).values()) == {4}


def test_a_patient_stays_in_one_fold_and_only_the_folds_asked_for_are_filled() -> None:
    patients = [number // 3 for number in range(48)]
    folds = assign_folds(patients, [("SR",)] * 48, TRAINING_FOLDS)
    assert {len({fold for fold, other in zip(folds, patients, strict=True) if other == p}) for p in patients} == {1}
    assert Counter(folds) == dict.fromkeys(TRAINING_FOLDS, 6)
