import subprocess
import sys

import pytest
import torch

from ecg_forge.diffusion.config import NoiseLevels, SamplerConfig
from ecg_forge.ecg.errors import BadInput


def test_reading_settings_does_not_import_torch():
    code = "import sys, ecg_forge.diffusion.config as c; c.SamplerConfig(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "nosuch"}, "unknown sampler 'nosuch'; known are euler, heun, dpmpp_2m"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"sigma_min": 0.0}, "0 < sigma_min < sigma_max"),
        ({"sigma_min": 3.0, "sigma_max": 2.0}, "0 < sigma_min < sigma_max"),
        ({"rho": 0.0}, "rho > 0"),
    ],
)
def test_impossible_samplers_are_refused(settings, message):
    with pytest.raises(BadInput, match=message):
        SamplerConfig(**settings)


@pytest.mark.parametrize("levels", [(float("nan"), 1.0), (0.0, 0.0), (0.0, float("inf"))])
def test_impossible_noise_levels_are_refused(levels):
    with pytest.raises(BadInput, match="finite p_mean and a positive p_std"):
        NoiseLevels(*levels)


def test_noise_levels_are_log_normal():
    sigma = NoiseLevels(p_mean=-1.0, p_std=2.0).sigma(torch.tensor([-1.0, 0.0, 1.0]))
    torch.testing.assert_close(sigma.log(), torch.tensor([-3.0, -1.0, 1.0]))
