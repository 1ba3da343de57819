"""Signals as images, made where the signals are and never written: three ways to lay a lead out over time × time.

All take ``(record, lead, sample)`` and return ``(record, lead, size, size)``, a pixel for each pair of equally long
stretches of samples. Where size divides the number of samples they are the images of the pyts library, which the tests
hold them against.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

KINDS = 3
"""Images of each lead: angular field, transition field, recurrence plot."""
_LEAST = 1e-12  # under a root, whose slope at 0 is infinite


class SignalImages(nn.Module):
    """Turn ``(record, lead, sample)`` into ``(record, 3·lead, size, size)``: the three images of a lead side by side.

    Angular fields lie in [−1, 1], transition fields in [0, 1], and recurrence plots are divided by the lead's range, so
    that they lie in [0, 1], too. Each image is a product of two narrow matrices, so that a pixel is written once: what
    the images cost is little more than the memory they take.

    Args:
        size: pixels along each side.
        bins: of the transition field.
    """

    def __init__(self, size: int, bins: int = 10) -> None:
        super().__init__()
        self.size, self.bins = size, bins

    def forward(self, signal: Tensor) -> Tensor:
        n, leads, _ = signal.shape
        with torch.autocast(signal.device.type, enabled=False):  # differences of half-precision samples are too coarse
            factors = (
                _angular_factors(signal, self.size),
                _transition_factors(signal, self.size, self.bins),
                _difference_factors(_in_range(averaged(signal, self.size), signal)),
            )
            rows, columns = zip(*factors, strict=True)
            images = _stacked(rows) @ _stacked(columns).transpose(-1, -2)  # (record, lead, kind, size, size)
        images[:, :, -1].abs_()
        return images.view(n, KINDS * leads, self.size, self.size)


def angular_field(signal: Tensor, size: int) -> Tensor:
    """Return the Gramian angular summation field cos(φ_i + φ_j) (Wang & Oates 2015, arXiv:1506.00327, equation 5).

    φ is the angle whose cosine is the signal, scaled to [−1, 1]; a flat signal counts as 0.
    """
    rows, columns = _angular_factors(signal, size)
    return rows @ columns.transpose(-1, -2)


def transition_field(signal: Tensor, size: int, bins: int) -> Tensor:
    """Return the Markov transition field (Wang & Oates 2015, equation 4), with bins of equal width.

    A pixel is how often the signal goes from the bin of its row's sample to that of its column's in one step, as a
    share of the steps that leave the row's bin. Pixels of several samples are the mean over all pairs of them, computed
    from how often each bin occurs in a stretch and not from the pairs.
    """
    rows, columns = _transition_factors(signal, size, bins)
    return rows @ columns.transpose(-1, -2)


def recurrence_plot(signal: Tensor, size: int) -> Tensor:
    """Return the distances |x_i − x_j|, a recurrence plot without threshold (Eckmann et al. 1987), unit as given."""
    rows, columns = _difference_factors(averaged(signal, size))
    return (rows @ columns.transpose(-1, -2)).abs_()


def _angular_factors(signal: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Return what stands in the rows and in the columns of cos φ_i cos φ_j − sin φ_i sin φ_j, ``(·, ·, size, 2)``."""
    # The slope of the sine is infinite at the ends of the range: rounded to float32, means that are equal could differ
    # there by 3e-4.
    x = averaged(signal.double(), size)
    low, high = x.amin(dim=-1, keepdim=True), x.amax(dim=-1, keepdim=True)
    flat = high == low
    cosine = torch.where(flat, 0, 2 * (x - low) / torch.where(flat, 1, high - low) - 1).clamp(-1, 1)
    sine = (1 - cosine**2).clamp(min=_LEAST).sqrt()
    rows, columns = torch.stack([cosine, -sine], dim=-1), torch.stack([cosine, sine], dim=-1)
    return rows.to(signal.dtype), columns.to(signal.dtype)


def _transition_factors(signal: Tensor, size: int, bins: int) -> tuple[Tensor, Tensor]:
    """Return the transitions to each bin from a stretch, and the share of each bin in one, ``(·, ·, size, bins)``."""
    every = torch.arange(bins, device=signal.device)
    held = (_bins(signal, bins)[..., None, :] == every[:, None]).to(signal.dtype)  # (record, lead, bin, sample)
    steps = held[..., :-1] @ held[..., 1:].transpose(-1, -2)
    leaving = steps.sum(dim=-1, keepdim=True)
    probability = steps / torch.where(leaving == 0, 1, leaving)
    share = averaged(held.flatten(1, 2), size).view(*held.shape[:3], size).transpose(-1, -2)
    return share @ probability, share


def _difference_factors(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the rows and columns of x_i · 1 + 1 · (−x_j), which rounds as the difference does, ``(·, ·, size, 2)``."""
    one = torch.ones_like(x)
    return torch.stack([x, one], dim=-1), torch.stack([one, -x], dim=-1)


def _in_range(x: Tensor, signal: Tensor) -> Tensor:
    """Scale means of a lead's samples by its lowest and highest one to [0, 1]; a flat lead is 0."""
    low, high = signal.amin(dim=-1, keepdim=True), signal.amax(dim=-1, keepdim=True)
    flat = high == low
    return torch.where(flat, 0, (x - low) / torch.where(flat, 1, high - low)).clamp(0, 1)


def _stacked(factors: Sequence[Tensor]) -> Tensor:
    """Stack ``(record, lead, size, ·)`` of all kinds to ``(record, lead, kind, size, ·)``, filled up with zeros."""
    widest = max(factor.shape[-1] for factor in factors)
    return torch.stack([functional.pad(factor, (0, widest - factor.shape[-1])) for factor in factors], dim=2)


def averaged(signal: Tensor, size: int) -> Tensor:
    """Return the means of ``size`` stretches: ``(record, channel, sample)`` to ``(record, channel, size)``.

    They overlap where size does not divide the number of samples, and repeat where it is larger.
    """
    return functional.adaptive_avg_pool1d(signal, size)


def _bins(signal: Tensor, bins: int) -> Tensor:
    """Return the bin of each sample from 0; one on an edge belongs to the bin below it."""
    exact = signal.double()  # samples often lie on an edge, since recordings are counted in whole microvolts
    low, high = exact.amin(dim=-1, keepdim=True), exact.amax(dim=-1, keepdim=True)
    inner = torch.arange(1, bins, dtype=torch.float64, device=signal.device)
    edges = inner * ((high - low) / bins) + low
    return torch.searchsorted(edges.contiguous(), exact.contiguous(), right=False)
