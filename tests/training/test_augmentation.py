"""Augmentation changes what it says, by no more than it says, and the same way for the same seed."""

import numpy as np
import pytest
import torch

from ecg_forge.ecg.errors import BadInput
from ecg_forge.training.augmentation import augment, mixup, shifted
from ecg_forge.training.config import AugmentationConfig

FS = 100
EACH = [{"amplitude": 0.2}, {"noise_mv": 0.05}, {"wander_mv": 0.3}, {"shift_s": 0.4}, {"lead_dropout": 0.5}]


def signal(n: int = 64) -> torch.Tensor:
    return torch.randn(n, 12, 250, generator=torch.Generator().manual_seed(0))


def changed(before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    return (before != after).flatten(1).any(1)


def test_the_default_changes_nothing() -> None:
    given = signal()
    assert augment(given, FS, AugmentationConfig(), seed=1) is given


@pytest.mark.parametrize("settings", EACH)
def test_each_kind_hits_about_as_many_records_as_asked_for_and_follows_the_seed(settings: dict) -> None:
    given, config = signal(400), AugmentationConfig(probability=0.3, **settings)
    before = given.clone()
    once, again, other = (augment(given, FS, config, seed) for seed in (5, 5, 6))
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    assert torch.equal(given, before)
    assert 0.2 < changed(given, once).float().mean() < 0.4


def test_amplitude_scales_all_leads_of_a_record_alike_within_its_range() -> None:
    given = signal()
    ratio = augment(given, FS, AugmentationConfig(probability=1, amplitude=0.2), seed=2) / given
    per_record = ratio[:, 0, 0]
    torch.testing.assert_close(ratio, per_record[:, None, None].expand_as(ratio), rtol=1e-4, atol=1e-5)
    assert 0.8 <= per_record.min() < 0.85
    assert 1.15 < per_record.max() <= 1.2


def test_noise_has_the_standard_deviation_asked_for() -> None:
    given = signal()
    noise = augment(given, FS, AugmentationConfig(probability=1, noise_mv=0.05), seed=2) - given
    assert float(noise.std()) == pytest.approx(0.05, rel=0.02)


def test_wander_is_slow_and_no_larger_than_asked_for() -> None:
    given = torch.zeros(64, 12, 1000)
    added = augment(given, FS, AugmentationConfig(probability=1, wander_mv=0.3), seed=2)
    assert 0.25 < added.abs().max() <= 0.3
    power = torch.fft.rfft(added, dim=-1).abs().square().mean((0, 1))
    assert power[:11].sum() / power.sum() > 0.95  # up to 1 Hz


def test_shift_moves_all_leads_by_the_same_whole_samples_and_holds_the_edge() -> None:
    ramp = torch.arange(6.0).expand(2, 3, 6)
    moved = shifted(ramp, torch.tensor([2, -1]))
    assert moved[0, 0].tolist() == [0, 0, 0, 1, 2, 3]
    assert moved[1, 2].tolist() == [1, 2, 3, 4, 5, 5]


def test_lead_dropout_silences_whole_leads_and_only_those() -> None:
    given = signal()
    after = augment(given, FS, AugmentationConfig(probability=1, lead_dropout=0.25), seed=2)
    silent = (after == 0).all(-1)
    assert 0.2 < silent.float().mean() < 0.3
    assert torch.equal(after[~silent], given[~silent])


def test_mixup_mixes_signal_and_target_of_a_record_by_the_same_share() -> None:
    given, target = signal(200), torch.eye(200)
    mixed, shares = mixup(given, target, alpha=0.4, seed=3)
    assert torch.equal(mixed, mixup(given, target, alpha=0.4, seed=3)[0])
    torch.testing.assert_close(shares.sum(1), torch.ones(200))
    torch.testing.assert_close(mixed, torch.einsum("ij,jls->ils", shares, given), rtol=1e-4, atol=1e-5)
    own = shares.diagonal()
    assert 0.4 < own.mean() < 0.6
    assert np.quantile(own.numpy(), 0.75) > 0.9  # Beta(0.4, 0.4) is mostly near 0 or 1


@pytest.mark.parametrize("name", ["amplitude", "noise_mv", "wander_mv", "shift_s", "mixup", "probability"])
def test_a_negative_setting_is_refused_by_name(name: str) -> None:
    with pytest.raises(BadInput, match=f"classifier.augmentation.{name} is -0.1"):
        AugmentationConfig(**{name: -0.1})
