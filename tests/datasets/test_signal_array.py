"""Signals survive the disk, block by block, or not at all."""

import base64
import json
import os
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from kedro.io import DatasetError

from ecg_forge.datasets.signal_array import SignalArray
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals, SignalStream


@pytest.fixture
def dataset(tmp_path: Path) -> SignalArray:
    return SignalArray(filepath=str(tmp_path / "signals"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "signals"


def blocks_of(signals: Signals, size: int, stop_after: int | None = None) -> Iterator[np.ndarray]:
    for count, block in enumerate(signals.blocks(size)):
        if count == stop_after:
            raise RuntimeError("the GPU is on fire")
        yield block


def test_what_is_saved_is_loaded_on_a_read_only_memory_map(dataset: SignalArray, tiny_signals: Signals) -> None:
    dataset.save(tiny_signals)
    loaded = dataset.load()
    np.testing.assert_array_equal(loaded.samples, tiny_signals.samples)
    np.testing.assert_array_equal(loaded.ecg_id, tiny_signals.ecg_id)
    assert (loaded.leads, loaded.fs) == (LEADS, 100)
    assert isinstance(loaded.samples, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        loaded.samples[0] = 0


def test_a_stream_is_the_same_as_its_signals(dataset: SignalArray, tiny_signals: Signals) -> None:
    dataset.save(replace(tiny_signals.stream(), blocks=lambda _: blocks_of(tiny_signals, 2)))
    np.testing.assert_array_equal(dataset.load().samples, tiny_signals.samples)


def test_eight_leads_keep_their_names(dataset: SignalArray, tiny_signals: Signals) -> None:
    names = ("I", "II", "V1")
    dataset.save(Signals(tiny_signals.samples[:, :3], tiny_signals.ecg_id, names, 500))
    assert (dataset.load().leads, dataset.load().fs) == (names, 500)


def test_no_record_is_fine(dataset: SignalArray) -> None:
    dataset.save(Signals(np.zeros((0, 12, 1000), np.int16), np.zeros(0, np.int64)))
    assert dataset.load().samples.shape == (0, 12, 1000)


def test_an_exception_in_the_blocks_leaves_the_old_signals(
    dataset: SignalArray, folder: Path, tiny_signals: Signals
) -> None:
    dataset.save(tiny_signals)
    with pytest.raises(DatasetError, match="the GPU is on fire"):
        dataset.save(replace(tiny_signals.stream(), blocks=lambda _: blocks_of(tiny_signals, 1, stop_after=3)))
    np.testing.assert_array_equal(dataset.load().samples, tiny_signals.samples)
    assert os.listdir(folder.parent) == ["signals"]


def test_an_exception_in_the_first_save_leaves_nothing(
    dataset: SignalArray, folder: Path, tiny_signals: Signals
) -> None:
    with pytest.raises(DatasetError):
        dataset.save(replace(tiny_signals.stream(), blocks=lambda _: blocks_of(tiny_signals, 1, stop_after=3)))
    assert not dataset.exists()
    assert os.listdir(folder.parent) == []


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([np.zeros((4, 12, 10), np.int16)], "the blocks hold 4 rows for 5 ecg_ids"),
        ([np.zeros((4, 12, 10), np.int16)] * 2, "the blocks hold 8 rows for 5 ecg_ids"),
        ([np.zeros((5, 12, 10), np.float32)], r"block at row 0 is float32 \(5, 12, 10\)"),
        ([np.zeros((2, 12, 10), np.int16), np.zeros((3, 10, 12), np.int16)], r"block at row 2 is int16 \(3, 10, 12\)"),
    ],
)
def test_blocks_that_do_not_fit_are_refused(dataset: SignalArray, blocks: list[np.ndarray], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        dataset.save(SignalStream(np.arange(5), LEADS, 100, 10, lambda _: blocks))
    assert not dataset.exists()


def test_the_same_ecg_id_twice_is_refused(dataset: SignalArray) -> None:
    with pytest.raises(DatasetError, match="same ecg_id twice"):
        dataset.save(SignalStream(np.array([1, 1]), LEADS, 100, 10, lambda _: []))


def test_memory_is_bounded_by_a_block(dataset: SignalArray) -> None:
    blocks = (np.full((64, 12, 1000), value, np.int16) for value in range(30))
    tracemalloc.start()
    dataset.save(SignalStream(np.arange(64 * 30), LEADS, 100, 1000, lambda _: blocks))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 64 * 12 * 1000 * 2 < 64 * 30 * 12 * 1000 * 2
    assert dataset.load().samples[-1, 0, 0] == 29


@pytest.mark.parametrize("part", ["samples.npy", "ecg_id.npy", "signals.json"])
def test_a_missing_part_is_named(dataset: SignalArray, folder: Path, tiny_signals: Signals, part: str) -> None:
    dataset.save(tiny_signals)
    (folder / part).unlink()
    with pytest.raises(DatasetError, match=rf"{part} does not exist"):
        dataset.load()


@pytest.mark.parametrize("part", ["samples.npy", "ecg_id.npy", "signals.json"])
@pytest.mark.parametrize("keep", [0, 20, -2])
def test_a_truncated_part_is_named(
    dataset: SignalArray, folder: Path, tiny_signals: Signals, part: str, keep: int
) -> None:
    dataset.save(tiny_signals)
    content = (folder / part).read_bytes()
    (folder / part).write_bytes(content[:keep])
    with pytest.raises(DatasetError, match=rf"{part} is (truncated or )?damaged"):
        dataset.load()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shape": [5, 12, 999]}, r"samples\.npy holds int16 \(5, 12, 1000\), signals\.json says int16 \(5, 12, 999\)"),
        ({"version": 2}, "format version 2"),
        ({"unit": "mV"}, "unit mV"),
        ({"leads": ["A"] * 12}, "unknown lead"),
        ({"fs": None}, "damaged"),
    ],
)
def test_a_description_that_does_not_fit_is_told(
    dataset: SignalArray, folder: Path, tiny_signals: Signals, change: dict, message: str
) -> None:
    dataset.save(tiny_signals)
    path = folder / "signals.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(DatasetError, match=message):
        dataset.load()


def test_the_preview_is_a_png_of_one_ecg(dataset: SignalArray, tiny_signals: Signals) -> None:
    dataset.save(tiny_signals)
    assert base64.b64decode(dataset.preview()).startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="no row 9; it holds 5 recordings"):
        dataset.preview(row=9)
