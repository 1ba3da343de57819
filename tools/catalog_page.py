"""Writes the page on the catalog while the site is built, from the catalog and the pipelines, so it is always true.

MkDocs calls `on_files` (mkdocs.yml, ``hooks``).
"""

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from kedro.config import OmegaConfigLoader
from kedro.framework.project import configure_project, settings
from kedro.pipeline import Pipeline

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parents[1]
PAGE = "reference/catalog.md"

_HEAD = """# Catalog

Every name that lies between two nodes, as `catalog.load` takes it, with the place where it is kept when no `--env` is
given; another environment has another data root. An arm's name stands for `{arm}`. This page is written from the
catalog whenever the site is built.
"""
_COLUMNS = "| Name, and where it is kept | Kind | Made by |\n| --- | --- | --- |"


def on_files(files: "Files", config: "MkDocsConfig") -> "Files":
    """Add the page to those that are built."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, PAGE, content=catalog_page()))
    return files


def catalog_page() -> str:
    """Return the page in Markdown: a section for each file of the catalog, a row for each entry."""
    from ecg_forge.pipeline_registry import register_pipelines

    configure_project("ecg_forge")
    entries = OmegaConfigLoader(str(ROOT / "conf"), env="base", **settings.CONFIG_LOADER_ARGS)["catalog"]
    makers = makers_of(register_pipelines(), set(entries))
    parts = [_HEAD]
    for file in sorted((ROOT / "conf" / "base" / "catalog").glob("*.yml")):
        text = file.read_text(encoding="utf-8")
        names = [name for name in yaml.safe_load(text) if not name.startswith("_")]
        said = text.partition("\n")[0].removeprefix("#").strip()
        rows = [_row(name, entries[name], makers[name]) for name in names]
        parts.append("\n".join([f"## {file.stem}\n\n{said}\n\n{_COLUMNS}", *rows]) + "\n")
    return "\n".join(parts)


def makers_of(pipelines: dict[str, Pipeline], entries: set[str]) -> dict[str, set[str]]:
    """Return which functions of nodes make each entry of the catalog."""
    makers: dict[str, set[str]] = defaultdict(set)
    for node in (node for pipeline in pipelines.values() for node in pipeline.nodes):
        for name in node.outputs:
            makers[name if name in entries else f"{{arm}}.{name.rpartition('.')[2]}"].add(node.func.__name__)
    return makers


def _row(name: str, entry: dict[str, Any], makers: set[str]) -> str:
    kind = entry["type"]
    place = entry.get("filepath") or entry.get("path") or ""
    if kind.endswith("Partitions"):
        place += f"/…{entry['filename_suffix']}"
    made_by = ", ".join(f"`{function}`" for function in sorted(makers))
    return f"| `{name}`<br><small>{place}</small> | [{kind.rpartition('.')[2]}][{kind}] | {made_by} |"
