import torch

from ecg_forge.models.conv_bilstm import ResidualBlock
from ecg_forge.models.registry import build_classifier


def test_it_has_the_size_of_the_earlier_system():
    """The earlier one counts 954,853; it has biases in its six convolutions, torch's LSTM a second set in each gate."""
    convolution_biases, second_lstm_biases = 3 * 256 + 3 * 128, 2 * 4 * 128
    model = build_classifier("conv_bilstm_attention", 12, 5, n_metadata=3)
    assert sum(p.numel() for p in model.parameters()) == 954_853 - convolution_biases + second_lstm_biases


def test_a_block_halves_the_length():
    assert ResidualBlock(2, 8, kernel=7)(torch.zeros(3, 2, 50)).shape == (3, 8, 25)


def test_attention_tells_how_much_each_stretch_weighs():
    model = build_classifier("conv_bilstm_attention", 2, 3).eval()
    steps = model.features(torch.randn(2, 2, 100))
    weights = model.pool[0].weights(steps)
    assert weights.shape == (2, 25)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(2))
