"""Synthetic ECGs without training, from the weights in the package: what stands behind ``ecg_forge.generate``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.records import SignalStream
from ecg_forge.ecg.resampling import resampled_twelve
from ecg_forge.ecg.statement_search import kinds_in_words
from ecg_forge.ecg.statements import STATEMENTS
from ecg_forge.ecg.synthesis_request import SynthesisRequest
from ecg_forge.ecg.synthetic_ecgs import SyntheticECGs, plan_of


def generate(
    labels: str | Iterable[str],
    n: int,
    *,
    age: float | None = None,
    sex: str | None = None,
    guidance: float = SynthesisRequest.guidance,
    seed: int = SynthesisRequest.seed,
    fs: int = SynthesisRequest.fs,
    steps: int = SynthesisRequest.steps,
    first: int = SynthesisRequest.first,
    weights: Path | None = None,
) -> SyntheticECGs:
    """Make 12-lead ECGs that all show the same SCP-ECG statements.

    In PTB-XL a record nearly always carries a rhythm beside its diagnoses, so name one, too: ``["LVH", "SR"]``. All
    ECGs are held in memory, 48 kB each at 100 Hz; for more than fit, ask for parts with ``first``.

    Args:
        labels: codes of the statements that each ECG shows together, or one code; `labels` lists them.
        n: number of ECGs.
        age: years; None leaves it open.
        sex: ``female`` or ``male``; None leaves it open.
        guidance: push towards the statements; 1 follows what was learned, more makes them plainer and taller.
        seed: of the whole request; record k is the same whatever ``n`` is.
        fs: sampling rate in Hz; other rates than the denoiser's own are resampled.
        steps: of the sampler.
        first: number of the first ECG; ``first=7, n=1`` makes the eighth of a longer request again, alone.
        weights: folder with the weights; None takes those in the package.

    Returns:
        Signals float32 ``(record, lead, sample)`` in mV, and the table of records.

    Raises:
        BadInput: an argument is out of range, a label unknown, or a file of weights missing or damaged.
    """
    request = SynthesisRequest.of(
        labels, n, age=age, sex=sex, guidance=guidance, seed=seed, fs=fs, steps=steps, first=first
    )
    return synthesise(request, weights)


def synthesise(request: SynthesisRequest, weights: Path | None = None) -> SyntheticECGs:
    """Make the ECGs of a request with the weights of a folder, or those in the package; BadInput as `generate`."""
    from ecg_forge.datasets.box import PACKAGED_BOX, load_box

    plan = plan_of(request)
    stream = _sampled(load_box(weights or PACKAGED_BOX), plan, request)
    made = [resampled_twelve(block, stream.fs, request.fs) for block in stream.blocks(0)]
    return SyntheticECGs(np.concatenate(made), plan, request)


def labels() -> pd.DataFrame:
    """Return the 71 statements that can be asked for, indexed by code: description, kind and superclass."""
    rows = [(s.code, s.description, kinds_in_words(s), s.superclass) for s in STATEMENTS]
    return pd.DataFrame(rows, columns=["code", "description", "kind", "superclass"]).set_index("code")


def _sampled(weights: dict[str, Any], plan: pd.DataFrame, request: SynthesisRequest) -> SignalStream:
    """Hand the plan to the denoiser; nothing is sampled before the stream is read."""
    from ecg_forge.diffusion.config import SamplerConfig
    from ecg_forge.training.config import GuidanceConfig
    from ecg_forge.training.generation import generate as sample_plan

    return sample_plan(weights, plan, SamplerConfig(steps=request.steps), GuidanceConfig(scale=request.guidance))
