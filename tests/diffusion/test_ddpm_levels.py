import numpy as np
import pytest
import torch

from ecg_forge.diffusion.config import DdpmConfig
from ecg_forge.diffusion.ddpm import ddpm_sigmas, without_terminal_signal


def alpha_bar(config: DdpmConfig) -> torch.Tensor:
    """What DDPM calls ᾱ, back from the noise levels: the share of the signal's power in x_t."""
    return 1 / (1 + ddpm_sigmas(config) ** 2)


def test_the_levels_are_those_of_linear_betas():
    betas = np.linspace(1e-4, 0.02, 200)
    torch.testing.assert_close(alpha_bar(DdpmConfig()), torch.from_numpy(np.cumprod(1 - betas)))


def test_two_levels_by_hand():
    config = DdpmConfig(steps=2, beta_first=0.2, beta_last=0.5)  # ᾱ = 0.8, 0.4
    torch.testing.assert_close(ddpm_sigmas(config), torch.tensor([0.25, 1.5], dtype=torch.float64).sqrt())


def test_the_last_level_of_the_plain_schedule_still_holds_a_third_of_the_amplitude():
    assert alpha_bar(DdpmConfig())[-1].sqrt().item() == pytest.approx(0.364, abs=0.001)


def test_rescaling_leaves_the_first_level_and_takes_all_signal_from_the_last():
    plain = alpha_bar(DdpmConfig()).sqrt()
    rescaled = without_terminal_signal(plain)
    assert rescaled[-1] == 0
    torch.testing.assert_close(rescaled[0], plain[0])
    # A shift and a stretch: distances keep their proportions.
    torch.testing.assert_close(
        rescaled.diff() / plain.diff(), torch.full((199,), 1.5713, dtype=torch.float64), rtol=1e-3, atol=0
    )


@pytest.mark.parametrize("steps", [2, 10, 200, 1000])
def test_with_zero_terminal_snr_nothing_is_left_at_the_last_level(steps):
    plain, rescaled = DdpmConfig(steps=steps), DdpmConfig(steps=steps, zero_terminal_snr=True)
    assert alpha_bar(rescaled)[-1].item() <= 1.0001e-6
    torch.testing.assert_close(ddpm_sigmas(rescaled)[0], ddpm_sigmas(plain)[0])
    assert (ddpm_sigmas(rescaled).diff() > 0).all()
    assert 1.7 < ddpm_sigmas(rescaled)[-1].log().item() / 4 < 2.8  # what the network is told: c_noise
