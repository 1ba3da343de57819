"""The card that comes with a trained denoiser: what it makes, how it was trained, how near it is, its limits."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ecg_forge.ecg.attribution import PTBXL_ATTRIBUTION, SYNTHETIC_NOTICE
from ecg_forge.reporting.fidelity_page import figure_table, transfer_table, went_on
from ecg_forge.reporting.markdown import table_lines

_LIMITS = (
    "It learned from one hospital's recordings of 1989 to 1996, annotated by cardiologists with 71 statements; what is "
    "rare there it hardly knows, and its errors are not spread evenly over statements, ages and sexes.",
    "It makes ten seconds at 100 Hz; other rates are resampled, and nothing above 50 Hz is in them.",
    "Limb leads obey Einthoven and Goldberger exactly, where recorded ones do up to rounding: a trivial way to tell.",
    "A requested statement is not always shown. Check synthetic records before a classifier learns from them, and "
    "never validate or test on them.",
)


_STEADY_WITHIN = 10.0  # times the distance that real records show among themselves


def model_card(run: Mapping[str, Any], parameters: int, figures: pd.DataFrame, transfer: pd.DataFrame) -> str:
    """Return the card as Markdown.

    Args:
        run: as ``pipelines.fidelity.results.describe_fidelity`` gives it.
        parameters: number of trained parameters.
        figures, transfer: as for ``fidelity_page.FidelityContent``.
    """
    training, settings = run["training"], run["denoiser"]
    process = ", ".join(f"{name} {value}" for name, value in settings["process"].items() if name != "name")
    lines = [
        f"# {settings['model']}: a denoiser of 12-lead ECGs",
        "",
        f"{parameters:,} parameters. Given statements, age and sex, each of which may be left open, it makes 12-lead "
        "ECGs by diffusion: first a rhythm is drawn, then eight leads with its beats; four leads follow from them. "
        + SYNTHETIC_NOTICE,
        "",
        "## Training",
        "",
        f"PTB-XL 1.0.3, folds 1 to 8, 100 Hz. Process `{settings['process']['name']}` ({process}), loss weighting "
        f"`{settings['weighting']}`. {training['epochs']} epochs, {training['records']:,} recordings seen in "
        f"{training['seconds'] / 60:,.0f} minutes{went_on(training)} on {run['provenance']['machine']}, "
        f"{run['provenance']['started'][:10]}, code {run['provenance']['code']}. Held-out loss on fold "
        f"9: {training['val_loss']:.4f}.",
        "",
        "## How near its ECGs are to real ones",
        "",
        f"{run['records']['synthetic']:,} ECGs made with `{run['sampler']['name']}` in {run['sampler']['steps']} "
        f"steps, guidance {run['guidance']['scale']:g}.",
        "",
        *table_lines(figure_table(figures)),
        "",
        "Scores on the real test fold of classifiers trained on synthetic records only, on the real records whose "
        "label sets those took, and on all real training records:",
        "",
        *table_lines(transfer_table(transfer)),
        "",
        "## What it is not for",
        "",
        *(f"- {limit}" for limit in (*_unsteady(figures), *_LIMITS)),
        "",
        "## Licence",
        "",
        f"CC BY 4.0. {PTBXL_ATTRIBUTION}",
    ]
    return "\n".join(lines) + "\n"


def _unsteady(figures: pd.DataFrame) -> tuple[str, ...]:
    """Return a warning where beats come less evenly than in real records, which a glance at one ECG would not tell."""
    if "rr_variation" not in figures.index:
        return ()
    synthetic, real = (float(figures[side]["rr_variation"]) for side in ("synthetic", "real"))
    if synthetic <= _STEADY_WITHIN * real:
        return ()
    return (
        f"Its beats come less evenly than real ones: the variation of RR is {synthetic:.2f} of the mean away from that "
        f"of training records, where real records are {real:.3f} away. Whatever hangs on rhythm, such as sinus rhythm "
        "beside an arrhythmia, is learned badly from its ECGs.",
    )
