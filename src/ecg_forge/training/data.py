"""Batches from memory-mapped signals: random crops for training, sliding windows for scoring.

Every random choice is a function of (seed, epoch, position), so workers, restarts and batch order cannot change it. A
data set here is asked for whole batches, so that nothing is done record by record but copying samples from the map.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS, lead_positions
from ecg_forge.ecg.records import Signals, to_millivolts

Order = Callable[[int], np.ndarray]
"""The rows of the training table in the order of the n-th pass over them: n to int ``(row,)``."""


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
        self.ecg_ids = np.asarray(ecg_ids, dtype=np.int64)
        self._pool, self._row = self._locate(self.ecg_ids)

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

    def crops(self, positions: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
        """Return float32 ``(record, lead, length)`` in mV: of each record the samples from its start on.

        Args:
            positions: ``(record,)``, places in ``ecg_ids``.
            starts: ``(record,)``, first sample of each.
            length: samples of each.
        """
        chosen = np.empty((len(positions), len(self._leads[0]), length), dtype=np.int16)
        for place, (position, start) in enumerate(zip(positions, starts, strict=True)):
            pool = self._pool[position]
            record = self._pools[pool].samples[self._row[position]]
            chosen[place] = record[self._leads[pool], start : start + length]
        return to_millivolts(chosen)


class TrainingCrops(Dataset[tuple[torch.Tensor, ...]]):
    """Batches of random crops with what belongs to their rows; a batch is addressed by its draws.

    Args:
        pools: signals of the rows of the training table.
        tables: float32 ``(row, ...)`` each: targets, conditions, metadata.
        crop: samples per crop; the whole recording when it equals its length.
    """

    def __init__(self, pools: SignalPools, tables: Sequence[np.ndarray], crop: int) -> None:
        if crop > pools.length:
            raise BadInput(f"a crop of {crop} samples is longer than the recordings ({pools.length} samples)")
        self._pools, self._tables, self._crop = pools, tables, crop

    def __len__(self) -> int:
        return len(self._pools)

    def __getitem__(self, draws: np.ndarray) -> tuple[torch.Tensor, ...]:
        """Return crops ``(draw, lead, sample)`` in mV and the tables' rows, for int64 ``(draw, 2)`` of row and seed."""
        rows, seeds = draws.T
        starts = (uniforms(seeds) * (self._pools.length - self._crop + 1)).astype(np.int64)
        return _tensors(self._pools.crops(rows, starts, self._crop), *(table[rows] for table in self._tables))


class Windows(Dataset[tuple[torch.Tensor, ...]]):
    """Batches of records cut into equally spaced windows ``(record, window, lead, sample)`` that cover them."""

    def __init__(self, pools: SignalPools, tables: Sequence[np.ndarray], crop: int, stride: int) -> None:
        crop = min(crop, pools.length)
        self._pools, self._tables, self._crop = pools, tables, crop
        self._starts = window_starts(pools.length, crop, stride)

    def __len__(self) -> int:
        return len(self._pools)

    def __getitem__(self, rows: np.ndarray) -> tuple[torch.Tensor, ...]:
        whole = self._pools.crops(rows, np.zeros(len(rows), dtype=np.int64), self._pools.length)
        windows = np.stack([whole[:, :, start : start + self._crop] for start in self._starts], axis=1)
        return _tensors(windows, *(table[rows] for table in self._tables))


def window_starts(length: int, crop: int, stride: int) -> list[int]:
    """Return the first sample of each window, rising; the last one ends with the recording."""
    return sorted({*range(0, length - crop, stride), length - crop})


def _tensors(*arrays: np.ndarray) -> tuple[torch.Tensor, ...]:
    return tuple(torch.from_numpy(array) for array in arrays)


def in_order(n_rows: int, batch_size: int) -> list[np.ndarray]:
    """Return the batches of all rows, in order; the last one may be shorter."""
    return [np.arange(start, min(start + batch_size, n_rows)) for start in range(0, n_rows, batch_size)]


def shuffled(n_rows: int, seed: int) -> Order:
    """Return the order in which each pass sees every row once."""
    if n_rows < 1:
        raise BadInput("the training table is empty")
    return lambda number: np.random.default_rng([seed, number]).permutation(n_rows)


def balanced(targets: np.ndarray, seed: int) -> Order:
    """Return an order in which rows of rare labels come up more often: drawn with replacement, a pass at a time.

    A row is drawn in proportion to the sum over its labels of 1 / records with that label, so each label brings
    equally much; rows without any label are drawn as if they shared one of their own.

    Args:
        targets: ``(row, label)`` of 0 and 1.
        seed: of the draws.
    """
    if len(targets) < 1:
        raise BadInput("the training table is empty")
    groups = np.column_stack([targets, ~targets.any(axis=1)]).astype(np.float64)
    weight = (groups / np.maximum(groups.sum(axis=0), 1)).sum(axis=1)
    return lambda number: np.random.default_rng([seed, number]).choice(
        len(weight), len(weight), p=weight / weight.sum()
    )


class FixedLengthEpochs(Sampler[np.ndarray]):
    """Batches of draws from an endless stream of passes over all rows, cut into epochs of equally many batches.

    Epochs follow one another without a gap, so no row is favoured by the length of an epoch. A batch is int64
    ``(draw, 2)``: row, and the seed of this draw. ``set_epoch`` is called by Lightning.
    """

    def __init__(self, order: Order, batch_size: int, steps_per_epoch: int, seed: int) -> None:
        self._order, self._batch_size, self._steps, self._seed = order, batch_size, steps_per_epoch, seed
        self._n_rows = len(order(0))
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return self._steps

    def __iter__(self) -> Iterator[np.ndarray]:
        number, order = -1, np.empty(0, dtype=np.int64)
        for step in range(self._epoch * self._steps, (self._epoch + 1) * self._steps):
            draws = np.arange(step * self._batch_size, (step + 1) * self._batch_size)
            rows = np.empty_like(draws)
            for wanted in np.unique(draws // self._n_rows):
                if wanted != number:
                    number, order = wanted, self._order(int(wanted))
                here = draws // self._n_rows == wanted
                rows[here] = order[draws[here] % self._n_rows]
            yield np.stack([rows, self._seed * 2**40 + draws], axis=1)


def uniforms(seeds: np.ndarray) -> np.ndarray:
    """Hash integers ``(n,)`` to uniform numbers in [0, 1), ``(n,)``, with SplitMix64 (Steele et al. 2014).

    A generator of its own per crop would cost more than reading the crop.
    """
    z = seeds.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53
