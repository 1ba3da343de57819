import pytest
import torch

from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.fusion import MODALITIES, Branches, ModalityAttention
from ecg_forge.models.registry import build_classifier

FUSIONS = ("early_fusion", "joint_fusion", "attention_fusion")


def noisy(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
@pytest.mark.parametrize("name", FUSIONS)
def test_a_record_alone_gets_what_it_gets_in_a_batch_of_32(name):
    model, batch = build_classifier(name, 3, 5).eval(), noisy(32, 3, 250)
    torch.testing.assert_close(model(batch[7:8]), model(batch)[7:8], rtol=1e-4, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("name", FUSIONS)
@pytest.mark.parametrize("modality", MODALITIES)
def test_both_modalities_are_heard(name, modality):
    model, x = build_classifier(name, 3, 5).eval(), noisy(2, 3, 250)
    before = model(x)
    branches = next(module for module in model.modules() if isinstance(module, Branches))
    setattr(branches, modality, torch.nn.Sequential(getattr(branches, modality), Silence()))
    assert (model(x) - before).abs().max() > 1e-4


class Silence(torch.nn.Module):
    def forward(self, x):
        return torch.zeros_like(x)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ({"signal": noisy(2, 4)}, "signal and images of every record, got signal"),
        ({"images": noisy(2, 4), "signal": None}, "got images"),
        ({"signal": noisy(2, 4), "image": noisy(2, 4)}, "got signal and image"),
        ({"signal": noisy(2, 4), "images": noisy(1, 4)}, r"one shape .*\(2, 4\) and \(1, 4\)"),
    ],
)
def test_a_missing_modality_is_refused(features, message):
    with pytest.raises(BadInput, match=message):
        Branches.joined(features)


def test_features_stand_in_the_order_of_the_modalities():
    signal, images = noisy(2, 4), noisy(2, 4) + 1
    assert torch.equal(Branches.joined({"images": images, "signal": signal}), torch.stack([signal, images], dim=1))


def test_attention_weighs_the_modalities_of_a_record_and_no_other_record():
    attention, x = ModalityAttention(8), noisy(5, 2, 8)
    weights = attention.weights(x)
    assert weights.shape == (5, 2, 2)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(5, 2))
    others = x.clone()
    others[1:] += 1
    assert torch.equal(attention(others)[0], attention(x)[0])
    assert not torch.allclose(attention(x), x)
