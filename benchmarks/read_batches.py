"""How long a random batch of 64 takes: ``python benchmarks/read_batches.py FOLDER``, the folder of ``signals``."""

import argparse
import time
from collections.abc import Callable
from statistics import median

import numpy as np

from ecg_forge.datasets.signal_array import SignalArray
from ecg_forge.training.data import SignalPools, TrainingCrops

BATCH, REPEATS = 64, 200


def milliseconds(read: Callable[[np.ndarray], object], batches: list[np.ndarray]) -> float:
    """Return the median time of ``read(batch)`` in ms."""
    taken = []
    for batch in batches:
        since = time.perf_counter()
        read(batch)
        taken.append(1000 * (time.perf_counter() - since))
    return median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("signals")
    signals = SignalArray(filepath=parser.parse_args().signals).load()
    generator = np.random.default_rng(0)
    batches = [generator.integers(0, len(signals), BATCH) for _ in range(REPEATS)]
    targets = np.zeros((len(signals), 71), np.float32)
    crops = TrainingCrops(SignalPools([signals], signals.ecg_id), [targets], signals.length // 4)
    whole = milliseconds(lambda rows: signals.samples[np.sort(rows)].copy(), batches)
    cropped = milliseconds(lambda rows: crops[np.stack([rows, rows], axis=1)], batches)
    print(f"{len(signals)} records; batch of {BATCH}, median of {REPEATS}")
    print(f"whole recordings from the memory map   {whole:.2f} ms")
    print(f"training crops of a quarter, in mV     {cropped:.2f} ms")


if __name__ == "__main__":
    main()
