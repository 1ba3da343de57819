"""Spreading patients over folds, so that no patient stands in two and every statement stands in all, if it can."""

from collections import Counter
from collections.abc import Sequence

FOLDS = (1, 10, 9, 2, 3, 4, 5, 6, 7, 8)
"""PTB-XL's ten; those of training, test and validation first, so that three patients of a statement reach all three."""
TRAINING_FOLDS = (1, 2, 3, 4, 5, 6, 7, 8)


def assign_folds(
    patients: Sequence[int], statements: Sequence[Sequence[str]], folds: Sequence[int] = FOLDS
) -> list[int]:
    """Spread patients over folds of equal size, rare statements first, after Sechidis et al. 2011.

    Args:
        patients: patient of each record; all records of one go to the same fold.
        statements: codes of each record.
        folds: the folds to fill; those named first come first where there is a choice.

    Returns:
        The fold of each record, the same ones for the same arguments.
    """
    frequency = Counter(code for codes in statements for code in codes)
    records_of: dict[int, int] = Counter(patients)
    codes_of: dict[int, Counter[str]] = {patient: Counter() for patient in records_of}
    for patient, codes in zip(patients, statements, strict=True):
        codes_of[patient].update(codes)

    room = {fold: len(patients) / len(folds) for fold in folds}
    lacking = {fold: {code: count / len(folds) for code, count in frequency.items()} for fold in folds}
    fold_of: dict[int, int] = {}
    rarest = {patient: min(codes, key=lambda c: (frequency[c], c), default="") for patient, codes in codes_of.items()}
    for patient in sorted(codes_of, key=lambda p: (frequency[rarest[p]], rarest[p], -records_of[p], p)):
        # A patient may fill a fold up to the next whole record; if none has room, the emptiest takes the overflow.
        with_room = [fold for fold in folds if room[fold] > records_of[patient] - 1]
        open_folds = with_room or [max(folds, key=room.__getitem__)]
        fold = max(open_folds, key=lambda f: (round(lacking[f].get(rarest[patient], 0.0), 9), round(room[f], 9)))
        fold_of[patient] = fold
        room[fold] -= records_of[patient]
        for code, count in codes_of[patient].items():
            lacking[fold][code] -= count
    return [fold_of[patient] for patient in patients]
