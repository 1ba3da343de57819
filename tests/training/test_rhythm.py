"""Rhythms are drawn for what is asked, and follow from their seeds alone."""

import numpy as np
import pytest
import torch

from ecg_forge.ecg.beats import MOST_BEATS
from ecg_forge.ecg.statements import CODES
from ecg_forge.models.condition import Condition
from ecg_forge.training.rhythm import Rhythm, interval_rows

FS, LENGTH = 100, 1000


def beats(*rows: list[float]) -> torch.Tensor:
    filled = torch.full((len(rows), MOST_BEATS), torch.nan)
    for number, row in enumerate(rows):
        filled[number, : len(row)] = torch.tensor(row)
    return filled


def every(interval: float) -> list[float]:
    return list(np.arange(20.0, LENGTH, interval))


def test_a_row_goes_back_and_forth_over_its_intervals() -> None:
    rows, usable = interval_rows(beats([10, 60, 160, 310], [0, 80, 160]), FS)
    assert usable.tolist() == [True, True]
    assert rows[0, :8].tolist() == pytest.approx([0.5, 1.0, 1.5, 1.0, 0.5, 1.0, 1.5, 1.0])
    assert rows[1].tolist() == pytest.approx([0.8] * MOST_BEATS)


def test_a_recording_with_fewer_than_two_intervals_tells_of_no_rhythm() -> None:
    rows, usable = interval_rows(beats([10, 60], [], [5]), FS)
    assert usable.tolist() == [False] * 3
    assert rows.isfinite().all()


def test_a_condition_without_beats_has_no_loss_and_a_finite_gradient() -> None:
    torch.manual_seed(0)
    rhythm, condition = Rhythm(FS), Condition.null(2, len(CODES)).with_beats(beats(every(80), []))
    loss = rhythm.loss(condition, torch.tensor([0.5, 0.5]), torch.randn(2, 1, MOST_BEATS))
    assert loss[0] > 0
    assert loss[1] == 0
    loss.sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in rhythm.parameters())


def test_drawn_beats_rise_inside_the_recording_and_follow_from_their_seeds() -> None:
    torch.manual_seed(0)
    rhythm, condition = Rhythm(FS), Condition.null(3, len(CODES))
    drawn = rhythm.draw(condition, [1, 2, 2], LENGTH)
    assert drawn.shape == (3, MOST_BEATS)
    for row in drawn:
        here = row[row.isfinite()]
        assert row[len(here) :].isnan().all()
        assert here[0] >= 0
        assert here[-1] < LENGTH
        assert (here.diff() >= 0.25 * FS).all()
        assert torch.equal(here, here.round())
    assert torch.equal(drawn[1].nan_to_num(), drawn[2].nan_to_num())
    assert not torch.equal(drawn[0].nan_to_num(), drawn[1].nan_to_num())
    alone = rhythm.draw(condition[1:2], [2], LENGTH)
    torch.testing.assert_close(alone[0], drawn[1], atol=1, rtol=0, equal_nan=True)


def test_a_trained_rhythm_draws_the_rate_and_regularity_of_what_was_asked() -> None:
    """STACH comes regularly at 120 per minute here, AFIB at 60 with intervals of 0.7 and 1.3 s at random."""
    torch.manual_seed(0)
    generator = np.random.default_rng(0)
    uneven = [list(np.cumsum([20.0, *generator.choice([70.0, 130.0], 8)])) for _ in range(8)]
    asked = torch.zeros(16, len(CODES))
    asked[:8, CODES.index("STACH")] = asked[8:, CODES.index("AFIB")] = 1
    condition = Condition(asked, torch.full((16,), 60.0), torch.zeros(16).long(), beats(*[every(50)] * 8, *uneven))
    rhythm = Rhythm(FS)
    optimiser = torch.optim.Adam(rhythm.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1, 0, total_iters=150)
    for _ in range(150):
        optimiser.zero_grad()
        rhythm.loss(condition, torch.rand(16), torch.randn(16, 1, MOST_BEATS)).mean().backward()
        optimiser.step()
        schedule.step()
    seconds = rhythm.draw(condition, list(range(16)), LENGTH).diff(dim=1) / FS
    mean, spread = np.nanmean(seconds, axis=1), np.nanstd(seconds, axis=1)
    assert np.median(mean[:8]) == pytest.approx(0.5, abs=0.03)
    assert np.median(mean[8:]) == pytest.approx(1.0, abs=0.2)
    assert np.median(spread[:8]) < 0.05
    assert np.median(spread[8:]) > 0.15
