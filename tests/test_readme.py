"""The README shows what is true now."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results"
README = (ROOT / "README.md").read_text(encoding="utf-8")
DETAILS = "## Newest real results"
STUDY = (RESULTS / "augmentation" / "study.md").read_text(encoding="utf-8")


def test_the_results_are_those_of_the_committed_pages() -> None:
    study = STUDY.splitlines()
    front = (RESULTS / "benchmark" / "front_page.md").read_text(encoding="utf-8").splitlines()
    fidelity = (RESULTS / "fidelity" / "unet1d" / "fidelity.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in README.partition(DETAILS)[2].splitlines() if line.startswith("| ")]
    assert len(rows) > len(front) > 2
    assert [row for row in rows if row not in study + front + fidelity] == []
    assert [row for row in front if row not in README] == []


def test_the_figures_at_the_top_are_those_of_the_pages_they_link_to() -> None:
    rows = [line for line in README.partition(DETAILS)[0].splitlines() if line.startswith("| ")][2:]
    assert len(rows) == 3
    for row in rows:
        _, answer, link = row.strip("| ").split(" | ")
        page = (ROOT / re.findall(r"\((.+)\)", link)[0]).read_text(encoding="utf-8")
        figures = re.findall(r"\d\.\d+ \(.+?\)", answer)
        assert [figure for figure in figures or [answer] if figure not in page] == []


def test_every_table_has_a_header_and_rows_as_wide() -> None:
    tables = re.findall(r"(?:^\|.*\n)+", README, flags=re.MULTILINE)
    assert len(tables) > 3
    for table in tables:
        header, rule, *rows = table.splitlines()
        assert re.fullmatch(r"\|( -+:? \|)+", rule)
        assert {row.count("|") for row in rows} == {header.count("|")}


def test_the_number_of_synthetic_ecgs_is_that_of_the_committed_run() -> None:
    run = json.loads((RESULTS / "fidelity" / "unet1d" / "run.json").read_text(encoding="utf-8"))
    made = f"{run['records']['synthetic']:,}"
    assert f"learned from {made} of its ECGs, from the {made} real records" in README
    assert f"`{run['denoiser']['model']}`, trained on folds 1 to 8" in README


def test_the_answer_is_the_one_that_the_committed_study_gives() -> None:
    answer = STUDY.splitlines()[2].split(" Measured by ")[0]
    assert f"**{answer}**" in README


def test_what_the_attack_found_is_the_committed_figure() -> None:
    privacy = json.loads((RESULTS / "augmentation" / "privacy.json").read_text(encoding="utf-8"))
    found, low, high = (privacy[f"membership_auc{end}"] for end in ("", "_low", "_high"))
    assert f"an AUC of {found:.3f} ({low:.3f}–{high:.3f})" in README


@pytest.mark.parametrize("target", ["demo", "test", "viz"])
def test_the_makefile_has_the_targets_the_readme_names(target: str) -> None:
    assert f"make {target}" in README
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)


def test_linked_files_are_there() -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", README)
    assert len(links) > 4
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize(
    ("file", "keys", "words"),
    [
        ("small/parameters/small.yml", ("data_engineering", "limit"), "{:,} records, small models"),
        ("demo/globals.yml", ("simulation", "n_records"), "simulates {:,} recordings"),
    ],
)
def test_the_sizes_it_names_are_those_of_the_configuration(file: str, keys: tuple[str, ...], words: str) -> None:
    value = yaml.safe_load((ROOT / "conf" / file).read_text())
    for key in keys:
        value = value[key]
    assert words.format(value) in README
