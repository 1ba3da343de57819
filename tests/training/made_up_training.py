"""A training that is killed, and what the tests of training compare it by."""

from pathlib import Path
from typing import Any

import lightning.pytorch as lightning
import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import Callback

from ecg_forge.ecg.leads import twelve_leads
from ecg_forge.ecg.records import Signals, to_microvolts
from ecg_forge.training import fit as engine


class Folder:
    """A checkpoint folder as the catalog hands it in."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def matching(self, fingerprint: str) -> Path | None:
        last, kept = self.path / "last.ckpt", self.path / "fingerprint.txt"
        return last if last.exists() and kept.read_text() == fingerprint else None

    def start(self, fingerprint: str) -> Path:
        self.path.mkdir(exist_ok=True)
        (self.path / "last.ckpt").unlink(missing_ok=True)
        (self.path / "fingerprint.txt").write_text(fingerprint)
        return self.path

    def clear(self) -> None:
        for file in self.path.iterdir():
            file.unlink()


class Killed(Exception):
    pass


class Kill(Callback):
    """Ends the process in the middle of an epoch, as far as the training can tell."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        if trainer.global_step == self.step:
            raise Killed


def kill_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    whole = lightning.Trainer

    def trainer(*args: Any, callbacks: list[Callback], **kwargs: Any) -> lightning.Trainer:
        return whole(*args, callbacks=[*callbacks, Kill(step)], **kwargs)

    monkeypatch.setattr(engine.lightning, "Trainer", trainer)


def records(n: int = 24, length: int = 200) -> Signals:
    """Odd records are three times as large as even ones."""
    eight = np.random.default_rng(0).normal(scale=0.2, size=(n, 8, length))
    eight[1::2] *= 3
    return Signals(to_microvolts(twelve_leads(eight)), np.arange(n))


def assert_equal_weights(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert first["tensors"].keys() == second["tensors"].keys()
    for name, value in first["tensors"].items():
        assert torch.equal(value, second["tensors"][name]), name
