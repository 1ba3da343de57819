"""Plans by rule follow from validation scores alone; plans and exports need no trained baseline otherwise."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import wfdb
import yaml
from kedro.io import DataCatalog

from ecg_forge.datasets.box import load_box
from ecg_forge.diffusion.config import SamplerConfig
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import label_matrix
from ecg_forge.ecg.plan_config import PlanSettings
from ecg_forge.metrics.fidelity_config import FidelityConfig
from ecg_forge.pipelines.fidelity.results import describe_fidelity, set_denoisers_side_by_side
from ecg_forge.pipelines.synthesis import nodes
from ecg_forge.training.config import ClassifierConfig, GuidanceConfig
from tests.pipelines.conftest import session, write_conf

CLASSIFIER = ClassifierConfig("resnet1d_tiny", "all", 1, 1)
RULE = PlanSettings("auto", count=2, max_average_precision=0.5, max_training_records=2, min_training_records=1, limit=3)


def cohort() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two records each of WPW and AFIB and four of NORM in every split, each record of its own patient."""
    texts = ["{'WPW': 100}", "{'AFIB': 0}", "{'NORM': 100}", "{'NORM': 100}"] * 2
    index = pd.RangeIndex(1, 3 * len(texts) + 1, name="ecg_id")
    split = np.repeat(["train", "val", "test"], len(texts))
    records = pd.DataFrame({"patient_id": index, "split": split, "age": 60.0, "sex": "male"}, index=index)
    return records, label_matrix(pd.Series(texts * 3, index=index))


def probabilities(badly: str) -> pd.DataFrame:
    """All statements are found but one, which is given to the wrong records; on the test split all are right."""
    records, labels = cohort()
    held_out = records.index[records["split"] != "train"]
    given = labels.loc[held_out].astype("float32")
    val = records.loc[held_out, "split"] == "val"
    given.loc[val, badly] = 1 - given.loc[val, badly]
    given.insert(0, "split", records.loc[held_out, "split"])
    return given


@pytest.mark.parametrize("badly", ["WPW", "AFIB"])
def test_a_rule_chooses_the_rare_statement_that_does_badly_on_validation(badly: str) -> None:
    plan = nodes.plan_synthesis(*cohort(), probabilities(badly), CLASSIFIER, RULE)
    assert plan["target"].tolist() == [badly, badly]


def test_a_plan_by_rule_is_refused_where_no_baseline_is_asked() -> None:
    with pytest.raises(BadInput, match="mode is 'auto', which needs the baseline's scores"):
        nodes.plan_requested(*cohort(), RULE)


@pytest.mark.slow
def test_generate_needs_weights_and_records_only_and_writes_a_folder_that_wfdb_reads(
    whole_run: DataCatalog, project: Path, conf: Path, tmp_path: Path
) -> None:
    own = write_conf(tmp_path, tmp_path / "data")
    box = {"type": "ecg_forge.datasets.box.DenoiserBox", "filepath": str(conf.parent / "data" / "box")}
    viz = {"metadata": {"kedro-viz": {"layer": "generators"}}}
    (own / "test" / "catalog.yml").write_text(yaml.safe_dump({"denoiser_box": {**box, **viz}}))
    (own / "test" / "parameters_export.yml").write_text(yaml.safe_dump({"synthesis": {"export": {"fs": 500}}}))
    with session(project, own) as running:
        running.run(pipeline_names=["data_engineering", "generate"])
    with session(project, own) as after:
        made = after.load_context().catalog
    assert made.load("synthetic_plan").equals(whole_run.load("synthetic_plan"))
    folder = tmp_path / "data" / "07_model_output" / "synthetic" / "ptb-xl"
    table = pd.read_csv(folder / "ptbxl_database.csv", index_col="ecg_id")
    signal, fields = wfdb.rdsamp(str(folder / table["filename_hr"].iloc[0]))
    assert (signal.shape, fields["fs"]) == ((5000, 12), 500)
    at_100 = made.load("synthetic_signals").millivolts([table.index[0]])[0]
    np.testing.assert_allclose(signal[500:4500:5].T, at_100[:, 100:900], atol=0.003)
    assert set(table["strat_fold"]) == {1}


def test_denoisers_are_not_compared_before_one_was_measured() -> None:
    with pytest.raises(BadInput, match="no denoiser was measured yet"):
        set_denoisers_side_by_side({}, {})


def test_what_the_weights_had_learned_before_is_counted_along_all_trainings() -> None:
    def trained(epochs: int, **start: object) -> dict[str, object]:
        return {"training": {"epochs": epochs, "steps_per_epoch": 10, "batch_size": 4}, **start}

    weights = {"config": trained(1, start=trained(2, start=trained(3)))}
    history = pd.DataFrame({"seconds": [1.0], "train_loss": [0.2], "val_loss": [0.3]})
    said = dict.fromkeys(("code", "machine", "started"), "")
    settings = (SamplerConfig(), GuidanceConfig(), FidelityConfig())
    run = describe_fidelity({"provenance": said}, cohort()[0], pd.DataFrame(), weights, history, *settings)
    assert run["training"]["records"] == 40
    assert run["training"]["records_before"] == (2 + 3) * 40


def test_the_denoiser_of_the_package_stands_in_for_a_trained_one(project: Path, tmp_path: Path) -> None:
    conf = write_conf(tmp_path, tmp_path / "data")
    with session(project, conf) as running:
        running.run(pipeline_names=["unpack"])
    with session(project, conf) as after:
        weights = after.load_context().catalog.load("denoiser_weights")
    packed = load_box()
    assert weights["config"] == packed["config"]
    assert all(weights["tensors"][name].equal(tensor) for name, tensor in packed["tensors"].items())
