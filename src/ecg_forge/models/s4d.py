"""S4D: a long convolution over time whose kernel is the impulse response of a diagonal linear state space.

Gu et al. 2022 (arXiv:2206.11893). Each channel h owns a state of N/2 complex modes (their conjugates make it N)

    x'(t) = A x(t) + u(t),    y(t) = 2 Re(C x(t)) + D u(t),

held for the step dt (zero-order hold), which as a convolution over the whole signal has the kernel
K[l] = 2 Re Σ_n C_n (exp(dt A_n) − 1) / A_n · exp(dt A_n)^l.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ecg_forge.ecg.errors import BadInput

_SHORTEST_DT, _LONGEST_DT = 1e-3, 0.1  # the paper's range: memories of about 20 to 2,000 samples


class S4D(nn.Module):
    """A learned linear filter per channel: ``(record, channel, sample)`` to the same shape, of any length.

    Initialised as S4D-Lin, A_n = −1/2 + iπn, with dt log-uniform in [0.001, 0.1]. Everything is stored as real tensors,
    so that any optimiser, average or file can hold it; A by the logarithm of its negative real part, so that no
    training makes a mode grow.

    Args:
        channels: independent filters (H).
        n_state: real size of each one's state (N), an even number.
        bidirectional: also filter from the end to the beginning, with a second C and the same A and dt; without it
            sample t of the output depends on samples up to t only.

    Raises:
        BadInput: ``n_state`` is odd or below 2.
    """

    def __init__(self, channels: int, n_state: int, bidirectional: bool) -> None:
        super().__init__()
        if n_state < 2 or n_state % 2:
            raise BadInput(f"n_state counts pairs of conjugates, so it must be even and at least 2, got {n_state}")
        modes, directions = n_state // 2, 2 if bidirectional else 1
        self.log_dt = nn.Parameter(torch.empty(channels).uniform_(math.log(_SHORTEST_DT), math.log(_LONGEST_DT)))
        self.log_decay = nn.Parameter(torch.full((channels, modes), math.log(0.5)))
        self.frequency = nn.Parameter(math.pi * torch.arange(modes, dtype=torch.float32).repeat(channels, 1))
        # The last axis holds the real and the imaginary part of a number of mean square 1.
        self.c = nn.Parameter(torch.randn(directions, channels, modes, 2) * math.sqrt(0.5))
        self.d = nn.Parameter(torch.randn(channels))
        self._frozen: dict[int, Tensor] | None = None

    def forward(self, u: Tensor) -> Tensor:
        """Filter ``(record, channel, sample)``; computed in float32 whatever autocast says, returned in u's dtype."""
        with torch.autocast(u.device.type, enabled=False):
            y: Tensor = _Convolution.apply(u.float(), self._response(u.shape[-1]))  # type: ignore[no-untyped-call]
        return y.to(u.dtype)

    def kernel(self, length: int) -> Tensor:
        """Return the impulse response, float32 ``(direction, channel, length)``.

        The powers of exp(dt A) up to L are products of a coarse and a fine one of about √L each, so the Vandermonde
        matrix ``(channel, mode, length)`` is never held.
        """
        with torch.autocast(self.log_dt.device.type, enabled=False):
            a = torch.complex(-self.log_decay.exp(), self.frequency)  # (H N)
            dt_a = self.log_dt.exp()[:, None] * a  # (H N)
            c = torch.view_as_complex(self.c) * torch.expm1(dt_a) / a  # (D H N)
            stride = math.isqrt(length - 1) + 1
            steps = torch.arange(stride, device=a.device)
            fine = torch.exp(dt_a[..., None] * steps)  # (H N j)
            coarse = torch.exp(dt_a[..., None] * (stride * steps))  # (H N i)
            response = torch.einsum("dhn,hni,hnj->dhij", c, coarse, fine)  # (D H i j)
            return 2 * response.real.flatten(-2)[..., :length]  # (D H L)

    def _response(self, length: int) -> Tensor:
        if self._frozen is None:
            return self._circular(length)
        if length not in self._frozen:
            self._frozen[length] = self._circular(length).detach()
        return self._frozen[length]

    def _circular(self, length: int) -> Tensor:
        """Return the whole filter, D included, ``(channel, 2·length)``: lags 0 to L − 1, then −L to −1."""
        past, *backwards = self.kernel(length)
        now = past[:, :1] + self.d[:, None]
        # The backward filter begins with the next sample, so that the present one is counted once.
        future = backwards[0].flip(-1) if backwards else torch.zeros_like(past)
        return torch.cat([now, past[:, 1:], future], dim=-1)  # (H 2L)


class _Convolution(torch.autograd.Function):
    """Convolve ``(record, channel, L)`` with ``(channel, 2L)``, circular over 2L, by FFT; keep the first L samples.

    Left to autograd, the complex spectra of the signals would be kept for the backward pass, twice the size of the
    signals, and transformed back as if they were those of complex signals.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, response: Tensor) -> Tensor:
        ctx.save_for_backward(x, response)
        return _inverse(_spectrum(x, 2) * _spectrum(response, 1), x.shape[-1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        x, response = ctx.saved_tensors
        spectrum = _spectrum(gradient, 2)
        to_x = _inverse(spectrum * _spectrum(response, 1).conj(), x.shape[-1])
        to_response = _inverse((spectrum * _spectrum(x, 2).conj()).sum(0), response.shape[-1])
        return to_x, to_response


def _spectrum(x: Tensor, padding: int) -> Tensor:
    return torch.fft.rfft(x, n=padding * x.shape[-1])


def _inverse(spectrum: Tensor, length: int) -> Tensor:
    return torch.fft.irfft(spectrum, n=2 * (spectrum.shape[-1] - 1))[..., :length]


@contextmanager
def frozen_kernels(module: nn.Module) -> Iterator[None]:
    """Compute the kernels of all S4D layers in ``module`` once per length, as sampling with fixed weights should.

    Inside, weights must neither change nor move to another device, and no gradient reaches the layers' own parameters.
    """
    layers = [layer for layer in module.modules() if isinstance(layer, S4D)]
    for layer in layers:
        layer._frozen = {}
    try:
        yield
    finally:
        for layer in layers:
            layer._frozen = None


def without_decay(module: nn.Module) -> set[str]:
    """Return the names, as in ``named_parameters``, of the parameters no optimiser should pull towards zero.

    These are A and dt of every S4D layer, which their authors also train at a learning rate of at most 1e-3; a
    network without such layers gives an empty set.
    """
    dynamics = {id(p) for m in module.modules() if isinstance(m, S4D) for p in (m.log_dt, m.log_decay, m.frequency)}
    return {name for name, parameter in module.named_parameters() if id(parameter) in dynamics}
