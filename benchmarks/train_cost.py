"""What a training recording costs each denoiser, in processor time on one core.

``python benchmarks/train_cost.py unet1d_small sssd_small``. The first name is what the others are compared with;
trained for equally long, another denoiser sees as many times fewer recordings. The rhythm that is trained beside every
denoiser is counted. Weights and signals are random: the cost does not depend on them.
"""

import argparse
import time
from statistics import median

import torch

from ecg_forge.diffusion.config import EdmConfig
from ecg_forge.diffusion.process import build_process
from ecg_forge.diffusion.weighting import denoising_loss
from ecg_forge.ecg.beats import MOST_BEATS
from ecg_forge.ecg.leads import INDEPENDENT_LEADS
from ecg_forge.ecg.statements import CODES
from ecg_forge.models.condition import Condition
from ecg_forge.models.registry import build_denoiser
from ecg_forge.training.fit import autocast
from ecg_forge.training.rhythm import Rhythm

FS, LENGTH = 100, 1000


def step_seconds(name: str, batch_size: int, turns: int) -> float:
    """Return the processor time of a training step per recording, the median over turns after one to warm up."""
    process = build_process(EdmConfig())
    denoiser = process.precondition(build_denoiser(name, len(INDEPENDENT_LEADS), len(CODES)))
    rhythm = Rhythm(FS)
    optimiser = torch.optim.AdamW([*denoiser.parameters(), *rhythm.parameters()])
    clean = torch.randn(batch_size, len(INDEPENDENT_LEADS), LENGTH)
    beats = torch.arange(MOST_BEATS) * float(FS)
    beats[beats >= LENGTH] = torch.nan
    condition = Condition.null(batch_size, len(CODES)).with_beats(beats.expand(batch_size, -1))
    spent = []
    for _ in range(turns + 1):
        began = time.process_time()
        sigma = process.training_sigmas(torch.rand(batch_size))
        with autocast(torch.device("cpu"), "auto"):
            loss = denoising_loss(denoiser, clean, sigma, torch.randn_like(clean), condition, "edm").mean()
            loss = loss + rhythm.loss(condition, torch.rand(batch_size), torch.randn(batch_size, 1, MOST_BEATS)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        spent.append((time.process_time() - began) / batch_size)
    return median(spent[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    costs = {name: step_seconds(name, arguments.batch_size, arguments.turns) for name in arguments.names}
    first = costs[arguments.names[0]]
    for name, cost in costs.items():
        print(f"{name:14} {1000 * cost:8.1f} ms a recording, {cost / first:6.1f} times {arguments.names[0]}")


if __name__ == "__main__":
    main()
