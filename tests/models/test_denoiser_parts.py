import math

import pytest
import torch
from torch import nn

from ecg_forge.models.denoiser_parts import (
    NoiseEmbedding,
    beat_traces,
    from_patches,
    rotary_attention,
    rotated,
    to_patches,
    zeroed,
)


def test_every_frequency_is_heard_as_a_cosine_and_a_sine():
    embedding = NoiseEmbedding(6, frequencies=3)
    nn.init.eye_(embedding.project.weight)
    nn.init.zeros_(embedding.project.bias)
    angles = 0.3 * 2 * math.pi * torch.tensor([1 / 16, 1.0, 16.0])
    torch.testing.assert_close(embedding(torch.tensor([0.3]))[0], torch.cat([angles.cos(), angles.sin()]))


def test_patches_hold_the_samples_of_one_lead_in_order_and_go_back():
    x = torch.arange(12.0).view(1, 2, 6)
    patches = to_patches(x, 3)
    assert patches[0, :, 0].tolist() == [0.0, 1.0, 2.0, 6.0, 7.0, 8.0]
    assert torch.equal(from_patches(patches, 3), x)


def test_rotary_positions_make_attention_depend_on_the_distance_only():
    query, key = torch.randn(2, 32, generator=torch.Generator().manual_seed(0))
    rows = torch.ones(1, 1, 10, 1)
    score = rotated(query * rows)[0, 0] @ rotated(key * rows)[0, 0].T
    torch.testing.assert_close(score[2, 5], score[6, 9])
    assert not torch.isclose(score[2, 5], score[2, 6])


def test_attention_weighs_values_by_the_softmax_of_the_turned_scores():
    query, key, value = torch.randn(3, 1, 2, 7, 32, generator=torch.Generator().manual_seed(0))
    weights = (rotated(query) @ rotated(key).transpose(-1, -2) / math.sqrt(32)).softmax(-1)
    torch.testing.assert_close(rotary_attention(query, key, value), weights @ value, atol=1e-5, rtol=1e-4)


def test_a_zeroed_layer_says_nothing():
    assert not zeroed(nn.Conv1d(2, 3, 1))(torch.ones(1, 2, 4)).any()
    assert not zeroed(nn.Linear(2, 3, bias=False))(torch.ones(1, 2)).any()


def test_beats_are_drawn_as_peaks_and_as_a_phase_between_them():
    beats = torch.tensor([[10.0, 30.0, math.nan], [math.nan] * 3])
    peak, phase = beat_traces(beats, 50)[0]
    assert peak[[10, 30]].tolist() == [1.0, 1.0]
    assert peak[12] == peak[8] == pytest.approx(math.exp(-0.5))
    assert peak[20] < 1e-4
    assert phase[[10, 20, 25]].tolist() == pytest.approx([-1.0, 0.0, 0.5])
    assert not phase[:10].any()
    assert not phase[30:].any()


def test_beats_that_are_not_given_leave_both_traces_empty():
    assert not beat_traces(torch.full((2, 3), math.nan), 20).any()


def test_beats_may_fill_the_whole_row():
    peak, phase = beat_traces(torch.tensor([[0.0, 19.0]]), 20)[0]
    assert peak[[0, 19]].tolist() == [1.0, 1.0]
    assert phase[:19].isfinite().all()
    assert phase[0] == -1
