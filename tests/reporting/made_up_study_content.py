"""A made-up study: two experiments, every kind of verdict, drawn from a seed where a number does not matter."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.reporting.study_content import StudyContent

LABELS = ("ILBBB", "ILMI", "WPW", "SVTAC", "PSVT", "PVC", "NORM", "AFIB")
RARE = ("WPW", "SVTAC", "PSVT")
ARMS = (
    *("oversampled", "class_weighted", "signal_augmented", "augmented", "augmented_unchecked", "augmented_one_hot"),
    *("synthetic_only", "pretrain_finetune"),
)
CONTROLLED = ("augmented", "augmented_unchecked", "augmented_one_hot")
SEEDS = (0, 1, 2)
FIRST = {"pretrain_finetune": {"synthetic": 50}}


def cell(experiment: str, name: str, targets: dict[str, int], share: float = 1.0, arms: tuple[str, ...] = ARMS) -> Any:
    wanted = sum(targets.values())
    learned = {"baseline": {"real": 17418}} | {arm: {"real": 17418, "synthetic": wanted} for arm in arms}
    learned |= {"oversampled": {"real": 17418, "copy": wanted}, "synthetic_only": {"synthetic": wanted}}
    for arm in ("class_weighted", "signal_augmented", "pretrain_finetune"):
        learned[arm] = {"real": 17418}
    told = {
        arm: {"seeds": list(SEEDS), "records": learned[arm], "first": FIRST.get(arm, {})} for arm in ("baseline", *arms)
    }
    return {"experiment": experiment, "name": name, "share": share, "targets": targets, "arms": told}


def two_experiments() -> list[dict[str, Any]]:
    rare = cell("rare", "all", dict.fromkeys(RARE, 60))
    return [cell("per_label", "ILBBB", {"ILBBB": 100}), cell("per_label", "PVC", {"PVC": 900}), rare]


def rows_of(one: dict[str, Any], labels: tuple[str, ...] = LABELS) -> list[dict[str, Any]]:
    generator = np.random.default_rng(len(one["name"]) + 7)
    pairs = [(arm, "baseline") for arm in one["arms"] if arm != "baseline"]
    if "oversampled" in one["arms"]:
        pairs += [(arm, "oversampled") for arm in CONTROLLED if arm in one["arms"]]
    keys = ("experiment", "cell", "arm", "reference", "label", "metric")
    return [
        {
            **dict(zip(keys, (one["experiment"], one["name"], *pair, label, metric), strict=True)),
            **numbers(generator.normal(0, 0.01), 0.02, before=0.95 if metric == "auc" else 0.5),
            "positive_patients": 900 if label.startswith("macro") else 7 + 5 * labels.index(label),
            "target": label in one["targets"],
        }
        for metric in ("auc", "ap", "f1")
        for pair in pairs
        for label in (*labels, "macro", "macro_rare")
    ]


def numbers(difference: float, half: float, *, before: float = 0.5, **more: Any) -> dict[str, Any]:
    """One row's figures as ``compare_study`` and ``power_table`` give them; no difference shown unless said."""
    return {
        "reference_value": before,
        "value": before + difference,
        "difference": difference,
        "low": difference - half,
        "high": difference + half,
        **dict.fromkeys(("standard_error", "training_error", "patients_error"), half / 3),
        "p": 0.4,
        "seeds": len(SEEDS),
        "tests": 60,
        "p_holm": 1.0,
        "verdict": "no difference shown",
        "equivalence": "undecided",
        "detectable": 2 * half,
        "detectable_corrected": 3 * half,
        "reachable": True,
        **more,
    }


def run(name: str, arm: str, seed: int, **changes: Any) -> dict[str, Any]:
    settings = {"model": "resnet1d_wang", "task": "all", "epochs": 50, "steps_per_epoch": 136, "seed": seed}
    return {
        "name": f"{name}/{arm}-seed{seed}",
        "configuration": {**settings, "loss": {"class_weights": "none"}, **changes},
        "records": {"real": 17418},
        "first": FIRST.get(arm, {}),
        "rows": "0123456789abcdef",
        "data": {"version": "1.0.3", "sampling_rate_hz": 100},
        "cell": {"experiment": "per_label", "name": "ILBBB", "share": 1.0},
        "arm": arm,
        "seconds": 1800.0 + seed,
        "best_epoch": 45,
        "provenance": {"code": "0.1 (abc)", "machine": "two cores", "started": f"2026-01-0{seed + 1}T03:04:05+00:00"},
    }


def runs() -> list[dict[str, Any]]:
    weighted = {"loss": {"class_weights": "balanced"}}
    return [
        each
        for seed in SEEDS
        for each in (
            run("real/100pct", "baseline", seed),
            run("real/100pct", "class_weighted", seed, **weighted),
            run("rare/all", "augmented", seed),
        )
    ]


def summary(cells: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "data": {"version": "1.0.3", "records_by_split": {"train": 17418, "val": 2183, "test": 2198}},
        "evaluation": {"resamples": 1000, "seed": 0, "margin": 0.005},
        "cells": cells,
        "runs": runs(),
        "missing": [],
    }


def crosschecks(cells: list[dict[str, Any]]) -> pd.DataFrame:
    figures = {"delong_difference": 0.01, "delong_low": -0.01, "delong_high": 0.03, "delong_p": 0.3}
    figures |= {"only_reference": 4, "only_arm": 9, "mcnemar_p": 0.03, "kappa": 0.8}
    return pd.DataFrame(
        {"experiment": one["experiment"], "cell": one["name"], "arm": "augmented", "reference": reference}
        | {"seed": seed, "label": label, **figures}
        for one in cells
        for reference in ("baseline", "oversampled")
        for label in one["targets"]
        for seed in SEEDS
    )


CHECKS = pd.DataFrame(
    [
        ("real_sets", 1.0, "ILBBB", "accepted", 120),
        ("real_sets", 1.0, "ILBBB", "not recognised as ILBBB", 25),
        ("real_sets", 1.0, "ILBBB", "a near-copy of a training record", 5),
        ("one_hot", 1.0, "ILBBB", "accepted", 30),
        ("one_hot", 1.0, "ILBBB", "not recognised as ILBBB", 120),
    ],
    columns=["kind", "share", "target", "reason", "count"],
)
DIVERSITY = pd.DataFrame(
    [("ILBBB", 120, 30, 0.31, 0.25, 0.29)],
    columns=["target", "accepted", "rejected", "spread_real", "spread_accepted", "spread_rejected"],
)
PRIVACY = {
    "membership_auc": 0.507,
    "membership_auc_low": 0.49,
    "membership_auc_high": 0.52,
    "nearer_to_train": 0.52,
    "n_members": 2183,
    "limits": {"membership_auc": 0.55, "nearer_to_train": 0.6},
    "blocked": [],
}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 145 105"><path d="M0 50h145" stroke="#14181f"/></svg>'
EXAMPLES = {"ILBBB": {"real, ecg_id 12": SVG, "synthetic, accepted": SVG, "synthetic, rejected: near-copy": SVG}}


def content(cells: list[dict[str, Any]] | None = None, **changes: Any) -> StudyContent:
    """The study; nothing was shown anywhere, unless rows are changed by :func:`with_row`."""
    chosen = two_experiments() if cells is None else cells
    table = pd.DataFrame([row for one in chosen for row in rows_of(one)])
    made = StudyContent(table, crosschecks(chosen), summary(chosen), CHECKS, DIVERSITY, PRIVACY, EXAMPLES)
    return replace(made, **changes)


def small(**changes: Any) -> StudyContent:
    """A study of one setting with one arm and its control, which is quick to draw."""
    return content([cell("per_label", "PVC", {"PVC": 900}, arms=("augmented", "oversampled"))], **changes)


def with_row(made: StudyContent, key: tuple[str, str, str, str], label: str, metric: str = "ap", **figures: Any) -> Any:
    """Return the study with other figures in one row; the key is (experiment, cell, arm, reference)."""
    table = made.comparison.copy()
    names = ("experiment", "cell", "arm", "reference", "label", "metric")
    here = np.logical_and.reduce(
        [table[name] == value for name, value in zip(names, (*key, label, metric), strict=True)]
    )
    assert here.sum() == 1
    for name, value in figures.items():
        table.loc[here, name] = value
    return replace(made, comparison=table)
