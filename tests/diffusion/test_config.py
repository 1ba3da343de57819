import subprocess
import sys
from dataclasses import asdict

import pytest

from ecg_forge.diffusion.config import (
    PROCESSES,
    WEIGHTINGS,
    DdpmConfig,
    EdmConfig,
    SamplerConfig,
    check_weighting,
    process_config,
)
from ecg_forge.ecg.errors import BadInput


def test_reading_settings_does_not_import_torch():
    read = "import sys, ecg_forge.diffusion.config as config; config.process_config({'name': 'edm'})"
    code = f"{read}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_settings_of_yaml_become_those_of_the_named_process():
    assert process_config({"name": "edm"}) == EdmConfig()
    assert process_config({"name": "edm", "sigma_max": 20.0}) == EdmConfig(sigma_max=20.0)
    assert process_config({"name": "ddpm", "zero_terminal_snr": True}) == DdpmConfig(zero_terminal_snr=True)


@pytest.mark.parametrize("config", [EdmConfig(rho=5.0), DdpmConfig(steps=50)])
def test_saved_settings_can_be_read_again(config):
    assert process_config(asdict(config)) == config


def test_every_process_answers_to_its_name():
    assert {name: process_config({"name": name}).name for name in PROCESSES} == {name: name for name in PROCESSES}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("edm", "denoiser.process is 'edm'; give its settings, among them name: edm or ddpm"),
        ({}, "denoiser.process.name is None; give one of edm, ddpm"),
        ({"name": "flow"}, "denoiser.process.name is 'flow'; give one of edm, ddpm"),
        ({"name": ["edm"]}, r"denoiser.process.name is \['edm'\]"),
        ({"name": "ddpm", "roh": 7.0}, "denoiser.process does not know roh; as ddpm it knows steps, beta_first"),
        ({"name": "edm", 3: 4}, "does not know 3"),
    ],
)
def test_settings_of_no_process_are_refused(settings, message):
    with pytest.raises(BadInput, match=message):
        process_config(settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"p_mean": float("nan")}, "denoiser.process.p_mean is nan; give a finite number"),
        ({"p_std": 0.0}, "p_std is 0.0; give a finite number above 0"),
        ({"p_std": float("inf")}, "p_std is inf; give a finite number"),
        ({"sigma_min": 0}, "sigma_min is 0; give a finite number above 0"),
        ({"sigma_min": 3.0, "sigma_max": 2.0}, "sigma_min is 3.0; give a number below sigma_max, 2.0"),
        ({"sigma_max": "80"}, "sigma_max is '80'; give a finite number"),
        ({"rho": True}, "rho is True; give a finite number"),
    ],
)
def test_impossible_edm_noise_is_refused(settings, message):
    with pytest.raises(BadInput, match=message):
        EdmConfig(**settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 1}, "denoiser.process.steps is 1; give a whole number of at least 2"),
        ({"steps": 200.0}, "steps is 200.0; give a whole number"),
        ({"beta_first": 0.0}, "beta_first is 0.0; give a finite number above 0 and below 1"),
        ({"beta_last": 1.0}, "beta_last is 1.0; give a finite number above 0 and below 1"),
        ({"beta_first": 0.03}, "beta_first is 0.03; give at most beta_last, 0.02"),
        ({"zero_terminal_snr": "yes"}, "zero_terminal_snr is 'yes'; give true or false"),
    ],
)
def test_impossible_ddpm_steps_are_refused(settings, message):
    with pytest.raises(BadInput, match=message):
        DdpmConfig(**settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "euler"}, "synthesis.sampler.name is 'euler'; give one of ddpm, ddim, heun, dpmpp_2m, dpmpp_2m_sde"),
        ({"steps": 0}, "synthesis.sampler.steps is 0; give a whole number of at least 1"),
        ({"steps": 2.5}, "steps is 2.5; give a whole number"),
    ],
)
def test_impossible_samplers_are_refused(settings, message):
    with pytest.raises(BadInput, match=message):
        SamplerConfig(**settings)


def test_weightings_are_known_by_name():
    assert [check_weighting(name) for name in WEIGHTINGS] == ["edm", "epsilon", "min_snr"]
    with pytest.raises(BadInput, match="denoiser.weighting is 'snr'; give one of edm, epsilon, min_snr"):
        check_weighting("snr")


def test_an_environment_chooses_another_process_over_the_settings_of_the_base() -> None:
    assert process_config({"name": "ddpm", "p_mean": -0.8, "p_std": 1.4}) == DdpmConfig()
