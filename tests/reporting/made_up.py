"""A made-up study for the tests of the report: small, seeded, with every kind of result."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.plotting import draw_ecg, figure_svg
from ecg_forge.reporting import figures, words
from ecg_forge.reporting.report import Drawing, GalleryRow, ReportContent

LABELS = ("NORM", "SR", "AFIB", "1AVB", "CLBBB", "WPW", "PVC", "LVH", "IMI", "ASMI")
ARMS = ("baseline", "augmented", "oversampled")
RARE = ("WPW", "1AVB")
METRICS = ("auc", "ap", "f1")


def metrics_table(seed: int) -> pd.DataFrame:
    """The per-label metrics of one arm, with the summary rows."""
    generator = np.random.default_rng(seed)
    rows = [*LABELS, "macro", "macro_rare"]
    table = pd.DataFrame(index=pd.Index(rows, name="label"))
    table["n_train"] = pd.array([*np.linspace(900, 30, len(LABELS)).astype(int), pd.NA, pd.NA], dtype="Int64")
    table["n_test"] = pd.array([*np.linspace(110, 4, len(LABELS)).astype(int), pd.NA, pd.NA], dtype="Int64")
    table["n_labels"] = [1] * len(LABELS) + [len(LABELS), len(RARE)]
    for metric, centre in zip(METRICS, (0.9, 0.6, 0.55), strict=True):
        value = centre + generator.normal(0, 0.04, len(rows))
        table[metric], table[f"{metric}_low"], table[f"{metric}_high"] = value, value - 0.03, value + 0.03
    table["threshold"] = [*generator.uniform(0.1, 0.6, len(LABELS)), np.nan, np.nan]
    for rate in ("precision", "recall", "specificity"):
        table[rate] = generator.uniform(0.4, 0.95, len(rows))
    return table


def comparison_table() -> pd.DataFrame:
    """Paired differences of both arms: augmented macro AP +0.004, WPW shown better, PVC shown worse in AP."""
    metrics = {arm: metrics_table(0) for arm in ARMS}
    generator = np.random.default_rng(5)
    rows = []
    for arm in ARMS[1:]:
        for metric in METRICS:
            for label in (*LABELS, "macro", "macro_rare"):
                change = generator.normal(0, 0.012)
                verdict, low, high = "no difference shown", -abs(change) - 0.012, abs(change) + 0.015
                if (arm, metric, label) == ("augmented", "ap", "macro"):
                    change, low, high = 0.004, -0.010, 0.018
                if metric == "ap" and label == "WPW":
                    change, verdict, low, high = 0.081, "better", 0.024, 0.142
                if metric == "ap" and label == "PVC":
                    change, verdict, low, high = -0.043, "worse", -0.071, -0.012
                if label == "1AVB":
                    change, verdict, low, high = np.nan, "cannot tell", np.nan, np.nan
                base = metrics["baseline"].loc[label, metric]
                p = 0.0004 if verdict in ("better", "worse") else 0.42
                rows.append((arm, label, metric, base, base + change, change, low, high, p, min(1, 12 * p), verdict))
    columns = [
        "arm",
        "label",
        "metric",
        "reference_value",
        "value",
        "difference",
        "low",
        "high",
        "p",
        "p_holm",
        "verdict",
    ]
    return pd.DataFrame(rows, columns=columns)


def histories() -> dict[str, pd.DataFrame]:
    """A learning curve per arm, ten epochs."""
    epoch = np.arange(10)
    return {
        arm: pd.DataFrame(
            {
                "epoch": epoch,
                "train_loss": 0.3 * np.exp(-epoch / (3 + place)) + 0.08,
                "val_loss": 0.3 * np.exp(-epoch / (4 + place)) + 0.11 + 0.0006 * epoch**2,
                "val_auc": 0.92 - 0.3 * np.exp(-epoch / (2 + place)),
            }
        )
        for place, arm in enumerate(ARMS)
    }


def predictions(records: int = 300) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Truth and one probability table per arm for the first six labels."""
    generator = np.random.default_rng(3)
    index = pd.Index(np.arange(1, records + 1), name="ecg_id")
    labels = list(LABELS[:6])
    share = np.array([0.5, 0.7, 0.1, 0.07, 0.05, 0.03])
    truth = pd.DataFrame(generator.random((records, 6)) < share, index, labels)
    truth.iloc[0] = True
    truth.iloc[1] = False
    probability = {
        arm: 1 / (1 + np.exp(-(2.2 * truth.astype(float) - 1 + generator.normal(0, 1, truth.shape)))) for arm in ARMS
    }
    return truth, probability


def split_scores() -> dict[str, dict[str, float]]:
    """The scores of the whole test split, a little different in each arm."""
    return {
        arm: {score: 0.5 + 0.03 * k + 0.01 * place for k, score in enumerate(words.SPLIT_SCORES)}
        for place, arm in enumerate(ARMS)
    }


def calibrations() -> dict[str, dict[str, Any]]:
    """Arms that say more than is so, and less after their temperature; the lowest of three bins holds most pairs."""
    said = {"before": (0.02, 0.4, 0.93), "after": (0.05, 0.36, 0.8)}
    return {
        arm: {
            "temperature": 1.4 + 0.1 * place,
            **{
                stage: {
                    "ece": 0.031 / (1 + 4 * (stage == "after")) + 0.002 * place,
                    "label_ece": 0.044 / (1 + 2 * (stage == "after")) + 0.002 * place,
                    "reliability": [
                        {
                            "low": k / 3,
                            "high": (k + 1) / 3,
                            "n": n,
                            "mean_probability": p,
                            "share_true": was + place / 50,
                        }
                        for k, (n, p, was) in enumerate(zip((9000, 700, 300), means, (0.06, 0.33, 0.75), strict=True))
                    ],
                }
                for stage, means in said.items()
            },
        }
        for place, arm in enumerate(ARMS)
    }


def subgroup_table(seed: int) -> pd.DataFrame:
    """One arm's scores of every group; nobody is of unknown sex."""
    generator = np.random.default_rng(seed)
    names = {"all": ["all"], "sex": ["female", "male"], "age": ["under 40", "40 to 59", "60 to 79", "80 and older"]}
    table = pd.DataFrame([(by, group) for by, groups in names.items() for group in groups], columns=["by", "group"])
    table["n_records"] = [2198, 1050, 1148, 310, 640, 900, 348]
    table["n_patients"] = [1888, 900, 988, 280, 550, 770, 288]
    table["n_labels"] = [10, 10, 10, 6, 9, 10, 8]
    for metric, centre in zip(METRICS, (0.9, 0.6, 0.55), strict=True):
        value = centre + generator.normal(0, 0.03, len(table))
        table[metric], table[f"{metric}_low"], table[f"{metric}_high"] = value, value - 0.04, value + 0.04
    return table


def toy_ecg(rate: float = 70, seed: int = 0, fs: int = 100) -> np.ndarray:
    """Twelve leads of spikes and bumps, ``(12, 10 s)`` in mV: enough to see that a drawing is one."""
    generator = np.random.default_rng(seed)
    time = np.arange(10 * fs) / fs
    beats = np.arange(0.3, 10, 60 / rate)
    waves = {"P": (-0.16, 0.025, 0.12), "Q": (-0.03, 0.01, -0.1), "R": (0, 0.012, 1.1), "T": (0.28, 0.05, 0.28)}
    beat = sum(
        height * np.exp(-0.5 * ((time[:, None] - beats - shift) / width) ** 2)
        for shift, width, height in waves.values()
    ).sum(axis=1)
    gain = np.array([0.7, 1.0, 0.4, -0.85, 0.2, 0.7, -0.6, -1.3, 0.6, 1.4, 1.3, 1.0])
    return gain[:, None] * beat + generator.normal(0, 0.012, (12, len(time)))


@cache
def gallery(pairs: int = 2) -> tuple[GalleryRow, ...]:
    """Pairs of toy ECGs, called real and synthetic."""
    return tuple(
        GalleryRow(
            statements="WPW + SR",
            drawings=tuple(
                Drawing(
                    source, f"ecg_id {ecg_id}, 61 y, female", figure_svg(draw_ecg(toy_ecg(60 + 15 * pair, pair), 100))
                )
                for source, ecg_id in (("real", 421 + pair), ("synthetic", 1_000_001 + pair))
            ),
        )
        for pair in range(pairs)
    )


def plan_and_verdicts() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forty planned ECGs of two targets; every fourth is rejected, for two reasons."""
    ids = np.arange(1_000_001, 1_000_041)
    plan = pd.DataFrame(
        {
            "ecg_id": ids,
            "target": ["WPW", "1AVB"] * 20,
            "statements": [["WPW", "SR"], ["1AVB", "LVH"], ["WPW"], ["1AVB"]] * 10,
            "age": 60.0,
            "sex": "female",
            "seed": np.arange(40),
        }
    )
    reasons = [
        ("", "", "", "the baseline does not recognise the target"),
        ("", "", "", "near-copy of a training record"),
    ]
    reason = [text for group in reasons for text in group] * 5
    return plan, pd.DataFrame(
        {"accepted": [not text for text in reason], "reason": reason}, index=pd.Index(ids, name="ecg_id")
    )


def study(**changes: Any) -> ReportContent:
    """The whole report content; keyword arguments replace parts of it."""
    return replace(whole_study(), **changes)


@cache
def whole_study() -> ReportContent:
    """The whole report content, made once."""
    plan, verdicts = plan_and_verdicts()
    parts: dict[str, Any] = {
        "question": "Do synthetic ECGs of rare statements make a classifier better on real patients?",
        "metrics": {arm: metrics_table(place) for place, arm in enumerate(ARMS)},
        "comparison": comparison_table(),
        "control_comparison": comparison_table().query("arm == 'augmented'"),
        "synthetic_added": 240,
        "plan": plan,
        "verdicts": verdicts,
        "fidelity": {
            "n_real": 210,
            "n_synthetic": 240,
            "std_ratio": dict.fromkeys(("I", "II", "V1", "V2"), 0.971),
            "features": {
                "heart_rate": {"wasserstein": 2.31, "real_mean": 71.2},
                "qrs_ms": {"wasserstein": None, "real_mean": 98.0},
            },
        },
        "memorisation": {
            "n_synthetic": 240,
            "synthetic_median_mv": 0.143,
            "median_ratio": 1.04,
            "share_below_median": 0.46,
        },
        "data_card": {
            "version": "1.0.3",
            "records": 21799,
            "patients": 18869,
            "folds": {str(fold): 2180 for fold in range(1, 11)},
            "dropped": [{"ecg_id": 137, "reason": "lead V3 is flat"}],
            "sex": {"female": 10450, "male": 11349},
        },
        "provenance": {
            "ptbxl": "simulated",
            "package_version": "0.1.0",
            "commit": "0123abc",
            "seed": 20240,
            "thresholds": dict.fromkeys(LABELS, 0.25),
            "parameters": {"baseline": {"model": "resnet1d_wang", "epochs": 20}},
        },
        "gallery": gallery(),
        "scores": split_scores(),
        "calibrations": calibrations(),
        "subgroups": {arm: subgroup_table(place) for place, arm in enumerate(ARMS)},
        "caveats": ("One training seed per arm: the intervals cover the choice of test patients, not training noise.",),
    }
    return ReportContent(**parts, **drawn())


def drawn() -> dict[str, Any]:
    """The figures of the report."""
    truth, probability = predictions()
    counts = pd.DataFrame(
        {"train": [900, 800, 90, 60, 40, 7], "val": [110, 90, 9, 8, 5, 1], "test": [112, 95, 11, 7, 5, 0]}
    )
    return {
        "learning_curves": figures.learning_curves(histories()),
        "denoiser_curve": figures.learning_curves(
            {"denoiser": histories()["baseline"][["epoch", "train_loss", "val_loss"]]}
        ),
        "roc_curves": figures.roc_curves(truth, probability, list(truth)),
        "precision_recall_curves": figures.precision_recall_curves(truth, probability, list(truth)),
        "comparison_forest": figures.comparison_forest(comparison_table()),
        "label_counts": figures.label_counts(counts.set_axis(list(LABELS[:6]))),
        "reliability_curves": figures.reliability_curves(calibrations()),
    }
