"""A killed stream of signals is continued where it stopped, and ends with the bytes of an unbroken one."""

import json
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from kedro.io import DatasetError

from ecg_forge.datasets.signal_array import SignalArray
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import SignalStream

ROWS, LENGTH = 11, 40


class Maker:
    """Makes rows that differ in every sample, and remembers from where it was asked and what it made."""

    def __init__(self, size: int = 2, fails_after: int | None = None) -> None:
        self.size, self.fails_after = size, fails_after
        self.asked: list[int] = []
        self.made: list[int] = []

    def __call__(self, start: int) -> Iterator[np.ndarray]:
        self.asked.append(start)
        for count, first in enumerate(range(start, ROWS, self.size)):
            if count == self.fails_after:
                raise RuntimeError("the GPU is on fire")
            rows = list(range(first, min(first + self.size, ROWS)))
            self.made += rows
            yield np.stack([np.random.default_rng(row).integers(-999, 999, (12, LENGTH)) for row in rows]).astype("i2")


def stream(maker: Maker, fingerprint: str | None = "weights A", length: int = LENGTH) -> SignalStream:
    return SignalStream(np.arange(1, ROWS + 1), LEADS, 100, length, maker, fingerprint)


def dataset(folder: Path) -> SignalArray:
    return SignalArray(filepath=str(folder / "signals"))


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "signals").iterdir())}


@pytest.fixture
def unbroken(tmp_path: Path) -> dict[str, bytes]:
    """The files of a stream that nothing stopped."""
    dataset(tmp_path / "unbroken").save(stream(Maker(), fingerprint=None))
    return content(tmp_path / "unbroken")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def stop_after(home: Path, blocks: int, size: int = 2) -> Maker:
    maker = Maker(size, fails_after=blocks)
    with pytest.raises(DatasetError, match="the GPU is on fire"):
        dataset(home).save(stream(maker))
    return maker


def save(home: Path, **changes: object) -> Maker:
    maker = Maker()
    dataset(home).save(replace(stream(maker), **changes))
    return maker


@pytest.mark.parametrize("blocks", [1, 3, 5])
def test_a_failed_stream_is_continued_and_no_row_is_made_twice(
    home: Path, unbroken: dict[str, bytes], blocks: int
) -> None:
    first = stop_after(home, blocks)
    assert not dataset(home).exists()
    second = save(home)
    assert second.asked == [2 * blocks]
    assert first.made + second.made == list(range(ROWS))
    assert content(home) == unbroken
    assert os.listdir(home) == ["signals"]


def test_it_may_fail_again_and_again(home: Path, unbroken: dict[str, bytes]) -> None:
    made = [row for _ in range(3) for row in stop_after(home, 1).made]
    assert made + save(home).made == list(range(ROWS))
    assert content(home) == unbroken


_KILLED = """
import os, signal, sys
from pathlib import Path
from test_resumed_signals import Maker, dataset, stream

class Killed(Maker):
    def __call__(self, start):
        for block in super().__call__(start):
            if self.made[-1] > 6:
                os.kill(os.getpid(), signal.SIGKILL)
            yield block

dataset(Path(sys.argv[1])).save(stream(Killed()))
"""


def test_a_process_that_is_killed_loses_no_block(home: Path, unbroken: dict[str, bytes]) -> None:
    place = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(home)], env=place, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert save(home).asked == [6]
    assert content(home) == unbroken
    assert os.listdir(home) == ["signals"]


def test_a_block_that_was_half_written_is_made_again(home: Path, unbroken: dict[str, bytes]) -> None:
    stop_after(home, 2)
    with (home / ".signals.partial" / "signals" / "samples.npy").open("ab") as file:
        file.write(b"half" * 500)
    assert save(home).asked == [4]
    assert content(home) == unbroken


def test_a_kill_just_before_the_last_rename_costs_no_row(
    home: Path, unbroken: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Path) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as context:
        context.setattr("ecg_forge.datasets.signal_writer.replace_folder", killed)
        with pytest.raises(DatasetError, match="killed"):
            save(home)
    assert save(home).made == []
    assert content(home) == unbroken


def test_a_kill_just_after_the_last_rename_leaves_no_trouble(home: Path, unbroken: dict[str, bytes]) -> None:
    stop_after(home, 2)
    note = (home / ".signals.partial" / "progress.json").read_bytes()
    save(home)
    (home / ".signals.partial").mkdir()
    (home / ".signals.partial" / "progress.json").write_bytes(note)
    assert save(home).asked == [0]
    assert content(home) == unbroken
    assert os.listdir(home) == ["signals"]


@pytest.mark.parametrize(
    "change",
    [
        {"fingerprint": "weights B"},
        {"ecg_id": np.arange(2, ROWS + 2)},
        {"fs": 500},
        {"leads": LEADS[::-1]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_stream_starts_afresh_and_removes_what_was_there(home: Path, change: dict) -> None:
    stop_after(home, 3)
    assert save(home, **change).asked == [0]
    assert os.listdir(home) == ["signals"]


def test_another_stream_that_fails_leaves_only_its_own_rows(home: Path, unbroken: dict[str, bytes]) -> None:
    stop_after(home, 3)
    with pytest.raises(DatasetError, match="on fire"):
        dataset(home).save(stream(Maker(fails_after=1), fingerprint="weights B"))
    assert save(home).asked == [0]
    assert content(home) == unbroken


def cut_samples(partial: Path) -> None:
    os.truncate(partial / "signals" / "samples.npy", 1000)


def spoil_header(partial: Path) -> None:
    with (partial / "signals" / "samples.npy").open("r+b") as file:
        file.write(b"zip")


def lose_samples(partial: Path) -> None:
    (partial / "signals" / "samples.npy").unlink()


def lose_note(partial: Path) -> None:
    (partial / "progress.json").unlink()


def empty_note(partial: Path) -> None:
    (partial / "progress.json").write_bytes(b"")


def note_too_many(partial: Path) -> None:
    note = partial / "progress.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), "rows": ROWS + 1}))


@pytest.mark.parametrize("damage", [cut_samples, spoil_header, lose_samples, lose_note, empty_note, note_too_many])
def test_a_damaged_beginning_is_made_anew(
    home: Path, unbroken: dict[str, bytes], damage: Callable[[Path], None]
) -> None:
    stop_after(home, 3)
    damage(home / ".signals.partial")
    assert save(home).asked == [0]
    assert content(home) == unbroken
    assert os.listdir(home) == ["signals"]


def test_the_size_of_the_blocks_does_not_show(home: Path, unbroken: dict[str, bytes]) -> None:
    stop_after(home, 1, size=5)
    assert save(home).asked == [5]
    assert content(home) == unbroken


def test_the_old_signals_stay_until_the_new_ones_are_whole(home: Path, unbroken: dict[str, bytes]) -> None:
    save(home)
    with pytest.raises(DatasetError, match="on fire"):
        dataset(home).save(stream(Maker(fails_after=2), fingerprint="weights B"))
    assert content(home) == unbroken
    assert sorted(os.listdir(home)) == [".signals.partial", "signals"]
    assert save(home, fingerprint="weights B").asked == [4]
    assert os.listdir(home) == ["signals"]


def test_without_a_fingerprint_nothing_is_left_and_nothing_continued(home: Path) -> None:
    with pytest.raises(DatasetError, match="on fire"):
        dataset(home).save(stream(Maker(fails_after=3), fingerprint=None))
    assert os.listdir(home) == []
    assert save(home, fingerprint=None).asked == [0]


def test_rows_that_are_on_disk_are_not_held_in_memory(home: Path) -> None:
    block = 64 * 12 * 1000 * 2

    def blocks(start: int) -> Iterator[np.ndarray]:
        for first in range(start, 64 * 30, 64):
            if first == 64 * 15 and start == 0:
                raise RuntimeError("the GPU is on fire")
            yield np.full((64, 12, 1000), first, np.int16)

    whole = SignalStream(np.arange(64 * 30), LEADS, 100, 1000, blocks, "weights A")
    tracemalloc.start()
    with pytest.raises(DatasetError):
        dataset(home).save(whole)
    dataset(home).save(whole)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * block < 30 * block
    assert dataset(home).load().samples[:, 0, 0].tolist() == np.repeat(np.arange(0, 64 * 30, 64), 64).tolist()
