"""The documentation says what is true of the code."""

import re
from pathlib import Path

from ecg_forge.models.registry import CLASSIFIERS, build_classifier

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


def test_every_classifier_is_listed_with_its_number_of_trained_parameters() -> None:
    listed = {}
    section = ARCHITECTURE.partition("## The classifiers")[2].partition("## ")[0]
    for line in section.splitlines():
        if line.startswith("| `"):
            _, names, *_, counts, _ = line.split("|")
            numbers = [int(count.replace(",", "")) for count in counts.split(";")]
            listed |= dict(zip(re.findall(r"`(\w+)`", names), numbers, strict=True))
    built = {name: build_classifier(name, 12, 71).parameters() for name in CLASSIFIERS}
    assert listed == {name: sum(p.numel() for p in parameters) for name, parameters in built.items()}


def test_the_readme_counts_the_classifiers() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    assert len(CLASSIFIERS) == 9
    assert "one of nine networks" in readme
