"""The arms of the study: what is compared with what."""

BASELINE = "baseline"
"""Real training records only; every other arm is compared with it."""
CONTROL = "oversampled"
"""As many added rows with the same label sets as the augmented arm, but copies of real records."""
AUGMENTED = "augmented"
"""Real training records and the synthetic ones that passed the checks."""

ARMS = (BASELINE, CONTROL, AUGMENTED)

PAIRS = ((BASELINE, CONTROL), (BASELINE, AUGMENTED), (CONTROL, AUGMENTED))
"""Reference and arm of each paired comparison."""

SYNTHETIC_ONLY = "synthetic_only"
"""Synthetic records alone, with the label sets, ages and sexes of training records."""
REAL_ONLY = "real_only"
"""Those training records themselves, as many: what synthetic ones could at best be worth."""

TRANSFER_ARMS = (REAL_ONLY, SYNTHETIC_ONLY)
"""Arms that are not added to anything: trained on one kind of record, tested on real ones."""
