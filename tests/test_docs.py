"""The documentation says what is true of the code."""

import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from click.testing import CliRunner
from torch import nn

from ecg_forge.cli import cli
from ecg_forge.diffusion.config import PROCESSES, SAMPLERS, WEIGHTINGS
from ecg_forge.ecg.plan_config import PLANS
from ecg_forge.models.condition import Condition
from ecg_forge.models.registry import CLASSIFIERS, DENOISERS, build_classifier, build_denoiser
from ecg_forge.pipeline_registry import register_pipelines
from tools.catalog_page import PAGE, catalog_page

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
TEXTS = {page: page.read_text(encoding="utf-8") for page in [*sorted(DOCS.rglob("*.md")), ROOT / "README.md"]}
ARCHITECTURE = TEXTS[DOCS / "architecture.md"]
COMMANDS = [
    command
    for text in TEXTS.values()
    for command in re.findall(r"kedro run[^\n`#]*|\.venv/bin/ecg-forge [^\n`#]+|make [a-z]+(?=[`\n])", text)
]


def anchors(text: str) -> set[str]:
    """What can be linked to in a page: its headings as MkDocs names them, and what mkdocstrings documents in it."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    slugs = {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}
    return slugs | set(re.findall(r"^::: (\S+)$", text, flags=re.MULTILINE))


def leads_somewhere(anchor: str, known: set[str]) -> bool:
    return anchor in known or any(anchor.startswith(f"{module}.") for module in known)


def python_blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", TEXTS[DOCS / page], flags=re.DOTALL)


def test_files_and_headings_that_pages_link_to_are_there() -> None:
    links = [
        (page, *link.partition("#")[::2])
        for page, text in TEXTS.items()
        for link in re.findall(r"\]\((?!https?://)([^)]+)\)", text)
    ]
    assert len(links) > 40
    targets = [(page, page.parent / file if file else page, anchor) for page, file, anchor in links]
    assert [(page, target) for page, target, _ in targets if not target.exists()] == []
    missing = [
        (page, target, anchor)
        for page, target, anchor in targets
        if anchor and not leads_somewhere(anchor, anchors(target.read_text(encoding="utf-8")))
    ]
    assert missing == []


def test_every_page_is_in_the_navigation() -> None:
    configuration = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert f": {PAGE}\n" in configuration
    pages = {page.relative_to(DOCS).as_posix() for page in TEXTS if page.is_relative_to(DOCS)}
    assert [page for page in sorted(pages) if page not in configuration] == []


def test_pipelines_environments_and_settings_in_commands_are_there() -> None:
    known = set(register_pipelines())
    settings: dict[str, Any] = {}
    for file in (ROOT / "conf" / "base" / "parameters").glob("*.yml"):
        settings |= yaml.safe_load(file.read_text(encoding="utf-8"))
    runs = [command for command in COMMANDS if command.startswith("kedro run")]
    assert len(runs) > 20
    for run in runs:
        options = dict(word.partition("=")[::2] for word in shlex.split(run)[2:])
        assert set(options) <= {"--env", "--pipelines", "--params", "--nodes", "--only-missing-outputs", "--config"}, (
            run
        )
        assert (ROOT / "conf" / options.get("--env", "base")).is_dir(), run
        assert set(options.get("--pipelines", "__default__").split(",")) <= known, run
        for path in re.findall(r"([a-z_.]+)=", options.get("--params", "")):
            section: Any = settings
            for key in path.split("."):
                assert key in section, run
                section = section[key]


def test_other_commands_are_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert {command.removeprefix("make ") for command in COMMANDS if command.startswith("make ")} <= targets
    for command in COMMANDS:
        if command.startswith(".venv/bin/ecg-forge"):
            name, *rest = shlex.split(command)[1:]
            said = CliRunner().invoke(cli, [name, "--help"]).output
            assert [word for word in rest if word.startswith("--") and word not in said] == [], command


def test_the_classifier_of_the_how_to_is_one() -> None:
    code, registered = python_blocks("how-to/own-model.md")
    module: dict[str, Any] = {}
    exec(code, module)
    model = module["plain_cnn"](12, 71, 4).eval()
    assert model(torch.zeros(2, 12, 250), torch.zeros(2, 4)).shape == (2, 71)
    assert registered == '"plain_cnn": "ecg_forge.models.plain_cnn:plain_cnn",\n'


def test_the_denoiser_of_the_how_to_is_one() -> None:
    code, registered = python_blocks("how-to/own-denoiser.md")
    module: dict[str, Any] = {}
    exec(code, module)
    denoiser = module["plain_denoiser"](8, 71)
    made = denoiser(torch.randn(2, 8, 131), torch.zeros(2), Condition.null(2, 71))
    assert made.shape == (2, 8, 131)
    assert not made.any()
    assert registered == '"plain_denoiser": "ecg_forge.models.plain_denoiser:plain_denoiser",\n'


@pytest.mark.slow
def test_the_paper_ecg_of_the_how_to_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = python_blocks("how-to/paper-ecgs.md")
    found: dict[str, Any] = {}
    exec(code, found)
    assert found["read"].signal_mv.shape == (12, 1000)
    assert found["read"].confidence.min() > 0.5


def test_the_page_on_the_catalog_has_every_entry_and_who_makes_it() -> None:
    page = catalog_page()
    entries = [
        name
        for file in (ROOT / "conf" / "base" / "catalog").glob("*.yml")
        for name in yaml.safe_load(file.read_text(encoding="utf-8"))
        if not name.startswith("_")
    ]
    assert [name for name in entries if f"| `{name}`<" not in page] == []
    (weights,) = [line for line in page.splitlines() if line.startswith("| `{arm}.weights`<")]
    assert "data/06_models/{arm}/weights.safetensors" in weights
    assert "`train_classifier`" in weights
    kinds = set(re.findall(r"\]\[([\w.]+)\]", page))
    documented = anchors(TEXTS[DOCS / "reference" / "datasets.md"])
    assert {kind.rpartition(".")[0] for kind in kinds} <= documented


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
    assert f"one of {len(CLASSIFIERS)} networks" in TEXTS[ROOT / "README.md"]
