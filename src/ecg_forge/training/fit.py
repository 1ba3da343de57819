"""One way to run Lightning's trainer for every model: resumable, reproducible, quiet, with a history table."""

import hashlib
import json
import logging
import math
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import lightning.pytorch as lightning
import numpy as np
import pandas as pd
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint, TQDMProgressBar
from torch.utils.data import DataLoader

from ecg_forge.provenance import usable_cores
from ecg_forge.training.data import FixedLengthEpochs

logger = logging.getLogger(__name__)

_EXPECTED_WARNINGS = (
    "Checkpoint directory .* exists and is not empty",  # it holds the fingerprint
    "The '.*_dataloader' does not have many workers",  # the memory map is faster than a worker's queue
    ".*isinstance\\(treespec, LeafSpec\\)",  # Lightning's own
)


class CheckpointHandle(Protocol):
    """A folder in which an unfinished training keeps its last checkpoint; the catalog hands it in."""

    def matching(self, fingerprint: str) -> Path | None:
        """Return the last checkpoint of a training with this fingerprint, or None."""
        ...

    def start(self, fingerprint: str) -> Path:
        """Empty the folder for a training with this fingerprint and return it."""
        ...

    def clear(self) -> None:
        """Remove the folder."""
        ...


@dataclass(frozen=True)
class Run:
    """How one training runs.

    Attributes:
        name: what it is called in the log.
        epochs: in all.
        precision: one of Lightning's, or ``auto``.
        gradient_clip: largest gradient norm, None for no clipping.
        validate_every: epochs from one validation to the next.
        seed: of everything random that happens inside a step.
        fingerprint: equal for trainings that would end with the same weights; see `fingerprint`.
    """

    name: str
    epochs: int
    precision: str
    gradient_clip: float | None
    validate_every: int
    seed: int
    fingerprint: str


def fingerprint(config: Any, *tables: pd.DataFrame) -> str:
    """Digest a config dataclass and the tables a training depends on, so that only its own checkpoint is continued.

    ``workers`` does not count: who reads the batches changes none of them.
    """
    settings = {name: value for name, value in asdict(config).items() if name != "workers"}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for table in tables:
        digest.update(pd.util.hash_pandas_object(table).to_numpy().tobytes())
        digest.update(",".join(map(str, table.columns)).encode())
    return digest.hexdigest()


class SeedEachStep(Callback):
    """Seed torch before each step from (seed, step), so that a continued training draws what an unbroken one would."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def on_train_batch_start(self, trainer: lightning.Trainer, *_: Any) -> None:
        torch.manual_seed(int(np.random.SeedSequence([self._seed, trainer.global_step]).generate_state(1)[0]))


class ContinueOrder(Callback):
    """Tell the sampler with which epoch a continued training begins.

    Lightning says so too, but after it has made the iterator, and with workers that one draws batches at once.
    """

    def __init__(self, sampler: FixedLengthEpochs) -> None:
        self._sampler = sampler

    def on_load_checkpoint(self, trainer: lightning.Trainer, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        self._sampler.set_epoch(checkpoint["epoch"] + 1)


class History(Callback):
    """One row per epoch of every metric that was logged, kept in the checkpoint, written to the log.

    ``records_per_s`` counts the training part of an epoch, ``seconds`` all of it; the columns of validation are
    empty where an epoch was not validated.
    """

    def __init__(self, run: Run) -> None:
        self.rows: list[dict[str, float]] = []
        self._run = run
        self._since, self._trained_s, self._records = 0.0, 0.0, 0

    def on_train_epoch_start(self, *_: Any) -> None:
        self._since, self._trained_s, self._records = time.perf_counter(), 0.0, 0

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._records += len(batch[0])
        self._trained_s = time.perf_counter() - self._since

    def on_train_epoch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        validated = (trainer.current_epoch + 1) % self._run.validate_every == 0
        logged = sorted(trainer.callback_metrics.items())
        metrics = {name: float(value) for name, value in logged if validated or not name.startswith("val_")}
        metrics["records_per_s"] = self._records / self._trained_s
        seconds = time.perf_counter() - self._since
        self.rows.append({"epoch": trainer.current_epoch + 1, **metrics, "seconds": seconds})
        text = "  ".join(f"{name} {value:.4g}" for name, value in metrics.items())
        logger.info("%s: epoch %d of %d  %s  %.1f s", self._run.name, len(self.rows), self._run.epochs, text, seconds)

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows = list(state_dict["rows"])


def fit(
    module: lightning.LightningModule,
    train: DataLoader,
    validation: DataLoader,
    run: Run,
    checkpoints: CheckpointHandle,
    callbacks: Sequence[Callback] = (),
) -> pd.DataFrame:
    """Train ``module`` in place, continuing from the last checkpoint of the same run if there is one.

    ``train`` must draw its batches with `FixedLengthEpochs`.

    Returns:
        The history: one row per epoch with ``epoch``, every logged metric, ``records_per_s`` and ``seconds``.
    """
    torch.set_num_threads(usable_cores())
    for chatty in ("lightning.pytorch", "lightning.fabric"):  # they set their own level when imported
        logging.getLogger(chatty).setLevel(logging.WARNING)
    last = checkpoints.matching(run.fingerprint)
    folder = last.parent if last else checkpoints.start(run.fingerprint)
    if last:
        logger.info("%s: continuing from its last checkpoint", run.name)
    history = History(run)
    assert isinstance(train.sampler, FixedLengthEpochs)
    trainer = _trainer(run, folder, [SeedEachStep(run.seed), ContinueOrder(train.sampler), *callbacks, history])
    with warnings.catch_warnings():
        for message in _EXPECTED_WARNINGS:
            warnings.filterwarnings("ignore", message=message)
        trainer.fit(module, train, validation, ckpt_path=last, weights_only=True)
    if trainer.interrupted:
        raise KeyboardInterrupt
    checkpoints.clear()
    return pd.DataFrame(history.rows)


def _trainer(run: Run, folder: Path, callbacks: list[Callback]) -> lightning.Trainer:
    """Return Lightning's trainer on one device, which keeps its last checkpoint in ``folder``."""
    interactive = sys.stderr.isatty()
    return lightning.Trainer(
        max_epochs=run.epochs,
        check_val_every_n_epoch=run.validate_every,
        precision=device_precision(run.precision),  # type: ignore[arg-type]
        gradient_clip_val=run.gradient_clip,
        callbacks=[
            *callbacks,
            ModelCheckpoint(folder, filename="last", enable_version_counter=False, save_on_train_epoch_end=True),
            *([TQDMProgressBar()] if interactive else []),
        ],
        devices=1,
        logger=False,
        enable_progress_bar=interactive,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )


def cpu_tensors(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Copy a module's parameters and buffers to the CPU, by name."""
    return {name: value.detach().cpu().clone() for name, value in module.state_dict().items()}


def peak_memory_gb() -> float:
    """Return the most memory the process has held so far, in 10⁹ bytes; memory-mapped files count as far as read.

    NaN where the system does not count it (Windows).
    """
    try:
        import resource
    except ImportError:
        return math.nan
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest * (1 if sys.platform == "darwin" else 1024) / 1e9


def compute_device() -> torch.device:
    """The GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_precision(precision: str) -> str:
    """Turn ``auto`` into bf16-mixed on a device that computes with bfloat16 natively, else into 32-true.

    A processor without such instructions emulates bfloat16 and takes about twice as long as with float32.
    """
    if precision != "auto":
        return precision
    if torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported()
    else:
        abilities = torch.cpu.get_capabilities()
        native = bool(abilities.get("amx_bf16") or abilities.get("avx512_bf16"))
    return "bf16-mixed" if native else "32-true"


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """The autocast context that goes with a precision, for inference outside the trainer."""
    dtype = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}.get(device_precision(precision))
    return torch.autocast(device.type, dtype=dtype or torch.bfloat16, enabled=dtype is not None)
