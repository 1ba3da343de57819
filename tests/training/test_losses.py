import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from ecg_forge.training.losses import balancing_weights, focal_loss, smoothed

LOGITS = torch.tensor([[2.0, -1.0], [0.3, 40.0], [-40.0, 0.0]])
TARGET = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def test_with_gamma_zero_it_is_weighted_binary_cross_entropy() -> None:
    weight = torch.tensor([3.0, 0.5])
    expected = binary_cross_entropy_with_logits(LOGITS, TARGET, pos_weight=weight)
    torch.testing.assert_close(focal_loss(LOGITS, TARGET, weight, gamma=0.0), expected)


def test_with_gamma_it_is_the_published_formula() -> None:
    logits, target = LOGITS[:, :1].clamp(-3, 3), TARGET[:, :1]
    p = logits.sigmoid()
    p_t = torch.where(target == 1, p, 1 - p)
    expected = (-((1 - p_t) ** 2) * p_t.log()).mean()
    torch.testing.assert_close(focal_loss(logits, target, torch.ones(1), gamma=2.0), expected)


def test_alpha_weighs_positives_against_negatives() -> None:
    logits = torch.zeros(1, 1)
    positive, negative = (
        float(focal_loss(logits, torch.full((1, 1), target), torch.ones(1), gamma=2.0, alpha=0.25))
        for target in (1.0, 0.0)
    )
    plain = float(focal_loss(logits, torch.ones(1, 1), torch.ones(1), gamma=2.0))
    assert (positive, negative) == pytest.approx((0.25 * plain, 0.75 * plain))


def test_it_is_finite_with_finite_gradients_for_extreme_logits() -> None:
    logits = (LOGITS * 100).requires_grad_()
    focal_loss(logits, TARGET, torch.ones(2), gamma=2.0).backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_balancing_weights_are_negatives_over_positives() -> None:
    targets = torch.zeros(10, 3)
    targets[:2, 0], targets[:, 1] = 1, 1
    assert balancing_weights(targets).tolist() == [4.0, 0.0, 1.0]


def test_smoothing_moves_targets_towards_one_half() -> None:
    assert smoothed(torch.tensor([0.0, 1.0]), 0.1).tolist() == pytest.approx([0.05, 0.95])
