"""The command makes a folder that others read, or says in one line what is wrong and leaves nothing behind."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import wfdb

from ecg_forge import cli, synthesise
from ecg_forge.datasets.box import PACKAGED_BOX, write_box
from ecg_forge.ecg.statements import STATEMENTS
from ecg_forge.paper_reading import PACKAGED_SEGMENTER
from tests.made_up_denoiser import untrained_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("box") / "untrained"
    write_box(untrained_weights(), folder, "# An untrained denoiser\n")
    return str(folder)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run ``ecg-forge`` in this process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["ecg-forge", *arguments])
    try:
        cli.main()
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def test_ecgs_are_made_and_the_lines_printed_read_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], weights: str
) -> None:
    asked = (
        "--label AFIB --label LVH --n 3 --age 70 --sex female --guidance 2 --seed 1 --steps 2 --fs 500 --out made/ecgs"
    )
    assert run(monkeypatch, "generate", *asked.split(), "--weights", weights) == 0
    said = capsys.readouterr().out
    assert said.startswith("3 ECGs of AFIB, LVH in made/ecgs, made in ")
    assert "recorded from nobody" in said
    found: dict = {"wfdb": wfdb, "pandas": pd}
    exec("\n".join(line for line in said.splitlines() if " = " in line), found)
    assert found["signal"].shape == (5000, 12)
    assert found["fields"]["fs"] == 500
    assert found["records"]["scp_codes"].tolist() == ["{'AFIB': 0.0, 'LVH': 100.0}"] * 3
    assert found["records"][["age", "sex"]].to_numpy().tolist() == [[70, 1]] * 3


def test_the_command_makes_what_the_api_makes(monkeypatch: pytest.MonkeyPatch, weights: str) -> None:
    asked = f"generate --label SR --n 2 --seed 5 --steps 2 --format npz --out out --weights {weights}"
    assert run(monkeypatch, *asked.split()) == 0
    expected = synthesise.generate("SR", 2, seed=5, steps=2, weights=Path(weights))
    np.testing.assert_array_equal(np.load("out/ecgs.npz")["signals"], expected.signals)


def test_the_same_seed_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch, weights: str) -> None:
    for out in ("one", "two"):
        asked = f"generate --label SR --n 2 --steps 2 --out {out} --weights {weights}"
        assert run(monkeypatch, *asked.split()) == 0
    files = [sorted(path for path in Path(out).rglob("*") if path.is_file()) for out in ("one", "two")]
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]
    assert len(files[0]) == 8


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("--label AFIBB", "unknown label 'AFIBB'; did you mean AFIB (atrial fibrillation)"),
        ("--n 0", "n is 0"),
        ("--n many", "'many' is not a valid integer"),
        ("--age 150", "age is 150"),
        ("--age old", "'old' is not a valid float"),
        ("--sex F", "'F' is not one of 'female', 'male'"),
        ("--guidance -1", "guidance is -1"),
        ("--seed -1", "seed is -1"),
        ("--steps 0", "steps is 0"),
        ("--fs 0", "fs is 0"),
        ("--fs 250", "npz and csv take any rate"),
        ("--format edf", "'edf' is not one of 'wfdb', 'npz', 'csv'"),
        ("--out full", "full exists and is not empty"),
        ("--out full/file/below", "full/file"),
        ("--weights nowhere", "nowhere/SHA256SUMS does not exist"),
        ("--colour red", "No such option"),
    ],
)
def test_a_mistake_is_told_in_one_line_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], changed: str, message: str
) -> None:
    Path("full").mkdir()
    Path("full/file").write_text("mine")
    assert run(monkeypatch, "generate", "--label", "SR", "--out", "out", *changed.split()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("ecg-forge: ")
    assert message in said.err
    assert said.err.count("\n") == 1
    assert sorted(os.listdir()) == ["full"]


def test_a_stopped_command_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], weights: str
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(synthesise, "resampled_twelve", interrupted)
    asked = f"generate --label SR --n 1 --steps 1 --out out --weights {weights}"
    assert run(monkeypatch, *asked.split()) == 130
    assert "nothing was written" in capsys.readouterr().err
    assert os.listdir() == []


def test_every_statement_is_listed_on_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "labels") == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["code", "kind", "superclass", "description"]
    assert [line.split()[0] for line in lines] == [statement.code for statement in STATEMENTS]
    assert "LVH      diagnostic         HYP         left ventricular hypertrophy" in lines
    assert "AFIB     rhythm             -           atrial fibrillation" in lines


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_names_the_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run(monkeypatch, *arguments) == 0
    said = capsys.readouterr().out
    assert "generate" in said
    assert "digitise" in said
    assert "labels" in said


@pytest.mark.parametrize(
    "arguments",
    ["labels", "--help", "generate --help", "digitise --help", "generate --label AFIBB --out out", "classify --help"],
)
def test_nothing_heavy_is_imported_before_it_is_needed(arguments: str) -> None:
    code = (
        "import sys; from ecg_forge.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('torch', 'lightning', 'pandas', 'kedro', 'scipy') if m in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code, *arguments.split()], capture_output=True, text=True, check=True)
    assert ran.stderr.endswith("[]\n")


def test_the_package_installs_the_command_and_the_box() -> None:
    root = Path(__file__).resolve().parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["scripts"] == {"ecg-forge": f"{cli.main.__module__}:{cli.main.__name__}"}
    denoiser, segmenter = project["tool"]["setuptools"]["package-data"]["ecg_forge"]
    assert set((root / "src" / "ecg_forge").glob(denoiser)) == set(PACKAGED_BOX.iterdir())
    assert PACKAGED_SEGMENTER.match(segmenter)


def test_kedro_finds_the_commands_too() -> None:
    assert set(cli.cli.commands) == {
        "classify",
        "digitise",
        "generate",
        "labels",
    }  # Kedro reads the name `cli` of the project's cli.py


def test_the_packaged_weights_make_ten_records_that_wfdb_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "generate", "--label", "AFIB", "--n", "10", "--out", "out") == 0
    names = Path("out/RECORDS").read_text().splitlines()
    assert [wfdb.rdsamp(f"out/{name}")[0].shape for name in names] == [(1000, 12)] * 10
