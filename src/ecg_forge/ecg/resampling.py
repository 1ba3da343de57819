"""Signals at another sampling rate."""

from fractions import Fraction

import numpy as np

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS, independent_leads, twelve_leads
from ecg_forge.ecg.records import Signals, to_microvolts, to_millivolts

_BLOCK = 256  # records at a time
_HALF_LENGTH = 32  # of the filter, in samples of the lower rate
_KAISER_BETA = 10.0  # stop band at −100 dB; with this length it begins 10 % above half the lower rate


def resample(signal: np.ndarray, fs: int, wanted_fs: int) -> np.ndarray:
    """Resample ``(..., sample)`` from ``fs`` to ``wanted_fs`` (Hz), band-limited to the lower rate's half.

    A polyphase low-pass filter (Crochiere and Rabiner 1983, chapter 2), which is linear: what holds between leads holds
    afterwards. Sines up to 44 Hz go from 100 to 500 Hz within 2e-5 of their amplitude, but for the first and last
    0.3 s, where a signal is continued by its own mirror image, turned about its end.

    Args:
        signal: float, any unit.
        fs: sampling rate of ``signal``.
        wanted_fs: any other; the ratio of the two is used exactly.

    Returns:
        The signal itself where the rates are equal; else ``sample × wanted_fs / fs`` samples, rounded up, same dtype.

    Raises:
        BadInput: a rate is not positive, or the signal holds no floating-point numbers.
    """
    if fs < 1 or wanted_fs < 1:
        raise BadInput(f"sampling rates must be above 0 Hz, got {fs} and {wanted_fs}")
    if not np.issubdtype(signal.dtype, np.floating):
        raise BadInput(f"resampling needs floating-point samples, got {signal.dtype}; convert to mV first")
    if fs == wanted_fs:
        return signal
    from scipy.signal import firwin, resample_poly

    ratio = Fraction(wanted_fs, fs)
    steps = max(ratio.numerator, ratio.denominator)
    low_pass = firwin(2 * _HALF_LENGTH * steps + 1, 1 / steps, window=("kaiser", _KAISER_BETA))
    # scipy-stubs know neither coefficients nor this padding.
    made: np.ndarray = resample_poly(  # type: ignore[call-overload]
        signal, ratio.numerator, ratio.denominator, axis=-1, window=low_pass, padtype="antireflect"
    )
    return made.astype(signal.dtype)


def with_length(signal: np.ndarray, length: int) -> np.ndarray:
    """Cut ``(..., sample)`` after ``length`` samples, or continue it by its last value; what holds between leads stays.

    Args:
        signal: any unit and type, at least one sample.
        length: samples wanted.
    """
    missing = max(length - signal.shape[-1], 0)
    return np.pad(signal[..., :length], [(0, 0)] * (signal.ndim - 1) + [(0, missing)], mode="edge")


def at_rate(signals: Signals, fs: int) -> Signals:
    """Return 12-lead recordings at another rate, a block of records at a time; the derived limb leads follow anew."""
    if fs == signals.fs:
        return signals
    blocks = [to_microvolts(resampled_twelve(block, signals.fs, fs)) for block in signals.blocks(_BLOCK)]
    return Signals(np.concatenate(blocks), signals.ecg_id, LEADS, fs)


def resampled_twelve(microvolts: np.ndarray, fs: int, wanted_fs: int) -> np.ndarray:
    """Turn int16 µV ``(record, 12, sample)`` in `LEADS` order into float32 mV at another rate.

    The four derived limb leads are computed again, as each was rounded to a microvolt on its own.
    """
    return twelve_leads(resample(independent_leads(to_millivolts(microvolts)), fs, wanted_fs))
