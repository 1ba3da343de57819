import math

import pytest
import torch
from torch import nn

from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.heads import (
    AttentionPool,
    ConcatPool,
    EndsPool,
    MeanPool,
    SignalClassifier,
    metadata_branch,
    pooled_head,
)


def a_classifier(n_metadata: int) -> SignalClassifier:
    """The smallest there is: leads are the features, their means the pool."""
    return SignalClassifier(nn.Identity(), MeanPool(), 3, nn.Linear, n_labels=5, n_metadata=n_metadata).eval()


def test_concat_pool_puts_the_largest_value_before_the_mean():
    assert ConcatPool()(torch.tensor([[[1.0, 2.0, 6.0]]])).tolist() == [[6.0, 3.0]]


def test_mean_pool_is_the_mean_over_time():
    assert MeanPool()(torch.tensor([[[1.0, 2.0, 6.0], [0.0, 0.0, 3.0]]])).tolist() == [[3.0, 1.0]]


def test_the_pooled_head_has_the_benchmarks_layers():
    head = pooled_head(256, 71)
    assert [layer.p for layer in head if isinstance(layer, nn.Dropout)] == [0.25, 0.5]
    assert [tuple(layer.weight.shape) for layer in head if isinstance(layer, nn.Linear)] == [(128, 256), (71, 128)]


def test_without_metadata_there_is_nothing_but_features_and_head():
    assert set(a_classifier(0).state_dict()) == {"head.weight", "head.bias"}


def test_metadata_join_the_pooled_features_in_sixteen_channels():
    model = a_classifier(2)
    assert model.head.weight.shape == (5, 3 + 16)
    signal, metadata = torch.randn(4, 3, 10), torch.randn(4, 2)
    joined = torch.cat([signal.mean(-1), model.metadata(metadata)], dim=1)
    torch.testing.assert_close(model(signal, metadata), model.head(joined))


def test_the_metadata_branch_brings_age_and_sex_to_one_scale():
    age_sex = torch.stack([torch.linspace(20, 90, 64), torch.arange(64) % 2], dim=1)
    branch = metadata_branch(2).train()
    assert branch[:2](age_sex).std(dim=0).allclose(torch.ones(16), atol=0.02)


def test_a_network_without_the_branch_takes_no_metadata_or_none():
    model, signal = a_classifier(0), torch.randn(4, 3, 10)
    assert torch.equal(model(signal), model(signal, None))
    assert torch.equal(model(signal), model(signal, torch.empty(4, 0)))


@pytest.mark.parametrize(
    ("n_metadata", "metadata"),
    [(2, None), (2, torch.zeros(4, 3)), (2, torch.zeros(1, 2)), (2, torch.zeros(4)), (0, torch.zeros(4, 1))],
)
def test_metadata_of_another_shape_are_refused(n_metadata, metadata):
    with pytest.raises(BadInput, match=rf"needs metadata of shape \(4, {n_metadata}\), got"):
        a_classifier(n_metadata)(torch.zeros(4, 3, 10), metadata)


def test_ends_are_the_last_step_forwards_and_the_first_backwards():
    x = torch.arange(12.0).view(1, 4, 3)
    assert EndsPool(1)(x).tolist() == [[2.0, 5.0, 8.0, 11.0]]
    assert EndsPool(2)(x).tolist() == [[2.0, 5.0, 6.0, 9.0]]


def test_attention_sums_the_steps_by_their_weights():
    pool = AttentionPool(1)
    nn.init.ones_(pool.score.weight)
    x = torch.tensor([[[0.0, 10.0]]])
    share = math.exp(1) / (1 + math.exp(1))  # tanh holds the second score at 1
    assert pool.weights(x)[0].tolist() == pytest.approx([1 - share, share])
    assert pool(x).item() == pytest.approx(10 * share)
