"""Which records are explained, and what becomes of them, on simulated recordings and an untrained classifier."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import statement_rows
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.simulated_cohort import plan_cohort
from ecg_forge.ecg.simulator import SimulationConfig, simulate_record
from ecg_forge.ecg.waves import WAVES
from ecg_forge.pipelines.data_engineering.nodes import find_r_peaks
from ecg_forge.pipelines.explanation import config as settings
from ecg_forge.pipelines.explanation import nodes
from ecg_forge.pipelines.explanation.averages import beat_averages
from ecg_forge.pipelines.explanation.config import ExplanationConfig
from ecg_forge.pipelines.explanation.drawings import draw_explanations, file_name, main_method
from ecg_forge.pipelines.explanation.report import describe_explanations, report_explanations
from ecg_forge.training.explanation import METHODS, REFERENCES
from tests.training.made_up_explanations import LABELS, weights

CONFIG = ExplanationConfig(
    statements=["NORM", "IMI"],
    methods=["saliency", "integrated_gradients", "grad_cam", "occlusion_leads", "occlusion_waves"],
    integration_steps=4,
    averaged_records=3,
    checked_records=2,
    deletion_steps=4,
    piece_s=0.2,
)
IDS = np.arange(11, 23)
RECORDS = pd.DataFrame(
    {"split": ["train", "test"] + 10 * ["val"], "age": 50.0, "sex": "female", "patient_id": IDS},
    index=pd.Index(IDS, name="ecg_id"),
)
STATEMENTS = statement_rows([["NORM"] if n % 2 else ["IMI"] for n in range(12)], RECORDS.index)
TRAINED = weights("resnet1d_tiny") | {}
TRAINED["config"] |= {"best_epoch": 3, "val_auc": 0.91234}
THRESHOLDS = dict.fromkeys(LABELS, 0.5)


def probabilities() -> pd.DataFrame:
    values = np.random.default_rng(0).uniform(0, 1, size=(12, len(LABELS))).astype(np.float32)
    return pd.DataFrame(values, index=RECORDS.index, columns=list(LABELS)).assign(split=RECORDS["split"])


def chosen(config: ExplanationConfig = CONFIG, scores: pd.DataFrame | None = None, **changes: Any) -> pd.DataFrame:
    scores = probabilities() if scores is None else scores
    labels = changes.get("labels", STATEMENTS)
    return nodes.choose_explained_records(TRAINED, scores, THRESHOLDS, labels, RECORDS, config)


@pytest.fixture(scope="module")
def signals() -> Signals:
    simulation = SimulationConfig(n_records=60, seed=3)
    plans = [plan for plan in plan_cohort(3, 60) if plan.rhythm == "SR"][: len(IDS)]
    return Signals(np.stack([simulate_record(plan, simulation)[0] for plan in plans]), IDS)


@pytest.fixture(scope="module")
def beats(signals: Signals) -> pd.DataFrame:
    return find_r_peaks(signals)


@pytest.fixture(scope="module")
def explanations(signals: Signals, beats: pd.DataFrame) -> pd.DataFrame:
    return nodes.explain_records(TRAINED, chosen(), RECORDS, signals, beats, CONFIG)


@pytest.fixture(scope="module")
def averages(signals: Signals, beats: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return nodes.average_explanations(TRAINED, chosen(), RECORDS, signals, beats, CONFIG)


@pytest.fixture(scope="module")
def checks(signals: Signals, beats: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return nodes.check_explanations(TRAINED, chosen(), RECORDS, signals, beats, CONFIG)


def test_the_record_shown_is_the_most_probable_holder_of_fold_nine() -> None:
    scores = probabilities()
    scores.loc[12, "NORM"] = 1.0  # of the test split
    table = chosen(scores=scores)
    for label, statement in (("NORM", "NORM"), ("MI", "IMI")):
        (shown,) = table.loc[(table["label"] == label) & table["shown"], "ecg_id"]
        holders = RECORDS.index[(RECORDS["split"] == "val") & STATEMENTS[statement]]
        assert shown == scores.loc[holders, label].idxmax()
    assert set(RECORDS.loc[table["ecg_id"], "split"]) == {"val"}


def test_of_equally_probable_records_the_first_is_shown() -> None:
    table = chosen(scores=probabilities().assign(NORM=0.7))
    assert table.loc[(table["label"] == "NORM") & table["shown"], "ecg_id"].tolist() == [14]


def test_records_to_average_are_drawn_by_the_seed_and_recognised_ones_go_first() -> None:
    scores = probabilities().assign(NORM=0.1)
    scores.loc[[16, 20], "NORM"] = 0.9
    drawn = [chosen(replace(CONFIG, seed=seed), scores) for seed in (0, 0, *range(1, 8))]
    pd.testing.assert_frame_equal(drawn[0], drawn[1])
    of_label = [table[(table["label"] == "NORM") & table["averaged"]]["ecg_id"].tolist() for table in drawn]
    assert all(len(ids) == 3 and {16, 20} <= set(ids) for ids in of_label)
    assert len({tuple(ids) for ids in of_label}) > 1


def test_a_label_without_a_validation_record_is_refused() -> None:
    none = STATEMENTS.assign(IMI=False)
    with pytest.raises(BadInput, match="no validation record holds MI; name a more frequent one"):
        chosen(labels=none)


def test_every_method_says_something_of_every_sample_of_the_shown_records(explanations: pd.DataFrame) -> None:
    table = chosen()
    assert explanations.groupby(["label", "method"]).size().eq(1000).all()
    assert set(explanations["method"]) == set(CONFIG.methods)
    shown = table[table["shown"]].set_index("label")["ecg_id"]
    assert explanations.groupby("label")["ecg_id"].unique().map(list).to_dict() == {k: [v] for k, v in shown.items()}
    assert np.isfinite(explanations[list(LEADS)].to_numpy()).all()
    of_leads = explanations[explanations["method"] == "occlusion_leads"].groupby("label")[list(LEADS)]
    assert of_leads.nunique().eq(1).all(axis=None)


def test_beats_are_averaged_within_a_record_first_and_over_records_then() -> None:
    signal = np.zeros((2, 12, 300))
    signal[0, :, 100], signal[0, :, 200] = 1.0, 3.0
    signal[1, :, 150] = 4.0
    maps = {"saliency": 10 * signal}
    table = beat_averages(signal, maps, [np.array([100, 200]), np.array([150, 299])], fs=100)
    at_peak = table[table["sample"] == 0]
    assert at_peak["millivolts"].tolist() == [3.0] * 12
    assert at_peak["attribution"].tolist() == [30.0] * 12
    assert table.loc[table["sample"] != 0, "attribution"].eq(0).all()
    assert (table["records"].unique().tolist(), table["beats"].unique().tolist()) == ([2], [3])
    assert (table["sample"].min(), table["sample"].max()) == (-30, 49)


def test_records_without_a_beat_have_no_average() -> None:
    signal = np.zeros((2, 12, 300))
    with pytest.raises(BadInput, match="none of 2 records has a whole beat"):
        beat_averages(signal, {"saliency": signal}, [np.empty(0, dtype=np.int64), np.array([299])], fs=100)


def test_averages_have_a_beat_of_every_lead_and_method(averages: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    beats, occlusion = averages
    assert beats.groupby(["label", "method", "lead"]).size().eq(80).all()
    of_label = beats[beats["method"] == "saliency"].assign(size=beats["millivolts"].abs())
    height = of_label.pivot_table(index="sample", columns="label", values="size", aggfunc="sum")
    assert height.idxmax().abs().max() <= 4, "the largest deflection is the R peak's"
    assert occlusion[occlusion["label"] == "MI"]["name"].tolist() == [*LEADS, *WAVES]
    assert (occlusion["low"] <= occlusion["median"]).all()
    assert (occlusion["median"] <= occlusion["high"]).all()


def test_every_method_and_a_random_order_are_checked(checks: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    table, curves = checks
    assert table[table["label"] == "NORM"]["method"].tolist() == [*CONFIG.methods, "random"]
    assert (table["records"] == 2).all()
    assert table.loc[table["method"] == "integrated_gradients", "completeness_gap"].notna().all()
    assert table.loc[table["method"] != "integrated_gradients", "completeness_gap"].isna().all()
    assert table.loc[table["method"] == "random", "shuffled_correlation"].isna().all()
    assert curves.groupby(["label", "method"]).size().eq(5).all()
    ends = curves[curves["share"] == 1].set_index(["label", "method"])["insertion"]
    starts = curves[curves["share"] == 0].set_index(["label", "method"])["deletion"]
    np.testing.assert_allclose(ends, starts, atol=1e-6)


def test_drawings_and_pages_hold_every_label(
    signals: Signals,
    explanations: pd.DataFrame,
    averages: tuple[pd.DataFrame, pd.DataFrame],
    checks: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    table, (beats, occlusion), (checked, curves) = chosen(), averages, checks
    drawn = draw_explanations(table, explanations, beats, occlusion, curves, signals)
    kinds = {f"{label}-{kind}" for label in ("NORM", "MI") for kind in ("record", "methods", "beats")}
    assert set(drawn) == kinds | {"curves", "occlusion"}
    for name in kinds:
        assert "data:image/png" in drawn[name]
        assert 'id="lead-' not in drawn[name]  # no trace is a path
    provenance = {"code": "0.1", "machine": "Linux, 2 cores", "started": "2026-11-26T10:00:00+00:00"}
    run = describe_explanations({"provenance": provenance}, TRAINED, CONFIG)
    html, page = report_explanations(
        run, table, occlusion, checked, {name: lambda svg=svg: svg for name, svg in drawn.items()}
    )
    for name in drawn:
        assert f"]({name}.svg)" in page
    assert html.count("<img") == len(drawn)
    assert "macro AUC 0.912" in page
    assert "normal ECG" in page


def test_names_of_labels_make_names_of_files() -> None:
    assert [file_name(label) for label in ("LAO/LAE", "PRC(S)", "NST_")] == ["LAO-LAE", "PRC-S-", "NST_"]


def test_integrated_gradients_are_drawn_where_they_are_there() -> None:
    assert main_method(["saliency", "integrated_gradients"]) == "integrated_gradients"
    assert main_method(["saliency", "attention"]) == "saliency"


def test_the_parameters_know_the_methods_and_references_that_there_are() -> None:
    assert tuple(METHODS) == settings.METHODS
    assert tuple(REFERENCES) == settings.REFERENCES


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"statements": ["XYZ"]}, "explanation.statements: unknown SCP statement XYZ"),
        ({"statements": ["NORM", "NORM"]}, "explanation.statements is .* each once"),
        ({"methods": []}, "explanation.methods is .* one or more"),
        ({"methods": ["lime"]}, "explanation.methods: unknown lime; give some of saliency"),
        ({"reference": "mean"}, "explanation.reference is 'mean'; give one of median, zero"),
        ({"integration_steps": 0}, "explanation.integration_steps is 0; give a whole number"),
        ({"averaged_records": 1.5}, "explanation.averaged_records is 1.5; give a whole number"),
        ({"checked_records": 4}, "explanation.checked_records is 4; give at most explanation.averaged_records, 3"),
        ({"piece_s": 0}, "explanation.piece_s is 0; give seconds above 0"),
    ],
)
def test_a_wrong_parameter_is_named_with_its_remedy(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        replace(CONFIG, **change)


def test_a_statement_stands_for_the_label_under_which_it_counts_in_the_task() -> None:
    assert CONFIG.labels("superclass") == {"NORM": "NORM", "IMI": "MI"}
    assert CONFIG.labels("all") == {"NORM": "NORM", "IMI": "IMI"}
    with pytest.raises(BadInput, match="the task rhythm leaves out NORM, IMI"):
        CONFIG.labels("rhythm")
    with pytest.raises(BadInput, match="they stand for MI, MI; name one statement for each label"):
        replace(CONFIG, statements=["IMI", "AMI"]).labels("superclass")
