"""The leaderboard's presets are configurations that can be trained; one file names those of earlier systems."""

from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from kedro.config import OmegaConfigLoader
from kedro.framework.cli import project as kedro_commands
from kedro.framework.project import settings

from ecg_forge.pipelines.benchmark.config import BenchmarkConfig
from ecg_forge.training.config import ClassifierConfig
from tests.pipelines.conftest import ROOT

RUN_FILE = ROOT / "conf" / "runs" / "earlier_systems.yml"
NAMED: list[str] = yaml.safe_load(RUN_FILE.read_text())["run"]["params"]["benchmark"]["classifiers"]
IMAGES = {"cnn2d", "vgg", "alexnet", "alexnet_attention", "resnet2d", "mobilenet"}
RECURRENT = {"rnn", "lstm", "gru", "bilstm", "bigru", "gru_attention", "bigru_attention", "cnn_gru", "cnn_lstm"}


@cache
def parameters(env: str) -> dict[str, Any]:
    loader = OmegaConfigLoader(str(ROOT / "conf"), env=env, **settings.CONFIG_LOADER_ARGS)
    return loader["parameters"]["benchmark"]


def preset(name: str, env: str = "base") -> ClassifierConfig:
    benchmark = BenchmarkConfig(**{**parameters(env), "classifiers": [name], "tasks": ["superclass"], "seeds": [0]})
    return benchmark.configurations({"superclass": 17_084})[f"superclass/{name}-seed0"]


@pytest.mark.parametrize("env", ["base", "cpu"])
@pytest.mark.parametrize("name", NAMED)
def test_every_preset_can_be_trained(project: Path, name: str, env: str) -> None:
    made = preset(name, env)
    made.preparation.check_rate(100)
    assert name.startswith(made.model)


def test_the_presets_are_those_of_the_earlier_systems(project: Path) -> None:
    focal, told = preset("conv_bilstm_attention"), preset("conv_bilstm_attention_metadata")
    assert (focal.loss.focal_gamma, focal.loss.class_weights, focal.schedule, focal.crop_s) == (
        *(2.0, "balanced", "plateau"),
        10.0,
    )
    assert (focal.patience, focal.metadata, told.metadata) == (7, False, True)
    for name in ("resnet1d_small", "inception_small"):
        made, changed = preset(name, "cpu"), preset(f"{name}_augmented", "cpu")
        band = made.preparation
        assert (band.low_hz, band.high_hz, band.clip_sd, made.leads) == (0.5, 40.0, 5.0, None)
        assert changed.preparation == band
        assert changed.augmentation != made.augmentation
        budget = ("epochs", "steps_per_epoch", "batch_size", "validate_every", "patience")
        assert [getattr(made, part) for part in budget] == [getattr(changed, part) for part in budget]
    assert set(NAMED) > IMAGES | RECURRENT
    for name in IMAGES | RECURRENT:
        made = preset(name)
        assert made.leads == ("I", "II", "V2")
        assert (made.preparation.low_hz, made.preparation.high_hz) == (1.0, 45.0)


def told_by(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what `kedro run` would hand to its session."""
    told: dict[str, Any] = {}

    class Session(SimpleNamespace):
        def __enter__(self) -> "Session":
            return self

        def __exit__(self, *_: object) -> None: ...

        def run(self, **given: Any) -> None:
            told.update(given)

    def create(**given: Any) -> Session:
        told.update(given)
        return Session()

    monkeypatch.setattr(kedro_commands.KedroSession, "create", create)
    result = CliRunner().invoke(kedro_commands.run, arguments, obj=SimpleNamespace(project_path=ROOT))
    assert result.exit_code == 0, result.output
    return told


def test_the_run_file_arrives_whole(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = told_by([f"--config={RUN_FILE}"], monkeypatch)
    assert (told["env"], sorted(told["pipeline_names"])) == ("cpu", ["benchmark", "data_engineering"])
    assert told["runtime_params"]["benchmark"] == {"tasks": ["superclass"], "classifiers": NAMED}
    loader = OmegaConfigLoader(
        str(ROOT / "conf"), env="cpu", runtime_params=told["runtime_params"], **settings.CONFIG_LOADER_ARGS
    )
    assert BenchmarkConfig(**loader["parameters"]["benchmark"]).classifiers == NAMED


def test_one_preset_can_be_named_on_the_command_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = "benchmark.classifiers=[gru],benchmark.tasks=[superclass]"
    told = told_by(["--env=cpu", "--pipelines=data_engineering,benchmark", f"--params={named}"], monkeypatch)
    assert told["runtime_params"]["benchmark"] == {"classifiers": ["gru"], "tasks": ["superclass"]}
