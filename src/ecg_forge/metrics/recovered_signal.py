"""How near signals read from paper come to the true ones."""

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput


def signal_to_noise_db(true_mv: np.ndarray, read_mv: np.ndarray) -> np.ndarray:
    """Return 10 log₁₀(Σ x² / Σ (x − y)²) of each lead in dB, over the samples that the sheet shows.

    This is the score of the PhysioNet Challenge 2024 (physionetchallenges.org/2024), whose references are missing, too,
    where the image does not show a lead. As there, nothing is aligned first: a shift in time or voltage is an error.

    Args:
        true_mv: ``(..., sample)`` in mV.
        read_mv: ``(..., sample)``; NaN where a lead is not shown. NaN in a lead that is not shown at all gives NaN.

    Raises:
        BadInput: the shapes differ.
    """
    true, read, shown = _both(true_mv, read_mv)
    power, noise = (np.where(shown, values**2, 0).sum(axis=-1) for values in (true, true - read))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(shown.any(axis=-1), 10 * np.log10(power / noise), np.nan)


def correlation(true_mv: np.ndarray, read_mv: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation of each lead over the samples shown; arguments as in `signal_to_noise_db`."""
    true, read, shown = _both(true_mv, read_mv)
    count = shown.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = (
            np.where(shown, each - np.where(shown, each, 0).sum(-1, keepdims=True) / count, 0) for each in (true, read)
        )
        return np.asarray((x * y).sum(-1) / np.sqrt((x**2).sum(-1) * (y**2).sum(-1)))


def mean_absolute_error_mv(true_mv: np.ndarray, read_mv: np.ndarray) -> np.ndarray:
    """Return the mean absolute error of each lead in mV; arguments as in `signal_to_noise_db`."""
    true, read, shown = _both(true_mv, read_mv)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(shown, np.abs(true - read), 0).sum(axis=-1) / shown.sum(axis=-1))


def _both(true_mv: np.ndarray, read_mv: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if true_mv.shape != read_mv.shape:
        raise BadInput(f"the true signal has shape {true_mv.shape} and the one that was read {read_mv.shape}")
    shown = np.isfinite(read_mv) & np.isfinite(true_mv)
    return np.where(shown, true_mv, 0).astype(float), np.where(shown, read_mv, 0).astype(float), shown


def error_summary(errors: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Summarise a table with a row per sheet and lead.

    Args:
        errors: columns snr_db, correlation, mae_mv, confidence, and those of ``by``.
        by: columns whose values make a row together.

    Returns:
        Per group: sheets and leads counted as ``signals``, the means, the tenth percentile of the SNR, and the share of
        signals with at least 25 dB.
    """
    groups = errors.groupby(by, sort=False)
    return groups.agg(
        signals=("snr_db", "size"),
        snr_db=("snr_db", "mean"),
        snr_db_p10=("snr_db", lambda values: values.quantile(0.1)),
        at_least_25_db=("snr_db", lambda values: (values >= 25).mean()),
        correlation=("correlation", "mean"),
        mae_mv=("mae_mv", "mean"),
        confidence=("confidence", "mean"),
    ).reset_index()
