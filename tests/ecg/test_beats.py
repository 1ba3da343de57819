import numpy as np
import pytest

from ecg_forge.ecg.beats import MOST_BEATS, aligned_beats, beat_rows, beat_table, beats_of
from ecg_forge.ecg.errors import BadInput

FOUND = [np.array([10, 90, 170]), np.array([], dtype=np.int64), np.array([5])]


def test_a_table_has_a_row_per_beat():
    table = beat_table(np.array([7, 8, 9]), FOUND)
    assert table["ecg_id"].tolist() == [7, 7, 7, 9]
    assert table["sample"].tolist() == [10, 90, 170, 5]


def test_no_recordings_have_a_table_without_rows():
    table = beat_table(np.array([], dtype=np.int64), [])
    assert table.empty
    assert list(table) == ["ecg_id", "sample"]


def test_rows_hold_the_beats_of_the_recordings_asked_for_in_their_order():
    rows = beat_rows(beat_table(np.array([7, 8, 9]), FOUND), np.array([9, 7, 8]))
    assert (rows.shape, rows.dtype) == ((3, MOST_BEATS), np.float32)
    assert rows[0, 0] == 5
    assert rows[1, :3].tolist() == [10, 90, 170]
    assert np.isfinite(rows).sum(axis=1).tolist() == [1, 3, 0]


def test_more_beats_than_a_row_holds_are_refused():
    crowded = beat_table(np.array([3, 4]), [np.array([1]), np.arange(MOST_BEATS + 2)])
    with pytest.raises(BadInput, match="ecg_id 4 has 50 beats, more than the 48"):
        beat_rows(crowded, np.array([3, 4]))


def test_aligned_beats_have_their_peak_at_one_place_and_lie_inside():
    values = np.arange(24).reshape(2, 12)
    beats = aligned_beats(values, np.array([1, 3, 8, 10]), before=2, after=3)
    assert beats.shape == (2, 2, 5)
    assert beats[:, :, 2].tolist() == [[3, 15], [8, 20]]
    assert aligned_beats(values, np.array([], dtype=np.int64), 2, 3).shape == (0, 2, 5)


def test_the_beats_of_one_recording_are_found_by_its_id():
    table = beat_table(np.array([7, 8, 9]), FOUND)
    assert beats_of(table, 7).tolist() == [10, 90, 170]
    assert beats_of(table, 8).tolist() == []
