"""``ecg_forge.generate`` makes any record of a request again, at any rate, with leads that belong together."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ecg_forge
from ecg_forge.datasets.box import write_box
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS, independent_leads, limb_lead_residual
from ecg_forge.ecg.resampling import resample
from ecg_forge.ecg.statements import CODES
from tests.made_up_denoiser import untrained_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("box") / "untrained"
    write_box(untrained_weights(), folder, "# An untrained denoiser\n")
    return folder


def test_signals_are_named_measured_and_tabled(weights: Path) -> None:
    ecgs = ecg_forge.generate(["AFIB", "LVH"], 3, age=70, sex="female", guidance=2, seed=1, steps=2, weights=weights)
    assert ecgs.signals.shape == (3, 12, 1000)
    assert ecgs.signals.dtype == np.float32
    assert (ecgs.leads, ecgs.fs, ecgs.unit) == (LEADS, 100, "mV")
    assert np.isfinite(ecgs.signals).all()
    assert list(ecgs.records.columns) == ["number", "statements", "age", "sex", "seed"]
    assert set(ecgs.records["statements"]) == {"AFIB;LVH"}


def test_record_k_is_the_same_whatever_n_is_and_can_be_made_alone(weights: Path) -> None:
    many = ecg_forge.generate("AFIB", 5, seed=3, steps=2, weights=weights)
    fewer = ecg_forge.generate("AFIB", 2, seed=3, steps=2, weights=weights)
    alone = ecg_forge.generate("AFIB", 1, seed=3, steps=2, first=4, weights=weights)
    np.testing.assert_array_equal(fewer.signals, many.signals[:2])
    np.testing.assert_array_equal(alone.signals, many.signals[4:])
    assert alone.records.equals(many.records.iloc[4:])


def test_records_and_seeds_differ(weights: Path) -> None:
    one, other = (ecg_forge.generate("AFIB", 2, seed=seed, steps=2, weights=weights).signals for seed in (0, 1))
    assert len({signal.tobytes() for signal in [*one, *other]}) == 4


@pytest.mark.parametrize("fs", [100, 500])
def test_limb_leads_obey_einthoven_and_goldberger(weights: Path, fs: int) -> None:
    ecgs = ecg_forge.generate("AFIB", 2, fs=fs, steps=2, weights=weights)
    assert ecgs.signals.shape == (2, 12, 10 * fs)
    assert limb_lead_residual(ecgs.signals).max() < 1e-6


def test_another_rate_is_the_same_ecg_resampled(weights: Path) -> None:
    slow, fast = (ecg_forge.generate("AFIB", 1, fs=fs, steps=2, weights=weights) for fs in (100, 500))
    expected = resample(independent_leads(slow.signals), 100, 500)
    np.testing.assert_allclose(independent_leads(fast.signals), expected, atol=1e-6)


def test_a_bad_request_is_refused_before_weights_are_read() -> None:
    with pytest.raises(BadInput, match="unknown label 'AFIBB'"):
        ecg_forge.generate("AFIBB", 1, weights=Path("nowhere"))
    with pytest.raises(BadInput, match="nowhere"):
        ecg_forge.generate("AFIB", 1, weights=Path("nowhere"))


def test_every_statement_is_listed_with_its_kind_and_superclass() -> None:
    table = ecg_forge.labels()
    assert tuple(table.index) == CODES
    assert table.loc["LVH"].tolist() == ["left ventricular hypertrophy", "diagnostic", "HYP"]


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import ecg_forge, sys; print([m for m in ('numpy', 'pandas', 'torch', 'kedro') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_package_knows_its_names_and_no_others() -> None:
    assert {"classify", "generate", "labels", "__version__"} <= set(dir(ecg_forge))
    with pytest.raises(AttributeError, match="has no attribute 'genrate'"):
        _ = ecg_forge.genrate


def test_the_packaged_weights_make_plausible_ecgs() -> None:
    ecgs = ecg_forge.generate(["NORM", "SR"], 2)
    assert ecgs.signals.shape == (2, 12, 1000)
    spread = ecgs.signals.std(axis=(1, 2))
    assert ((spread > 0.02) & (spread < 2)).all(), f"standard deviation {spread} mV"
