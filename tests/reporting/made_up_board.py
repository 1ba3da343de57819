"""A made-up leaderboard: two tasks, a classifier with two seeds, one with one, published ones."""

from typing import Any

COLUMNS = ("source", "seeds", "ap", "f1", "rare_auc", "rare_ap", "ece", "ece_calibrated", "parameters", "seconds")


def row(kind: str, name: str, auc: float, half_width: float | None = 0.01, **more: Any) -> dict[str, Any]:
    bounds = {"auc_low": None, "auc_high": None}
    if half_width is not None:
        bounds = {"auc_low": auc - half_width, "auc_high": auc + half_width}
    given = {"kind": kind, "name": name, "auc": auc, **bounds}
    if kind == "published":
        return {**dict.fromkeys(COLUMNS), **given, "source": "study", **more}
    scores = {f"{metric}{end}": 0.4 + shift for metric in ("ap", "f1") for end, shift in ENDS.items()}
    rare = {"rare_labels": 25, "rare_auc": 0.91, "rare_ap": 0.2, "ece": 0.01234, "ece_calibrated": 0.00567}
    cost = {"parameters": 517_000, "seconds": 630.0, "records_per_s": 1500.0, "epochs_trained": 50}
    return {**given, **scores, **rare, **cost, **more}


ENDS = {"": 0.0, "_low": -0.02, "_high": 0.02}


def tasks() -> dict[str, Any]:
    ours = [
        row("ensemble", "s4", 0.94, seeds="0, 1", records_per_s=None, epochs_trained=None),
        row("published", "S4", 0.935, None),
        row("run", "s4", 0.93, seeds="0"),
        row("run", "resnet", 0.925, seeds="0"),
        row("published", "wavelet", 0.92),
        row("run", "s4", 0.91, seeds="1"),
    ]
    spread = {"auc_mean": 0.92, "auc_sd": 0.0141, "ap_mean": 0.4, "ap_sd": 0.0, "f1_mean": 0.4, "f1_sd": 0.0}
    counts = {"n_labels": 71, "n_present": 70, "n_test": 2198, "n_test_patients": 1904}
    few = {"n_labels": 5, "n_present": 5, "n_test": 2158, "n_test_patients": 1877}
    small = [row("run", "resnet", 0.92, seeds="0", rare_labels=0, rare_auc=None, rare_ap=None)]
    return {
        "all": {**counts, "rows": ours, "seeds": [{"name": "s4", "seeds": 2, **spread}]},
        "superclass": {**few, "rows": small, "seeds": []},
    }


def detail(labels: int) -> dict[str, Any]:
    bins = [{"n": 10 ** (5 - k), "mean_probability": k / 5, "share_true": k / 6} for k in range(5)]
    stage = {"ece": 0.0123, "label_ece": 0.0234, "reliability": bins}
    scores = dict.fromkeys(("micro_auc", "weighted_auc", "micro_ap", "micro_f1", "weighted_f1"), 0.5)
    scores |= dict.fromkeys(("macro_f2", "macro_g2", "subset_accuracy", "hamming_loss"), 0.25)
    bounded = {f"{metric}{end}": 0.8 + shift for metric in ("auc", "ap", "f1") for end, shift in ENDS.items()}
    group = {"by": "sex", "group": "female", "n_records": 1066, "n_patients": 935, "n_labels": 69, **bounded}
    return {
        **{"name": "s4", "kind": "ensemble", "seeds": "0, 1", "val_auc": 0.9234},
        "calibration": {"temperature": 1.25, "before": stage, "after": {**stage, "ece": 0.0045}},
        "summary": scores,
        "subgroups": [group],
        "labels": [
            {"label": f"L{k:02}", "n_train": 10 * k, "n_test": k, **bounded, "auc": 1 - k / 100} for k in range(labels)
        ],
    }


def decisions() -> dict[str, Any]:
    scores = {f"{name}{end}": 0.6 + shift for name in ("f1", "subset_accuracy") for end, shift in ENDS.items()}
    scores |= {f"hamming_loss{end}": 0.1 + shift for end, shift in ENDS.items()}
    scores |= {"single_accuracy": 0.725, "single_macro_f1": 0.575}
    rows = [{"kind": "run", "name": name, "seeds": "0", **scores} for name in ("resnet", "gru")]
    rows.insert(0, {"kind": "ensemble", "name": "resnet", "seeds": "0, 1", **scores})
    earlier = {"source": "a log", "caveat": "it looked", "f1": 0.7, "subset_accuracy": 0.61, "hamming_loss": 0.12}
    labels = ("MI", "NORM")
    pairs = [("resnet", "gru", 0.0001), ("resnet", "lstm", 0.02), ("gru", "lstm", 1.0)]
    return {
        "rows": rows,
        "published": [{"name": "old", "auc": 0.91, **earlier}],
        "best": {
            **{"name": "resnet", "seeds": "0", "single_label": [[1234, 2], [3, 4]]},
            "labels": [{"label": label, "tn": 10, "fp": 1, "fn": 2, "tp": 1300} for label in labels],
        },
        **{"precedence": list(labels), "n_test": 2158, "several": 508},
        "pairs": [{"first": first, "second": second, "mcnemar_p_holm": p} for first, second, p in pairs],
    }


def run(task: str, name: str, seed: int, **changes: Any) -> dict[str, Any]:
    own = {"model": name, "task": task, "epochs": 50, "steps_per_epoch": 136, "gradient_clip": None, "seed": seed}
    return {
        **{"name": name, "model": name, "task": task, "seed": seed},
        "configuration": {**own, "crop_s": 2.5, "loss": {"focal_gamma": 0.0}, **changes},
        "data": {"version": "1.0.3", "sampling_rate_hz": 100, "records_by_split": {"train": 17418}},
        "provenance": {"code": "0.1 (abc)", "machine": "one GPU", "started": "2026-01-02T03:04:05+00:00"},
        **{"seconds": 600.0 + 60 * seed, "epochs_trained": 50, "best_epoch": 40 + seed, "peak_memory_gb": 1.94},
    }


def board() -> dict[str, Any]:
    return {
        "data": {"version": "1.0.3", "records_by_split": {"train": 17418, "val": 2183, "test": 2198}},
        "evaluation": {"resamples": 1000, "seed": 0, "threshold_policy": "max_f1", "rare_below": 100},
        "sources": [{"study": "study", "source": "a paper", "interval": "90 %"}],
        "tasks": tasks(),
        "details": {"all": detail(30), "superclass": detail(5)},
        "decisions": {"superclass": decisions()},
        "runs": [run("all", "s4", 0, crop_s=10.0), run("all", "s4", 1, crop_s=10.0), run("all", "resnet", 0)],
    }
