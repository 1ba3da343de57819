"""One record in, calibrated probabilities out; a mistake is told in one line with exit code 2."""

from pathlib import Path

import numpy as np
import pytest
import torch

import ecg_forge
from ecg_forge.datasets.box import CLASSIFIER, write_box
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import TASKS
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.statements import CODES
from ecg_forge.metrics.calibration import apply_temperature
from ecg_forge.training.classifier import load_classifier
from tests.made_up_classifier import untrained_box
from tests.made_up_denoiser import untrained_weights
from tests.made_up_records import waves, write_own_record
from tests.test_cli import run


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier") / "box"
    write_box(untrained_box(), folder, "# An untrained classifier\n", CLASSIFIER)
    return folder


@pytest.fixture(autouse=True)
def ecgs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same ECG twice, and a flat one, in the folder the test runs in."""
    monkeypatch.chdir(tmp_path)
    write_own_record(tmp_path, "plain", waves(100, 10), 100)
    write_own_record(tmp_path, "other", waves(500, 12), 500, "uV", seed=3)
    write_own_record(tmp_path, "flat", np.zeros((12, 1000)), 100)


def test_rate_lead_order_and_unit_change_next_to_nothing(weights: Path) -> None:
    plain, other = (ecg_forge.classify(name, weights) for name in ("plain", "other.hea"))
    assert set(plain.index) == set(CODES)
    assert plain["probability"].is_monotonic_decreasing
    assert plain.loc["AFIB", "description"] == "atrial fibrillation"
    np.testing.assert_allclose(other["probability"].loc[plain.index], plain["probability"], atol=0.02)


def test_probabilities_are_those_of_the_network_at_the_temperature() -> None:
    box = untrained_box()
    module = load_classifier(box)
    signal = torch.from_numpy(np.rint(waves(100, 10) * 1000).astype(np.float32) / 1000)
    windows = torch.stack([signal[:, start : start + 250] for start in range(0, 751, 125)])[None]
    with torch.inference_mode():
        raw = module.probabilities(windows, torch.empty(1, 0))[0].numpy()
    found = ecg_forge.classify("plain", box)["probability"].loc[list(module.labels)]
    np.testing.assert_allclose(found, apply_temperature(raw, 2.0), rtol=1e-4)


def test_age_and_sex_count_where_the_classifier_was_told_them() -> None:
    for told, differs in ((True, True), (False, False)):
        box = untrained_box(metadata=told)
        young, old = (ecg_forge.classify("plain", box, age=age, sex="female").sort_index() for age in (20, 95))
        assert young.equals(old) is not differs


def test_a_label_that_sums_up_statements_names_them() -> None:
    table = ecg_forge.classify("plain", untrained_box("superclass"))
    assert set(table.index) == set(TASKS["superclass"])
    assert table.loc["NORM", "description"] == "normal ECG"
    assert table.loc["HYP", "description"].startswith("any of LAO/LAE, LVH")


def test_the_command_prints_the_likeliest_labels(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], weights: Path
) -> None:
    assert run(monkeypatch, "classify", "other", "--weights", str(weights), "--top", "3") == 0
    first, heading, *rows = capsys.readouterr().out.splitlines()
    assert first == "other: 12 s at 500 Hz"
    assert heading.split() == ["probability", "label", "description"]
    expected = ecg_forge.classify("other", weights).head(3)
    assert [row.split(maxsplit=2) for row in rows[:3]] == [
        [f"{row['probability']:.3f}", label, row["description"]] for label, row in expected.iterrows()
    ]
    assert rows[3:] == [
        "By resnet1d_tiny, calibrated on validation records of PTB-XL 1.0.3.",
        "For research only: no medical device, and nothing to judge a patient by.",
    ]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("gone", "gone: missing header"),
        ("flat", "flat: every lead is flat"),
        ("eight", "eight: 8 leads instead of 12"),
        ("plain --weights nowhere", "nowhere/SHA256SUMS does not exist"),
        ("plain --weights denoiser", "denoiser holds a denoiser; name a folder that holds a classifier"),
        ("plain --sex F", "'F' is not one of 'female', 'male'"),
        ("plain --age 150", "150.0 is not in the range"),
        ("plain --top 0", "0 is not in the range"),
        ("", "Missing argument 'RECORD'"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], weights: Path, changed: str, message: str
) -> None:
    write_box(untrained_weights(), Path("denoiser"), "# An untrained denoiser\n")
    Path("eight.hea").write_text(
        "eight 8 100 1000\n" + "".join(f"eight.dat 16 1000 16 0 0 0 0 {n}\n" for n in LEADS[:8])
    )
    assert run(monkeypatch, "classify", "--weights", str(weights), *changed.split()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("ecg-forge: ")
    assert message in said.err
    assert said.err.count("\n") == 1


def test_where_no_classifier_is_there_the_way_to_one_is_told() -> None:
    with pytest.raises(BadInput, match="no classifier comes with the package; .*baseline,pack_classifier` writes"):
        ecg_forge.classify("plain")
