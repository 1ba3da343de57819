"""The documentation says what is true of the code."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from torch import nn

from ecg_forge.diffusion.config import PROCESSES, SAMPLERS, WEIGHTINGS
from ecg_forge.ecg.plan_config import PLANS
from ecg_forge.models.registry import CLASSIFIERS, DENOISERS, build_classifier, build_denoiser

DOCS = Path(__file__).resolve().parents[1] / "docs"
ARCHITECTURE = (DOCS / "architecture.md").read_text(encoding="utf-8")


def test_files_that_pages_link_to_are_there() -> None:
    links = [
        page.parent / link
        for page in DOCS.rglob("*.md")
        for link in re.findall(r"\]\((?!https?://)([^)#]+)\)", page.read_text(encoding="utf-8"))
    ]
    assert len(links) > 4
    assert [link for link in links if not link.exists()] == []


@pytest.mark.parametrize(
    ("section", "known", "build"),
    [
        ("## The classifiers", CLASSIFIERS, lambda name: build_classifier(name, 12, 71)),
        ("## The denoisers", DENOISERS, lambda name: build_denoiser(name, 8, 71)),
    ],
    ids=["classifiers", "denoisers"],
)
def test_every_network_is_listed_with_its_number_of_trained_parameters(
    section: str, known: Mapping[str, str], build: Callable[[str], nn.Module]
) -> None:
    listed = {}
    text = ARCHITECTURE.partition(f"{section}\n")[2].partition("\n## ")[0]
    for line in text.splitlines():
        if line.startswith("| `") and re.search(r"\d \|$", line):
            _, names, *_, counts, _ = line.split("|")
            numbers = [int(count.replace(",", "")) for count in counts.split(";")]
            listed |= dict(zip(re.findall(r"`(\w+)`", names), numbers, strict=True))
    assert listed == {name: sum(p.numel() for p in build(name).parameters()) for name in known}


@pytest.mark.parametrize("name", [*SAMPLERS, *PROCESSES, *WEIGHTINGS, *PLANS])
def test_every_choice_of_synthesis_is_told(name: str) -> None:
    assert f"`{name}`" in ARCHITECTURE


def test_the_readme_counts_the_classifiers() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    assert f"one of {len(CLASSIFIERS)} networks" in readme
