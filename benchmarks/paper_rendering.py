"""How many sheets a second are printed, with mask and truth: ``python benchmarks/paper_rendering.py``.

Simulated recordings on every layout of the parameters, at their resolution, one process for each core.
"""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import yaml

from ecg_forge.ecg.simulator import SimulationConfig, simulate_ptbxl
from ecg_forge.paper.layout import SheetConfig
from ecg_forge.paper.sheet import Printer
from ecg_forge.provenance import machine, usable_cores

PARAMETERS = Path(__file__).resolve().parents[1] / "conf" / "base" / "parameters" / "paper_ecg.yml"
RECORDS = 16


def seconds_per_sheet(layout: str, sheets: int, seed: int) -> tuple[float, tuple[int, ...]]:
    """Return what one sheet takes in this process, and its size in pixels; one printer draws them all."""
    signals = simulate_ptbxl(SimulationConfig(n_records=RECORDS, seed=seed)).signals
    recordings = signals.millivolts(signals.ecg_id)
    config = SheetConfig(**yaml.safe_load(PARAMETERS.read_text(encoding="utf-8"))["paper_ecg"]["sheet"])
    since = time.perf_counter()
    printer = Printer(layout, config, signals.length / signals.fs)
    for number in range(sheets):
        sheet = printer.draw(recordings[number % RECORDS], signals.fs)
    return (time.perf_counter() - since) / sheets, sheet.mask.shape


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=usable_cores())
    parser.add_argument("--sheets", type=int, default=40, help="of each layout in each process")
    arguments = parser.parse_args()
    config = yaml.safe_load(PARAMETERS.read_text(encoding="utf-8"))["paper_ecg"]["sheet"]
    workers = arguments.workers
    print(f"{machine()}, {workers} processes, {config['px_per_mm']} px/mm")
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for layout in config["layouts"]:
            timed = list(pool.map(seconds_per_sheet, [layout] * workers, [arguments.sheets] * workers, range(workers)))
            rate = sum(1 / seconds for seconds, _ in timed)
            height, width = timed[0][1]
            print(f"{layout:6} {width} x {height} px  {rate:6.1f} sheets/s")


if __name__ == "__main__":
    main()
