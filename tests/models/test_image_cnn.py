import pytest
import torch

from ecg_forge.models.image_cnn import ImageAttention, InvertedResidual
from ecg_forge.models.registry import build_classifier


def test_the_residual_net_has_the_size_of_the_earlier_study_at_its_three_leads_and_four_labels():
    count = sum(p.numel() for p in build_classifier("resnet2d", 3, 4).parameters())
    assert count == pytest.approx(1_500_000, rel=0.02)


@torch.no_grad()
def test_attention_hears_pixels_wherever_they_stand():
    torch.manual_seed(0)
    attention, x = ImageAttention(16), torch.randn(2, 16, 3, 3)
    order = torch.randperm(9)
    moved = x.flatten(2)[..., order].view_as(x)
    torch.testing.assert_close(attention(moved).flatten(2), attention(x).flatten(2)[..., order])
    assert not torch.allclose(attention(x), x)


@torch.no_grad()
@pytest.mark.parametrize(("width", "stride", "added"), [(8, 1, True), (8, 2, False), (16, 1, False)])
def test_an_inverted_residual_adds_what_comes_in_where_the_shape_stays(width, stride, added):
    block, x = InvertedResidual(8, width, stride).eval(), torch.randn(1, 8, 6, 6)
    assert block(x).shape == (1, width, 6 // stride, 6 // stride)
    torch.testing.assert_close(block(x), block.body(x) + (x if added else 0))
