import pytest
import torch
from torch import nn

from ecg_forge.models.recurrent import Recurrent
from ecg_forge.models.registry import build_classifier


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("gru", 250_000), ("lstm", 795_000), ("bigru", 400_000)],
)
def test_presets_have_the_size_of_the_earlier_study_at_its_three_leads_and_four_labels(name, parameters):
    count = sum(p.numel() for p in build_classifier(name, 3, 4).parameters())
    assert count == pytest.approx(parameters, abs=1000)


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_a_step_is_heard_from_the_past_alone_or_from_both_sides(kind):
    torch.manual_seed(0)
    x = torch.randn(1, 2, 10)
    later = x.clone()
    later[..., 5:] += 1
    one_way, both = Recurrent(kind, 2, 4, 1), Recurrent(kind, 2, 4, 1, both_ways=True)
    assert one_way(x).shape == (1, 4, 10)
    assert torch.equal(one_way(x)[..., :5], one_way(later)[..., :5])
    assert both(x).shape == (1, 8, 10)
    assert torch.equal(both(x)[:, :4, :5], both(later)[:, :4, :5])
    assert not torch.equal(both(x)[:, 4:, :5], both(later)[:, 4:, :5])
