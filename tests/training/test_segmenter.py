from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ecg_forge.ecg.errors import BadInput
from ecg_forge.paper.sheet import CLASSES
from ecg_forge.training.data import shuffled
from ecg_forge.training.photograph_tiles import PhotographTiles, TileDraws
from ecg_forge.training.segmenter_config import SegmenterConfig
from tests.training.made_up_training import Folder, Killed, assert_equal_weights, kill_at

pytest.importorskip("monai", reason="segmenters are monai's; install ecg-forge[paper]")

from ecg_forge.training.segmenter import fit_segmenter, load_segmenter, segment
from tests.training.made_up_segmenter import CONFIG, PHOTOGRAPHS, SHEETS, recordings, untrained_segmenter


@pytest.fixture(scope="module")
def tiles() -> PhotographTiles:
    return PhotographTiles(recordings(), SHEETS, PHOTOGRAPHS, CONFIG)


def test_a_tile_follows_from_its_draw_and_its_mask_moves_with_it(tiles: PhotographTiles) -> None:
    draws = np.array([[0, 7, 1], [0, 7, 2], [0, 7, 1]])
    pictures, masks = tiles[draws]
    assert pictures.shape == (3, 32, 32, 3)
    assert masks.shape == (3, 32, 32)
    assert torch.equal(pictures[0], pictures[2])
    assert not torch.equal(pictures[0], pictures[1])
    whole = tiles._photograph(0, 7)  # the one they were cut from
    windows = np.lib.stride_tricks.sliding_window_view(whole.mask, (32, 32))
    assert (windows == masks[0].numpy()).all(axis=(2, 3)).any()


def test_a_photograph_smaller_than_a_tile_is_continued(tiles: PhotographTiles) -> None:
    large = replace(CONFIG, tile=1600)
    pictures, masks = PhotographTiles(recordings(), SHEETS, PHOTOGRAPHS, large)[np.array([[0, 7, 1]])]
    assert pictures.shape == (1, 1600, 1600, 3)
    assert masks.shape == (1, 1600, 1600)


def test_photographs_serve_some_steps_and_no_tile_comes_twice() -> None:
    draws = TileDraws(shuffled(3, seed=0), CONFIG)
    epochs = []
    for epoch in range(2):
        draws.set_epoch(epoch)
        epochs.append(np.stack(list(draws)))
    steps = np.concatenate(epochs)
    assert steps.shape == (6, 4, 3)
    assert [len(set(step[:, 1])) for step in steps] == [2] * 6
    assert [set(step[:, 1]) for step in steps[::2]] == [set(step[:, 1]) for step in steps[1::2]]
    assert len(np.unique(steps[..., 1])) == 6
    assert len(np.unique(steps[..., 2])) == 24
    assert len(np.unique(steps[..., :2].reshape(-1, 2), axis=0)) == 6  # a photograph is of one record


def test_a_killed_training_ends_with_the_weights_of_one_never_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(folder: str) -> tuple[dict[str, Any], Any]:
        return fit_segmenter(recordings(), recordings(1), SHEETS, PHOTOGRAPHS, CONFIG, Folder(tmp_path / folder))

    whole, history = train("whole")
    assert list(history["epoch"]) == [1, 2]
    assert {"train_loss", "val_loss", "val_trace_dice"} <= set(history)
    assert whole["config"]["classes"] == list(CLASSES)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        kill_at(patch, step=5)
        train("killed")
    continued, _ = train("killed")
    assert_equal_weights(whole, continued)


@pytest.mark.parametrize("size", [(20, 150), (97, 61)])
def test_a_picture_of_any_size_is_segmented(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    seen = segment(load_segmenter(untrained_segmenter()), image)
    assert seen.mask.shape == size
    assert seen.trace.shape == size
    assert seen.mask.dtype == np.uint8
    assert seen.mask.max() < len(CLASSES)
    assert 0 <= seen.trace.min() <= seen.trace.max() <= 1


def test_a_segmenter_learns_a_photograph_by_heart() -> None:
    config = replace(CONFIG, width=4, tile=128, photographs=1)
    torch.manual_seed(0)
    from ecg_forge.training.segmenter import SegmenterTraining

    module = SegmenterTraining(config)
    pictures, masks = PhotographTiles(recordings(1), SHEETS, PHOTOGRAPHS, config)[np.array([[0, 3, 4], [0, 3, 9]])]
    optimiser = torch.optim.AdamW(module.parameters(), 0.02)
    losses = []
    for _ in range(25):
        losses.append(loss := module.loss(module(pictures).float(), masks[:, None]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses[-1].item() < 0.6 * losses[0].item()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": "net"}, "unknown segmenter 'net'"),
        ({"width": 0}, "paper_ecg.segmenter.width is 0"),
        ({"tile": 40}, "tile is 40; give a multiple of 16"),
        ({"batch_size": 5}, "batch_size is 5; give a multiple of photographs"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"strengths": []}, "strengths is empty"),
        ({"precision": "8"}, "precision is '8'"),
    ],
)
def test_impossible_settings_are_told_by_name(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        SegmenterConfig(**{**vars(CONFIG), **changed})
