"""What one synthetic ECG costs: our denoiser at 20 evaluations beside SSSD-ECG's network at its 200, in one run.

``python benchmarks/sample_cost.py --ours unet1d_small``. Both have random weights, which change no cost. They take
turns, so that a machine that slows down slows both, and each has the precision and batch that are cheapest for it.
Every evaluation of a network costs the same whatever the noise level, so by default a few are timed and multiplied;
``--whole`` times them all. The kernels of the state-space layers and the weights behind weight norms are computed once,
before the clock starts. Ours counts what drawing the rhythm takes, whose beats its denoiser hears; SSSD-ECG's network
has none. On a machine that is busy with something else, ``--threads 1`` is the fairer comparison.
"""

import argparse
import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import torch
from torch import nn
from torch.nn.utils import parametrize

from ecg_forge.ecg.leads import INDEPENDENT_LEADS
from ecg_forge.ecg.statements import CODES
from ecg_forge.models.condition import Condition
from ecg_forge.models.registry import build_denoiser
from ecg_forge.models.s4d import frozen_kernels
from ecg_forge.provenance import machine, usable_cores
from ecg_forge.training.fit import autocast
from ecg_forge.training.rhythm import Rhythm

FS, LENGTH = 100, 1000  # 10 s
PRECISIONS = ("32-true", "bf16-mixed")
OURS_EVALUATIONS, SSSD_EVALUATIONS = 20, 200
BATCHES = {"cpu": ((16,), (1, 2)), "cuda": ((512,), (64, 128))}  # to try with ours and with SSSD-ECG


@dataclass(frozen=True)
class Sampling:
    """How one network samples: ``evaluations`` of it make ``batch`` ECGs."""

    name: str
    network: nn.Module
    device: torch.device
    precision: str
    batch: int
    evaluations: int

    def seconds(self, times: int) -> float:
        """Return what ``times`` evaluations of one batch take."""
        x = torch.randn(self.batch, len(INDEPENDENT_LEADS), LENGTH, device=self.device)
        c_noise = torch.zeros(self.batch, device=self.device)
        condition = Condition.null(self.batch, len(CODES), self.device)
        with autocast(self.device, self.precision):
            self.network(x, c_noise, condition)  # warms up: caches, and on a GPU the choice of algorithms
            _wait(self.device)
            since = time.perf_counter()
            for _ in range(times):
                self.network(x, c_noise, condition)
            _wait(self.device)
            return time.perf_counter() - since

    def seconds_per_ecg(self, times: int) -> float:
        """Return what an ECG costs, from ``times`` evaluations."""
        return self.seconds(times) / times * self.evaluations / self.batch


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


@contextmanager
def sampling_mode(*networks: nn.Module) -> Iterator[None]:
    """Neither gradients nor anything computed twice that follows from the weights alone."""
    with torch.no_grad(), parametrize.cached(), frozen_kernels(nn.ModuleList(networks)):
        yield


def cheapest(name: str, device: torch.device, batches: tuple[int, ...], evaluations: int) -> Sampling:
    """Build a network and return the precision and batch in which its ECGs cost least, each tried twice."""
    network = build_denoiser(name, len(INDEPENDENT_LEADS), len(CODES)).to(device).eval()
    choices = [
        Sampling(name, network, device, precision, batch, evaluations)
        for precision, batch in itertools.product(PRECISIONS, batches)
    ]
    with sampling_mode(network):
        return min(choices, key=lambda choice: min(choice.seconds_per_ecg(1) for _ in range(2)))


def rhythm_seconds_per_ecg(sampling: Sampling) -> float:
    """Return what the rhythm of an ECG costs, drawn for as many as are sampled together."""
    rhythm = Rhythm(FS).to(sampling.device).eval()
    condition, seeds = Condition.null(sampling.batch, len(CODES), sampling.device), range(sampling.batch)
    with autocast(sampling.device, sampling.precision):
        rhythm.draw(condition, seeds, LENGTH)  # warms up
        _wait(sampling.device)
        since = time.perf_counter()
        rhythm.draw(condition, seeds, LENGTH)
        _wait(sampling.device)
        return (time.perf_counter() - since) / sampling.batch


def compare(ours: str, device: torch.device, turns: int, few: int | None) -> None:
    """Print what an ECG costs with each of the two on one device, from ``few`` evaluations, None for all."""
    batches, sssd_batches = BATCHES[device.type]
    both = (
        cheapest(ours, device, batches, OURS_EVALUATIONS),
        cheapest("sssd", device, sssd_batches, SSSD_EVALUATIONS),
    )
    with sampling_mode(*(sampling.network for sampling in both)):
        taken = []
        for _ in range(turns):
            own, sssd = (sampling.seconds_per_ecg(few or sampling.evaluations) for sampling in both)
            taken.append((own + rhythm_seconds_per_ecg(both[0]), sssd))
    print(f"{_place(device)}, median of {turns} turns")
    for sampling, seconds in zip(both, map(median, zip(*taken, strict=True)), strict=True):
        print(
            f"{sampling.name:14} {sampling.evaluations:4} evaluations, batch {sampling.batch:3}, "
            f"{sampling.precision:10} {seconds:10.4f} s per ECG {1 / seconds:10.4g} ECG/s"
        )
    print(f"ratio {median(sssd / own for own, sssd in taken):.1f}")


def _place(device: torch.device) -> str:
    return torch.cuda.get_device_name() if device.type == "cuda" else f"{machine()}, {torch.get_num_threads()} threads"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", default="unet1d_small", help="name of our denoiser")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--evaluations", type=int, default=3, help="of each network in a turn")
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--whole", action="store_true", help="time every evaluation instead")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    few = None if arguments.whole else arguments.evaluations
    timed = f"{few} evaluations timed and multiplied: each costs the same" if few else "every evaluation timed"
    print(f"{LENGTH} samples of {len(INDEPENDENT_LEADS)} leads, {timed}")
    for device in ("cpu", *(["cuda"] if torch.cuda.is_available() else [])):
        compare(arguments.ours, torch.device(device), arguments.turns, few)


if __name__ == "__main__":
    main()
