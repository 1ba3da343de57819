"""What is done to a signal before a network hears it, the same in training and in scoring, on the signal's device."""

import math

import torch
from torch import Tensor

from ecg_forge.training.config import PreparationConfig


def band_passed(signal: Tensor, fs: int, config: PreparationConfig) -> Tensor:
    """Filter along time without delay: ``(..., sample)`` to the same shape; the signal itself where no side is closed.

    The spectrum is multiplied by the squared magnitude of a digital Butterworth filter, which is what filtering it
    forwards and backwards comes to (Gustafsson 1996, IEEE Trans. Signal Process. 44:988). Beyond its ends the signal
    goes on reflected in them, oddly and without end: its line from end to end goes on as it is, and what is left is
    zero at both ends and odd about them, so that one reflected copy makes a whole period.

    Args:
        signal: float, of at least two samples.
        fs: sampling rate in Hz.
        config: edges and order.
    """
    if config.low_hz is None and config.high_hz is None:
        return signal
    n = signal.shape[-1]
    first, last = signal[..., :1], signal[..., -1:]
    line = first + (last - first) * torch.linspace(0, 1, n, dtype=signal.dtype, device=signal.device)
    rest = signal - line
    period = torch.cat([rest, -rest[..., 1:-1].flip(-1)], dim=-1)
    gain = squared_gain(period.shape[-1], fs, config).to(signal)
    filtered = torch.fft.irfft(torch.fft.rfft(period) * gain, n=period.shape[-1])[..., :n]
    return filtered if config.low_hz is not None else filtered + line  # a high-pass gives nothing of a line


def squared_gain(n: int, fs: int, config: PreparationConfig) -> Tensor:
    """Return the filter's squared magnitude at the frequencies of a real spectrum of ``n`` samples, float64.

    1 / (1 + Ω^(2·order)); Ω is the frequency, warped as the bilinear transform does, in units of the edge, and of a
    band (ω² − low·high) / ((high − low)·ω) (Parks & Burrus 1987, Digital Filter Design, section 7.2).
    """
    frequency = torch.tan(torch.pi * torch.fft.rfftfreq(n, dtype=torch.float64).clamp(max=0.5 - 1e-9))
    low = 0.0 if config.low_hz is None else math.tan(math.pi * config.low_hz / fs)
    high = math.inf if config.high_hz is None else math.tan(math.pi * config.high_hz / fs)
    if math.isinf(high):
        relative = low / frequency
    elif low == 0:
        relative = frequency / high
    else:
        relative = (frequency**2 - low * high) / ((high - low) * frequency)
    return 1 / (1 + relative ** (2 * config.order))


def clipped(scaled: Tensor, config: PreparationConfig) -> Tensor:
    """Cut a signal, in units of the training sd, off at ``clip_sd``; the signal itself where that is not given."""
    return scaled if config.clip_sd is None else scaled.clamp(-config.clip_sd, config.clip_sd)
