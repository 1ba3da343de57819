"""The rhythm of a synthetic ECG: where its beats stand, drawn before the ECG is.

A denoiser that has to place the beats itself does so where the noise hides each single one, and so one by one: sinus
rhythm comes out uneven. Told the R peaks it draws the beats there. A diffusion over rows of RR intervals, small beside
the denoiser, draws the R peaks.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ecg_forge.diffusion.config import EdmConfig, SamplerConfig
from ecg_forge.diffusion.process import EdmProcess
from ecg_forge.diffusion.samplers import sample
from ecg_forge.diffusion.weighting import denoising_loss
from ecg_forge.ecg.beats import MOST_BEATS
from ecg_forge.ecg.statements import CODES
from ecg_forge.models.condition import Condition
from ecg_forge.models.dit1d import DiT1d, DiT1dConfig

FEWEST_INTERVALS = 2
"""RR intervals that a recording must have to say something of rhythm."""
INTERVAL_RANGE_S = (0.25, 4.0)
"""Shortest and longest RR interval that is drawn, in s: the detector's rest after a beat, and a long pause."""

_USUAL_S, _LOG_SD = 0.8, 0.25  # of RR intervals in PTB-XL: the median in s, and the deviation of the logarithm
# The rate is decided in much noise, since all intervals tell of it; how even sinus rhythm is, in little: an interval
# differs from the next by a fiftieth.
_PROCESS = EdmProcess(EdmConfig(p_mean=-0.5, p_std=1.8))
_SAMPLER = SamplerConfig("dpmpp_2m", steps=20)
_NOISE, _START = 1, 2  # tell what a record's seed decides of the rhythm from the noise of its ECG


class Rhythm(nn.Module):
    """Draws R peaks for statements, age and sex, as rows of log RR intervals ``(record, 1, MOST_BEATS)``.

    Args:
        fs: sampling rate in Hz of the recordings whose samples the R peaks are.
    """

    def __init__(self, fs: int) -> None:
        super().__init__()
        self.fs = fs
        sizes = DiT1dConfig(n_leads=1, n_statements=len(CODES), patch=1, width=64, depth=4)
        self.denoiser = _PROCESS.precondition(DiT1d(sizes))

    def loss(self, condition: Condition, uniforms: Tensor, noise: Tensor) -> Tensor:
        """Return the denoising loss ``(record,)`` of the rhythms of a condition; 0 where it tells of none.

        Args:
            condition: whose beats are learned, told its other parts.
            uniforms: ``(record,)`` in [0, 1), which decide the noise levels.
            noise: standard normals ``(record, 1, MOST_BEATS)``.
        """
        seconds, usable = interval_rows(condition.beats, self.fs)
        clean = (seconds / _USUAL_S).log()[:, None] / _LOG_SD * _PROCESS.sigma_data
        sigma = _PROCESS.training_sigmas(uniforms).to(clean.device)
        loss = denoising_loss(self.denoiser, clean, sigma, noise.to(clean.device), condition, "edm")
        return loss * usable

    @torch.no_grad()
    def draw(self, condition: Condition, seeds: Sequence[int], length: int) -> Tensor:
        """Draw the R peaks of one recording per seed.

        Args:
            condition: statements, age and sex.
            seeds: one for each record.
            length: samples of the recordings.

        Returns:
            whole samples, rising, as float32 ``(record, MOST_BEATS)``, NaN after the last within ``length``.
        """
        device, own = str(condition.age.device), [(seed, _NOISE) for seed in seeds]
        drawn = sample(
            lambda x, sigma: self.denoiser(x, sigma, condition), _PROCESS, _SAMPLER, own, (1, MOST_BEATS), device
        )
        seconds = (drawn[:, 0] / _PROCESS.sigma_data * _LOG_SD).exp() * _USUAL_S
        intervals = seconds.clamp(*INTERVAL_RANGE_S) * self.fs
        # The recording begins somewhere in the first interval.
        share = torch.tensor([[np.random.default_rng((seed, _START)).random()] for seed in seeds])
        first = intervals[:, :1] * share.to(intervals)
        beats = torch.cat([first, first + intervals[:, 1:].cumsum(dim=1)], dim=1).round()
        return beats.masked_fill(beats >= length, torch.nan)


def interval_rows(beats: Tensor, fs: int) -> tuple[Tensor, Tensor]:
    """Turn R peaks into rows of RR intervals.

    A row goes back and forth over its intervals until it is full, which keeps their size and their alternation.

    Args:
        beats: samples ``(record, MOST_BEATS)``, NaN after the last.
        fs: sampling rate in Hz.

    Returns:
        RR intervals in s ``(record, MOST_BEATS)``, and for each record whether it has at least `FEWEST_INTERVALS`;
        the others have a row of usual ones.
    """
    intervals = beats.diff(dim=1) / fs
    known = intervals.isfinite().sum(dim=1, keepdim=True)
    usable = known >= FEWEST_INTERVALS
    period = (2 * known - 2).clamp(min=1)
    place = torch.arange(MOST_BEATS, device=beats.device) % period
    place = torch.minimum(place, period - place)  # 0, 1, … known − 1, … 1 and over again
    rows = torch.where(usable, intervals.gather(1, place), _USUAL_S)
    return rows.clamp(*INTERVAL_RANGE_S), usable[:, 0]
