import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals
from ecg_forge.training.data import FixedLengthEpochs, SignalPools, TrainingCrops, Windows


def pool(ids: list[int], length: int = 40, leads: tuple[str, ...] = LEADS) -> Signals:
    """Record i holds i everywhere, plus the sample's number."""
    samples = np.array(ids)[:, None, None] * 100 + np.arange(length) + np.zeros((1, len(leads), 1))
    return Signals(samples.astype(np.int16), np.array(ids), leads)


def test_pools_are_looked_up_by_ecg_id_and_leads_by_name() -> None:
    pools = SignalPools([pool([1, 2]), pool([101])], np.array([101, 2, 2]))
    assert [round(float(pools.crop(row, 3, 1)[0, 0]) * 1000) for row in range(3)] == [10103, 203, 203]
    marked = pool([1])
    marked.samples[0, LEADS.index("V2")] = 7
    assert SignalPools([marked], np.array([1]), ["V2", "I"]).crop(0, 0, 2)[0].tolist() == pytest.approx([0.007, 0.007])


def test_a_record_without_signal_is_named() -> None:
    with pytest.raises(BadInput, match="no signal for ecg_id 9"):
        SignalPools([pool([1]), pool([2])], np.array([1, 9]))


def test_pools_of_another_length_are_refused() -> None:
    with pytest.raises(BadInput, match="signals differ"):
        SignalPools([pool([1]), pool([2], length=50)], np.array([1]))


def test_the_same_draw_gives_the_same_crop_and_others_differ() -> None:
    crops = TrainingCrops(SignalPools([pool([1])], np.array([1])), np.ones((1, 2), np.float32), crop=10)
    starts = [float(crops[0, seed][0][0, 0]) for seed in range(20)]
    assert starts == [float(crops[0, seed][0][0, 0]) for seed in range(20)]
    assert len(set(starts)) > 5
    assert crops[0, 3][0].shape == (12, 10)


def test_a_crop_longer_than_the_recordings_is_refused() -> None:
    with pytest.raises(BadInput, match="crop of 41 samples is longer"):
        TrainingCrops(SignalPools([pool([1])], np.array([1])), np.ones((1, 2), np.float32), crop=41)


@pytest.mark.parametrize(
    ("crop", "stride", "starts"), [(10, 10, [0, 10, 20, 30]), (16, 10, [0, 10, 20, 24]), (99, 7, [0])]
)
def test_windows_cover_the_record_to_its_last_sample(crop: int, stride: int, starts: list[int]) -> None:
    windows, _ = Windows(SignalPools([pool([0])], np.array([0])), np.ones((1, 2), np.float32), crop, stride)[0]
    assert (windows[:, 0, 0] * 1000).round().int().tolist() == starts
    assert float(windows[-1, 0, -1]) == pytest.approx(0.039)


def test_epochs_are_equally_long_and_see_every_row_equally_often() -> None:
    sampler = FixedLengthEpochs(n_rows=7, batch_size=3, steps_per_epoch=4, seed=5)
    draws = []
    for epoch in range(7):
        sampler.set_epoch(epoch)
        batches = list(sampler)
        assert [len(batch) for batch in batches] == [3, 3, 3, 3]
        draws += [draw for batch in batches for draw in batch]
    rows, seeds = zip(*draws, strict=True)
    assert np.bincount(rows).tolist() == [12] * 7
    assert len(set(seeds)) == len(seeds)
    assert sorted(rows[:7]) == list(range(7))


def test_an_epoch_is_the_same_whatever_came_before_it() -> None:
    first, second = (FixedLengthEpochs(10, 4, 3, seed=1) for _ in range(2))
    list(first)
    for sampler in (first, second):
        sampler.set_epoch(2)
    assert list(first) == list(second)
    assert list(FixedLengthEpochs(10, 4, 3, seed=2)) != list(FixedLengthEpochs(10, 4, 3, seed=1))


def test_an_empty_training_table_is_refused() -> None:
    with pytest.raises(BadInput, match="training table is empty"):
        FixedLengthEpochs(0, 4, 3, seed=1)
