"""Batches from memory-mapped signals: random crops for training, sliding windows for scoring.

Every random choice is a function of (seed, epoch, position), so workers, restarts and batch order cannot change it.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS, lead_positions
from ecg_forge.ecg.records import Signals, to_millivolts

Draw = tuple[int, int]  # row of the training table, seed of this draw


class SignalPools:
    """Several sets of signals looked up by ecg_id as if they were one; nothing is copied.

    Args:
        pools: signals of one rate and length, with disjoint ecg_ids.
        ecg_ids: the records wanted, in order; an id may repeat.
        leads: lead names wanted, in order.
    """

    def __init__(self, pools: Sequence[Signals], ecg_ids: np.ndarray, leads: Sequence[str] = LEADS) -> None:
        shapes = {(pool.fs, pool.length) for pool in pools}
        if len(shapes) != 1:
            raise BadInput(f"signals differ in (sampling rate, samples): {sorted(shapes)}; make them again at one rate")
        self.fs, self.length = shapes.pop()
        self._pools = pools
        self._leads = [lead_positions(leads, pool.leads) for pool in pools]
        self._pool, self._row = self._locate(np.asarray(ecg_ids, dtype=np.int64))

    def _locate(self, ecg_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pool_of = np.full(len(ecg_ids), -1)
        row_of = np.zeros(len(ecg_ids), dtype=np.int64)
        for number, pool in enumerate(self._pools):
            here = np.isin(ecg_ids, pool.ecg_id)
            pool_of[here], row_of[here] = number, pool.rows(ecg_ids[here])
        if (pool_of < 0).any():
            raise BadInput(
                f"no signal for ecg_id {ecg_ids[pool_of < 0][0]} ({int((pool_of < 0).sum())} missing in all)"
            )
        return pool_of, row_of

    def __len__(self) -> int:
        return len(self._row)

    def crop(self, position: int, start: int, length: int) -> np.ndarray:
        """Return float32 ``(lead, length)`` in mV of one record from sample ``start`` on."""
        pool = self._pool[position]
        samples = self._pools[pool].samples[self._row[position], :, start : start + length]
        return to_millivolts(samples[self._leads[pool]])


class TrainingCrops(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Random crops with their targets; an item is addressed by (row, seed of the draw).

    Args:
        pools: signals of the rows of the training table.
        targets: float32 ``(row, ...)``.
        crop: samples per crop; the whole recording when it equals its length.
    """

    def __init__(self, pools: SignalPools, targets: np.ndarray, crop: int) -> None:
        if crop > pools.length:
            raise BadInput(f"a crop of {crop} samples is longer than the recordings ({pools.length} samples)")
        self._pools, self._targets, self._crop = pools, targets, crop

    def __len__(self) -> int:
        return len(self._pools)

    def __getitem__(self, draw: Draw) -> tuple[torch.Tensor, torch.Tensor]:
        row, seed = draw
        start = int(np.random.default_rng(seed).integers(0, self._pools.length - self._crop + 1))
        return torch.from_numpy(self._pools.crop(row, start, self._crop)), torch.from_numpy(self._targets[row])


class Windows(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Every record cut into equally spaced windows ``(window, lead, sample)`` that cover it, with its target."""

    def __init__(self, pools: SignalPools, targets: np.ndarray, crop: int, stride: int) -> None:
        crop = min(crop, pools.length)
        self._pools, self._targets, self._crop = pools, targets, crop
        self._starts = sorted({*range(0, pools.length - crop, stride), pools.length - crop})

    def __len__(self) -> int:
        return len(self._pools)

    def __getitem__(self, position: int) -> tuple[torch.Tensor, torch.Tensor]:
        whole = self._pools.crop(position, 0, self._pools.length)
        windows = np.stack([whole[:, start : start + self._crop] for start in self._starts])
        return torch.from_numpy(windows), torch.from_numpy(self._targets[position])


class FixedLengthEpochs(Sampler[list[Draw]]):
    """Batches of draws from an endless stream of shuffles of all rows, cut into epochs of equally many batches.

    Epochs follow one another without a gap, so every row is seen equally often over the training whatever the length
    of an epoch. ``set_epoch`` is called by Lightning.
    """

    def __init__(self, n_rows: int, batch_size: int, steps_per_epoch: int, seed: int) -> None:
        if n_rows < 1:
            raise BadInput("the training table is empty")
        self._n_rows, self._batch_size, self._steps, self._seed = n_rows, batch_size, steps_per_epoch, seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return self._steps

    def __iter__(self) -> Iterator[list[Draw]]:
        first = self._epoch * self._steps * self._batch_size
        shuffle, order = -1, np.empty(0, dtype=np.int64)
        for step in range(self._steps):
            batch = []
            for draw in range(first + step * self._batch_size, first + (step + 1) * self._batch_size):
                if draw // self._n_rows != shuffle:
                    shuffle = draw // self._n_rows
                    order = np.random.default_rng([self._seed, shuffle]).permutation(self._n_rows)
                batch.append((int(order[draw % self._n_rows]), self._seed * 2**40 + draw))
            yield batch
