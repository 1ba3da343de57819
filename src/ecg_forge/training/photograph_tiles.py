"""Tiles of simulated photographs, taken while a segmenter is trained; no picture is ever written.

Which record is photographed how, and where tiles are cut, follow from (seed, step), as with crops of signals.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch.utils.data import Dataset

from ecg_forge.paper.layout import SheetConfig
from ecg_forge.paper.photograph import Photograph, take_photograph
from ecg_forge.paper.photograph_config import PhotographConfig
from ecg_forge.paper.sheet import Printer
from ecg_forge.training.data import FixedLengthEpochs, Order, SignalPools
from ecg_forge.training.segmenter_config import SegmenterConfig

_APART = 2**40  # seeds of one training and of the next


class TileDraws(FixedLengthEpochs):
    """Batches of tiles whose photographs are drawn from an endless stream of passes over all records.

    A batch is int64 ``(tile, 3)``: row of the record, seed of its photograph, seed of the tile.
    """

    def __init__(self, order: Order, config: SegmenterConfig) -> None:
        super().__init__(order, config.batch_size, config.steps_per_epoch, config.seed)
        self._config = config

    def __iter__(self) -> Iterator[np.ndarray]:
        config = self._config
        for step in range(self._epoch * self._steps, (self._epoch + 1) * self._steps):
            first = step // config.steps_per_photograph * config.photographs
            photographs = np.resize(np.arange(first, first + config.photographs), config.batch_size)
            rows = [self._order(int(number // self._n_rows))[number % self._n_rows] for number in photographs]
            tiles = np.arange(step * config.batch_size, (step + 1) * config.batch_size)
            yield np.stack([rows, self._seed * _APART + photographs, self._seed * _APART + tiles], axis=1)


class PhotographTiles(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Tiles of photographs of printed records, with the class of every pixel; a batch is addressed by its draws.

    Args:
        pools: signals of all twelve leads, one row per record.
        sheets, photographs: how records are printed and photographed.
        config: which layouts, strengths and tiles.
    """

    def __init__(
        self, pools: SignalPools, sheets: SheetConfig, photographs: PhotographConfig, config: SegmenterConfig
    ) -> None:
        self._pools, self._config = pools, config
        self._strengths = [photographs.strength(name) for name in config.strengths]
        seconds = pools.length / pools.fs
        self._printers = [Printer(name, sheets, seconds) for name in config.layouts]
        self._taken: dict[tuple[int, int], Photograph] = {}

    def __len__(self) -> int:
        return len(self._pools)

    def __getitem__(self, draws: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Return pictures uint8 ``(tile, row, column, 3)`` and classes uint8 ``(tile, row, column)``."""
        pairs = [self._cut(self._photograph(int(row), int(seed)), int(place)) for row, seed, place in draws]
        pictures, masks = (np.stack(arrays) for arrays in zip(*pairs, strict=True))
        return torch.from_numpy(pictures), torch.from_numpy(masks)

    def _photograph(self, row: int, seed: int) -> Photograph:
        """Take a photograph, or return it if it is among the last ones; a step needs no more than it cuts from."""
        if (row, seed) not in self._taken:
            if len(self._taken) == self._config.photographs:
                del self._taken[next(iter(self._taken))]
            self._taken[row, seed] = self._take(row, seed)
        return self._taken[row, seed]

    def _take(self, row: int, seed: int) -> Photograph:
        layout, strength = np.random.default_rng(seed).integers([len(self._printers), len(self._strengths)])
        (signal_mv,) = self._pools.crops(np.array([row]), np.array([0]), self._pools.length)
        sheet = self._printers[layout].draw(signal_mv, self._pools.fs)
        return take_photograph(sheet, self._strengths[strength], seed)

    def _cut(self, photograph: Photograph, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Cut a tile at random; a photograph smaller than one is continued with its border."""
        side = self._config.tile
        lacking = [max(0, side - length) for length in photograph.mask.shape]
        image = np.pad(photograph.image, [(0, lacking[0]), (0, lacking[1]), (0, 0)], mode="edge")
        mask = np.pad(photograph.mask, [(0, lacking[0]), (0, lacking[1])])
        generator = np.random.default_rng([seed, 1])
        row, column = (generator.integers(0, length - side + 1) for length in mask.shape)
        return image[row : row + side, column : column + side], mask[row : row + side, column : column + side]
