import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals
from ecg_forge.training.data import (
    FixedLengthEpochs,
    SignalPools,
    TrainingCrops,
    Windows,
    balanced,
    in_order,
    shuffled,
    uniforms,
)


def pool(ids: list[int], length: int = 40, leads: tuple[str, ...] = LEADS) -> Signals:
    """Record i holds i everywhere, plus the sample's number."""
    samples = np.array(ids)[:, None, None] * 100 + np.arange(length) + np.zeros((1, len(leads), 1))
    return Signals(samples.astype(np.int16), np.array(ids), leads)


def one(pools: SignalPools, row: int, start: int, length: int) -> np.ndarray:
    return pools.crops(np.array([row]), np.array([start]), length)[0]


def draws(*pairs: tuple[int, int]) -> np.ndarray:
    return np.array(pairs, dtype=np.int64)


def test_pools_are_looked_up_by_ecg_id_and_leads_by_name() -> None:
    pools = SignalPools([pool([1, 2]), pool([101])], np.array([101, 2, 2]))
    assert [round(float(one(pools, row, 3, 1)[0, 0]) * 1000) for row in range(3)] == [10103, 203, 203]
    marked = pool([1])
    marked.samples[0, LEADS.index("V2")] = 7
    pools = SignalPools([marked], np.array([1]), ["V2", "I"])
    assert one(pools, 0, 0, 2)[0].tolist() == pytest.approx([0.007, 0.007])


def test_a_record_without_signal_is_named() -> None:
    with pytest.raises(BadInput, match="no signal for ecg_id 9"):
        SignalPools([pool([1]), pool([2])], np.array([1, 9]))


def test_pools_of_another_length_are_refused() -> None:
    with pytest.raises(BadInput, match="signals differ"):
        SignalPools([pool([1]), pool([2], length=50)], np.array([1]))


def test_the_same_draw_gives_the_same_crop_and_others_differ() -> None:
    crops = TrainingCrops(SignalPools([pool([1])], np.array([1])), [np.ones((1, 2), np.float32)], crop=10)
    signal, target = crops[draws(*((0, seed) for seed in range(20)))]
    starts = signal[:, 0, 0].tolist()
    assert starts == [float(crops[draws((0, seed))][0][0, 0, 0]) for seed in range(20)]
    assert len(set(starts)) > 5
    assert signal.shape == (20, 12, 10)
    assert target.shape == (20, 2)


def test_every_crop_lies_inside_the_record_and_every_start_comes_up() -> None:
    crops = TrainingCrops(SignalPools([pool([0])], np.array([0])), [], crop=10)
    (signal,) = crops[draws(*((0, seed) for seed in range(3000)))]
    starts = (signal[:, 0, 0] * 1000).round().int()
    counts = np.bincount(starts.numpy(), minlength=31)
    assert len(counts) == 31
    assert counts.min() > 50
    assert counts.max() < 160


def test_the_hash_is_uniform_and_neighbours_are_unrelated() -> None:
    numbers = uniforms(7 * 2**40 + np.arange(100_000))
    assert 0 <= numbers.min() < 1e-4
    assert 1 - 1e-4 < numbers.max() < 1
    assert np.histogram(numbers, 20)[0] == pytest.approx(np.full(20, 5000), abs=350)
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.02


def test_rows_of_the_tables_come_with_the_crop() -> None:
    pools = SignalPools([pool([1, 2])], np.array([2, 1]))
    crops = TrainingCrops(pools, [np.array([[2.0], [1.0]], np.float32), np.zeros((2, 0), np.float32)], crop=40)
    signal, target, nothing = crops[draws((1, 0), (0, 0), (1, 5))]
    assert (signal[:, 0, 0] * 10).round().int().tolist() == [1, 2, 1]
    assert target[:, 0].tolist() == [1.0, 2.0, 1.0]
    assert nothing.shape == (3, 0)


def test_a_crop_longer_than_the_recordings_is_refused() -> None:
    with pytest.raises(BadInput, match="crop of 41 samples is longer"):
        TrainingCrops(SignalPools([pool([1])], np.array([1])), [], crop=41)


@pytest.mark.parametrize(
    ("crop", "stride", "starts"), [(10, 10, [0, 10, 20, 30]), (16, 10, [0, 10, 20, 24]), (99, 7, [0])]
)
def test_windows_cover_the_record_to_its_last_sample(crop: int, stride: int, starts: list[int]) -> None:
    (windows,) = Windows(SignalPools([pool([0])], np.array([0])), [], crop, stride)[np.array([0])]
    assert (windows[0, :, 0, 0] * 1000).round().int().tolist() == starts
    assert float(windows[0, -1, 0, -1]) == pytest.approx(0.039)


def test_a_ten_second_record_has_seven_windows_as_in_the_benchmark() -> None:
    recording = Signals(np.zeros((1, 12, 1000), np.int16), np.array([1]))
    (windows,) = Windows(SignalPools([recording], np.array([1])), [], 250, 125)[np.array([0])]
    assert windows.shape == (1, 7, 12, 250)


def test_batches_in_order_hold_every_row_once() -> None:
    assert [batch.tolist() for batch in in_order(5, 2)] == [[0, 1], [2, 3], [4]]


def test_epochs_are_equally_long_and_see_every_row_equally_often() -> None:
    sampler = FixedLengthEpochs(shuffled(7, seed=5), batch_size=3, steps_per_epoch=4, seed=5)
    seen = []
    for epoch in range(7):
        sampler.set_epoch(epoch)
        batches = list(sampler)
        assert [batch.shape for batch in batches] == [(3, 2)] * 4
        seen += batches
    rows, seeds = np.concatenate(seen).T
    assert np.bincount(rows).tolist() == [12] * 7
    assert len(set(seeds)) == len(seeds)
    assert sorted(rows[:7]) == list(range(7))


def test_a_batch_larger_than_the_table_spans_several_passes() -> None:
    (batch,) = FixedLengthEpochs(shuffled(3, seed=0), batch_size=9, steps_per_epoch=1, seed=0)
    assert np.bincount(batch[:, 0]).tolist() == [3, 3, 3]


def test_an_epoch_is_the_same_whatever_came_before_it() -> None:
    first, second, other = (FixedLengthEpochs(shuffled(10, seed), 4, 3, seed) for seed in (1, 1, 2))
    list(first)
    for sampler in (first, second):
        sampler.set_epoch(2)
    assert np.array_equal(list(first), list(second))
    assert not np.array_equal(list(first), list(other))


def test_balanced_sampling_brings_every_label_equally_often() -> None:
    targets = np.zeros((1000, 3), np.float32)
    targets[:900, 0], targets[900:980, 1], targets[980:990, 2] = 1, 1, 1
    rows = np.concatenate([balanced(targets, seed=0)(number) for number in range(20)])
    shares = [targets[rows, label].mean() for label in range(3)] + [(~targets[rows].any(axis=1)).mean()]
    assert shares == pytest.approx([0.25] * 4, abs=0.02)


@pytest.mark.parametrize("order", [lambda: shuffled(0, 1), lambda: balanced(np.empty((0, 2)), 1)])
def test_an_empty_training_table_is_refused(order) -> None:
    with pytest.raises(BadInput, match="training table is empty"):
        order()
