"""Signals as images, made where the signals are and never written: three ways to lay a lead out over time × time.

All take ``(record, lead, sample)`` and return ``(record, lead, size, size)``, a pixel for each pair of equally long
stretches of samples. Where size divides the number of samples they are the images of the pyts library, which the tests
hold them against.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

KINDS = 3
"""Images of each lead: angular field, transition field, recurrence plot."""
_LEAST = 1e-12  # under a root, whose slope at 0 is infinite


class SignalImages(nn.Module):
    """Turn ``(record, lead, sample)`` into ``(record, 3·lead, size, size)``: the three images of a lead side by side.

    Angular fields lie in [−1, 1], transition fields in [0, 1], and recurrence plots are divided by the lead's range, so
    that they lie in [0, 1], too.

    Args:
        size: pixels along each side.
        bins: of the transition field.
    """

    def __init__(self, size: int, bins: int = 10) -> None:
        super().__init__()
        self.size, self.bins = size, bins

    def forward(self, signal: Tensor) -> Tensor:
        n, leads, _ = signal.shape
        scale = (signal.amax(dim=-1) - signal.amin(dim=-1)).clamp(min=torch.finfo(signal.dtype).tiny)
        images = (
            angular_field(signal, self.size),
            transition_field(signal, self.size, self.bins),
            recurrence_plot(signal, self.size) / scale[..., None, None],
        )
        return torch.stack(images, dim=2).view(n, KINDS * leads, self.size, self.size)


def angular_field(signal: Tensor, size: int) -> Tensor:
    """Return the Gramian angular summation field cos(φ_i + φ_j) (Wang & Oates 2015, arXiv:1506.00327, equation 5).

    φ is the angle whose cosine is the signal, scaled to [−1, 1]; a flat signal counts as 0.
    """
    x = averaged(signal, size)
    low, high = x.amin(dim=-1, keepdim=True), x.amax(dim=-1, keepdim=True)
    flat = high == low
    cosine = torch.where(flat, 0, 2 * (x - low) / torch.where(flat, 1, high - low) - 1).clamp(-1, 1)
    sine = (1 - cosine**2).clamp(min=_LEAST).sqrt()
    return cosine[..., :, None] * cosine[..., None, :] - sine[..., :, None] * sine[..., None, :]


def transition_field(signal: Tensor, size: int, bins: int) -> Tensor:
    """Return the Markov transition field (Wang & Oates 2015, equation 4), with bins of equal width.

    A pixel is how often the signal goes from the bin of its row's sample to that of its column's in one step, as a
    share of the steps that leave the row's bin. Pixels of several samples are the mean over all pairs of them, computed
    from how often each bin occurs in a stretch and not from the pairs.
    """
    held = functional.one_hot(_bins(signal, bins), bins).to(signal.dtype)  # (record, lead, sample, bin)
    steps = held[..., :-1, :].transpose(-1, -2) @ held[..., 1:, :]
    leaving = steps.sum(dim=-1, keepdim=True)
    probability = steps / torch.where(leaving == 0, 1, leaving)
    n, leads, samples, _ = held.shape
    share = averaged(held.transpose(-1, -2).reshape(n, leads * bins, samples), size)
    share = share.view(n, leads, bins, size).transpose(-1, -2)  # (record, lead, size, bin)
    return share @ probability @ share.transpose(-1, -2)


def recurrence_plot(signal: Tensor, size: int) -> Tensor:
    """Return the distances |x_i − x_j|, a recurrence plot without threshold (Eckmann et al. 1987), unit as given."""
    x = averaged(signal, size)
    return (x[..., :, None] - x[..., None, :]).abs()


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
