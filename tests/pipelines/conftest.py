"""One run of the whole way on a small simulated PTB-XL, shared by the tests of the pipelines."""

import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from kedro.framework.project import configure_project
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog

from ecg_forge.metrics.membership import PrivacyLimits

ROOT = Path(__file__).resolve().parents[2]

KEPT = ("published", "benchmark", "box", "study", "explanation", "exploration")
GLOBALS = {"ptbxl_source": "simulate", "simulation": {"n_records": 300, "seed": 3}}
PARAMETERS = {
    "classifier": {
        "model": "resnet1d_tiny",
        "epochs": 4,
        "steps_per_epoch": 4,
        "batch_size": 32,
        "crop_s": 2.5,
        "workers": 0,
    },
    "denoiser": {"model": "unet1d_tiny", "epochs": 2, "steps_per_epoch": 2, "batch_size": 4, "workers": 0},
    "synthesis": {
        "plan": {"targets": [{"statement": "CLBBB", "count": 4}, {"statement": "PVC", "count": 4}]},
        "sampler": {"steps": 2},
        "guidance": {"batch_size": 4},
        # The tiny denoiser makes no ECG; these tests are about the way, so every finite record may pass.
        "checks": {"range_tail": 0.0, "near_copy_quantile": 0.0, "recognition_quantile": 0.0},
    },
    "evaluation": {"resamples": 100},
    "fidelity": {
        "plan": {"n": 40},
        "comparison": {"records": 40, "queries": 4, "folds": 2, "fewest_of_statement": 2},
        "sampling": {"steps": [1, 2], "scales": [1, 2], "records": 20, "fewest_of_statement": 3},
    },
    "explanation": {
        "statements": ["NORM", "LVH"],
        "integration_steps": 2,
        "averaged_records": 2,
        "checked_records": 1,
        "deletion_steps": 2,
    },
    "study": {
        "experiments": ["per_label"],
        "seeds": [0, 1],
        "training": {
            "model": "resnet1d_tiny",
            "epochs": 2,
            "steps_per_epoch": 2,
            "batch_size": 32,
            "validate_every": 1,
            "workers": 0,
        },
        # The checks pass none of the tiny denoiser's ECGs; what the other arms learn from is tested without training.
        "arms": {
            **dict.fromkeys(["oversampled", "class_weighted", "signal_augmented"]),
            **dict.fromkeys(["augmented", "augmented_one_hot", "synthetic_only"]),
            "pretrain_finetune": {"first": "unchecked"},
        },
        "per_label": {"ILBBB": 0, "ILMI": 0, "SARRH": 0, "PVC": 3},
    },
    # A few records are near to one another by chance.
    "privacy": {"limits": dict.fromkeys((field.name for field in fields(PrivacyLimits)), 1.0)},
    "benchmark": {
        "classifiers": ["resnet1d_tiny"],
        "tasks": ["superclass"],
        "seeds": [0, 1],
        "training": {"epochs": 2, "batch_size": 32, "workers": 0},
    },
    "feature_models": {
        "random_forest": {"trees": 5, "leaf_records": [5]},
        "gradient_boosting": {"iterations": 3},
        "importance_records": 20,
    },
    "exploration": {"records": 60, "fewest_records": 2},
}


def write_conf(folder: Path, data: Path, parameters: dict[str, Any] = PARAMETERS) -> Path:
    """Copy the project's configuration and add the environment ``test``, with its own data root."""
    conf = folder / "conf"
    shutil.copytree(ROOT / "conf", conf)
    (conf / "test").mkdir()
    kept = {name: str(data / name) for name in KEPT} | {"denoisers": str(data), "fidelity": str(data / "fidelity")}
    (conf / "test" / "globals.yml").write_text(yaml.safe_dump({**GLOBALS, "data": str(data), **kept}))
    (conf / "test" / "parameters.yml").write_text(yaml.safe_dump(parameters))
    return conf


@pytest.fixture(scope="session")
def project() -> Path:
    bootstrap_project(ROOT)
    configure_project("ecg_forge")
    return ROOT


@pytest.fixture(scope="session")
def conf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole-run")
    return write_conf(folder, folder / "data")


def session(project: Path, conf: Path) -> KedroSession:
    return KedroSession.create(project, conf_source=str(conf), env="test")


@pytest.fixture(scope="session")
def whole_run(project: Path, conf: Path) -> DataCatalog:
    """The catalog after `kedro run`, `publish`, `benchmark`, `explanation`, `fidelity` and the other pipelines."""
    with session(project, conf) as running:
        running.run()
    with session(project, conf) as publishing:
        publishing.run(
            pipeline_names=["publish", "results", "benchmark", "explanation", "fidelity", "pack", "pack_classifier"]
        )
    with session(project, conf) as comparing:
        comparing.run(pipeline_names=["denoisers"])  # it reads what fidelity has kept
    with session(project, conf) as after:
        return after.load_context().catalog
