"""Signals as images: our layer beside pyts, on real records of 1,000 samples, values and processor time on one core.

``python benchmarks/image_layer.py`` with PTBXL_ROOT set to PhysioNet's folder. Three images of each of three leads
(I, II, V2), in float32: Gramian angular field, Markov transition field of uniform bins, and recurrence plot. The two
take turns; times are processor time per record, medians over turns, ours for a record alone and for one of a batch.
Values are compared with those pyts computes in float64, where the size divides 1,000; elsewhere pyts cuts the signal
into other stretches. ``memory`` is what it takes to write numbers of the same size once, into new memory, which no way
of making images on a processor can undercut.

Measured on one core, 15 turns: values differ by 1e-6. At 1,000 pixels pyts takes 50 ms a record and the layer 18 ms, 15
of them for the memory, so 2.7 times less; in a batch it takes 12 times less at 250 pixels, 21 at 125, and 11 at 128 (or
21, in another run). The fifty times that were hoped for are not reached.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import torch
from pyts.approximation import PiecewiseAggregateApproximation
from pyts.image import GramianAngularField, MarkovTransitionField, RecurrencePlot

from ecg_forge.ecg.leads import LEADS, lead_positions
from ecg_forge.ecg.records import to_millivolts
from ecg_forge.models.signal_images import SignalImages, angular_field, recurrence_plot, transition_field
from ecg_forge.provenance import machine

CHOSEN, SAMPLES, BINS = ("I", "II", "V2"), 1000, 10
SIZES = (1000, 250, 125, 128)  # 128 is what the networks use
BATCH_MB = 100  # of images in a batch


def records(root: Path, number: int) -> np.ndarray:
    """Read records that are spread evenly over PTB-XL: mV ``(record, lead, sample)``, float32."""
    names = pd.read_csv(root / "ptbxl_database.csv", usecols=["filename_lr"])["filename_lr"]
    here = [file for file in (root / f"{name}.dat" for name in names) if file.exists()]
    files = here[:: max(len(here) // number, 1)][:number]
    samples = np.stack([np.fromfile(file, dtype="<i2").reshape(SAMPLES, len(LEADS)).T for file in files])
    return to_millivolts(samples[:, lead_positions(CHOSEN, LEADS)]).astype(np.float32)


def theirs(leads: np.ndarray, size: int) -> tuple[np.ndarray, ...]:
    """Return pyts's three images of each lead, each ``(lead, size, size)``."""
    shrunk = (
        leads
        if size == SAMPLES
        else PiecewiseAggregateApproximation(output_size=size, window_size=None).transform(leads)
    )
    return (
        GramianAngularField(size, method="summation").transform(leads),
        MarkovTransitionField(size, n_bins=BINS, strategy="uniform").transform(leads),
        RecurrencePlot().transform(shrunk),
    )


def ours(leads: np.ndarray, size: int) -> tuple[np.ndarray, ...]:
    """Return our three images of each lead, each ``(lead, size, size)``, the recurrence plot in mV."""
    signal = torch.from_numpy(leads)[None]
    made = angular_field(signal, size), transition_field(signal, size, BINS), recurrence_plot(signal, size)
    return tuple(image[0].numpy() for image in made)


def milliseconds(make: Callable[[], object]) -> float:
    began = time.process_time()
    make()
    return 1000 * (time.process_time() - began)


def compare(ecgs: np.ndarray, size: int, turns: int) -> None:
    """Print the largest difference and the times for one size."""
    layer, signals = SignalImages(size, BINS), torch.from_numpy(ecgs)
    pixels = (len(CHOSEN) * 3, size, size)
    batch = signals[: max(int(BATCH_MB * 1e6 / (4 * np.prod(pixels))), 1)]
    makers: dict[str, Callable[[int], object]] = {
        "pyts": lambda turn: theirs(ecgs[turn % len(ecgs)], size),
        "alone": lambda turn: layer(signals[turn % len(ecgs)][None]),
        "batch": lambda turn: layer(batch),
        "memory": lambda turn: torch.empty(pixels).fill_(1.0),
    }
    spent: dict[str, list[float]] = {name: [] for name in makers}
    for turn in range(turns + 1):
        for name, make in makers.items():
            spent[name].append(milliseconds(lambda make=make, turn=turn: make(turn)))  # type: ignore[misc]
    times = {name: median(each[1:]) for name, each in spent.items()}  # the first one warms up
    times["batch"] /= len(batch)
    apart = "      –"
    if SAMPLES % size == 0:
        pairs = [
            pair
            for leads in ecgs[:turns]
            for pair in zip(ours(leads, size), theirs(leads.astype(float), size), strict=True)
        ]
        apart = f"{max(float(np.abs(one - other).max()) for one, other in pairs):7.0e}"
    ratios = f"{times['pyts'] / times['alone']:7.1f}{times['pyts'] / times['batch']:7.1f}"
    ms = "".join(f"{times[name]:10.3f}" for name in makers)
    print(f"{size:5}{apart:>12}{ms}  ({len(batch):3}){ratios}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", default=os.environ.get("PTBXL_ROOT"), help="PhysioNet's folder; else PTBXL_ROOT")
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--records", type=int, default=64)
    arguments = parser.parse_args()
    if not arguments.root:
        parser.error("set PTBXL_ROOT to PhysioNet's folder of PTB-XL")
    torch.set_num_threads(1)
    ecgs = records(Path(arguments.root), arguments.records)
    print(f"{machine()}; {len(ecgs)} records of {SAMPLES} samples, leads {', '.join(CHOSEN)}, {arguments.turns} turns")
    print(" size  difference   pyts, ms alone, ms batch, ms memory, ms  (of)  alone  batch, times pyts")
    with torch.inference_mode():
        for size in SIZES:
            compare(ecgs, size, arguments.turns)


if __name__ == "__main__":
    main()
