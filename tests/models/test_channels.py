import torch

from ecg_forge.models.channels import WithDifferences


def test_each_lead_is_followed_by_its_differences():
    x = torch.tensor([[[1.0, 3.0, 2.0], [0.0, 0.0, 5.0]]])
    assert WithDifferences()(x).tolist() == [[[1, 3, 2], [0, 0, 5], [0, 2, -1], [0, 0, 5]]]
