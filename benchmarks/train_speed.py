"""How fast the engine trains beside a plain PyTorch loop over the same network and batches.

``python benchmarks/train_speed.py data/03_primary/signals --model resnet1d_wang``, the folder of ``signals``.
The two take turns, so that a machine that slows down slows both.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader

from ecg_forge.datasets.checkpoints import CheckpointFolder
from ecg_forge.datasets.signal_array import SignalArray
from ecg_forge.ecg.labels import TASKS
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals
from ecg_forge.models.registry import build_classifier
from ecg_forge.provenance import usable_cores
from ecg_forge.training.classifier import Examples, Scales, fit_classifier
from ecg_forge.training.config import ClassifierConfig
from ecg_forge.training.data import FixedLengthEpochs, SignalPools, TrainingCrops, shuffled
from ecg_forge.training.fit import autocast, compute_device, peak_memory_gb

SCALES = Scales({"mean_mv": 0.0, "sd_mv": 0.24}, {"mean_years": 60.0, "sd_years": 17.0})


def some_examples(signals: Signals) -> Examples:
    """All signals with labels that say nothing: only the time matters here."""
    drawn = np.random.default_rng(0).random((len(signals), len(TASKS["all"]))) < 0.04
    labels = pd.DataFrame(drawn, index=signals.ecg_id, columns=list(TASKS["all"]))
    people = pd.DataFrame({"age": 60.0, "sex": "female"}, index=signals.ecg_id)
    return Examples(SignalPools([signals], signals.ecg_id), people, labels)


def plain_loop(examples: Examples, config: ClassifierConfig) -> float:
    """Train as many steps without the engine; return records per second."""
    device, (mean_mv, sd_mv) = compute_device(), SCALES.normaliser.values()
    network = build_classifier(config.model, len(LEADS), examples.labels.shape[1]).to(device).train()
    optimiser = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=config.epochs * config.steps_per_epoch
    )
    loader = DataLoader(
        TrainingCrops(examples.pools, [examples.labels.to_numpy(np.float32)], round(config.crop_s * examples.pools.fs)),
        sampler=FixedLengthEpochs(
            shuffled(len(examples.pools), config.seed), config.batch_size, config.steps_per_epoch, config.seed
        ),
        batch_size=None,
        num_workers=config.workers,
        pin_memory=device.type == "cuda",
    )
    since = time.perf_counter()
    for signal, target in loader:
        scaled = (signal.to(device, non_blocking=True) - mean_mv) / sd_mv
        with autocast(device, config.precision):
            logits = network(scaled)
        loss = nn.functional.binary_cross_entropy_with_logits(logits.float(), target.to(device, non_blocking=True))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    float(loss.detach())  # waits for a GPU
    return config.batch_size * config.steps_per_epoch / (time.perf_counter() - since)


def engine(examples: Examples, validation: Examples, config: ClassifierConfig) -> float:
    """Train as many steps with the engine; return the records per second it reports, validation left out."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoints = CheckpointFolder(Path(folder) / "checkpoints")
        _, history = fit_classifier(examples, validation, SCALES, config, checkpoints, "speed")
    return float(history["records_per_s"].iloc[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("signals")
    parser.add_argument("--model", default="resnet1d_wang")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(usable_cores())
    config = ClassifierConfig(arguments.model, "all", epochs=1, steps_per_epoch=arguments.steps)
    signals = SignalArray(filepath=arguments.signals).load()
    examples = some_examples(signals)
    few = Signals(signals.samples[:8], signals.ecg_id[:8], signals.leads, signals.fs)
    validation = some_examples(few)
    speeds = [(plain_loop(examples, config), engine(examples, validation, config)) for _ in range(arguments.turns + 1)][
        1:
    ]
    plain, ours = (median(turn) for turn in zip(*speeds, strict=True))
    print(f"{arguments.model}, batches of {config.batch_size} crops of {config.crop_s} s, {usable_cores()} cores,")
    print(f"median of {arguments.turns} turns of {arguments.steps} steps")
    print(f"plain PyTorch loop  {plain:8.1f} records/s")
    print(f"engine              {ours:8.1f} records/s, {median(b / a for a, b in speeds):.3f} of it")
    print(f"peak memory         {peak_memory_gb():8.2f} GB")


if __name__ == "__main__":
    main()
