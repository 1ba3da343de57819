"""kedro-viz shows the whole way: layers, arms that fold, a preview of all that a run has made; in a browser, too."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from kedro.framework.project import pipelines
from kedro.io import DataCatalog

from ecg_forge.pipelines.arms import ARMS, TRANSFER_ARMS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# What `kedro viz run` starts, without its question to PyPI whether there is a newer version.
SERVE = """
import sys
from kedro_viz.server import run_server
run_server("127.0.0.1", int(sys.argv[1]), env="test", project_path=sys.argv[2], package_name="ecg_forge")
"""
PATIENCE_MS = 180_000  # a machine with other work is slow to start a server and a browser


@pytest.fixture(scope="module")
def lineage(whole_run: DataCatalog, project: Path, conf: Path) -> Iterator[str]:
    """Serve the pipelines and what the whole run has made; the address ends in a slash."""
    shutil.copy(project / "pyproject.toml", conf.parent)
    (conf.parent / "src").mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-c", SERVE, str(port), str(conf.parent)]
    with subprocess.Popen(command, cwd=conf.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(server, f"http://127.0.0.1:{port}/")
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()


def wait_for(server: subprocess.Popen, address: str) -> None:
    for _ in range(PATIENCE_MS // 500):
        assert server.poll() is None, "kedro-viz stopped while it was starting"
        try:
            requests.get(address, timeout=10)
        except requests.ConnectionError:
            time.sleep(0.5)
        else:
            return
    raise TimeoutError(f"{address} does not answer")


def answer(address: str) -> Any:
    response = requests.get(address, timeout=PATIENCE_MS / 1000)
    response.raise_for_status()
    return response.json()


def datasets(graph: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in graph["nodes"] if node["type"] == "data"}


def test_every_dataset_of_a_pipeline_stands_in_one_of_its_layers(lineage: str) -> None:
    graphs = {name: answer(f"{lineage}api/pipelines/{name}") for name in pipelines}
    # kedro-viz shows no layer at all where layers lead back to one another
    assert [name for name, graph in graphs.items() if not graph["layers"]] == []
    for graph in graphs.values():
        assert {node["layer"] for node in datasets(graph).values()} <= set(graph["layers"])


@pytest.mark.parametrize(
    ("pipeline", "arms"),
    [("__default__", ARMS), ("fidelity", ("baseline", *TRANSFER_ARMS)), ("study", ("study",)), ("synthesis", ())],
)
def test_each_arm_folds_into_one_box(lineage: str, pipeline: str, arms: tuple[str, ...]) -> None:
    boxes = answer(f"{lineage}api/pipelines/{pipeline}")["modular_pipelines"]
    folded = {child["id"] for child in boxes["__root__"]["children"] if child["type"] == "modularPipeline"}
    assert folded == set(arms)


def test_whatever_a_run_has_made_is_previewed(lineage: str, whole_run: DataCatalog) -> None:
    shown = {}
    for name in pipelines:
        for dataset, node in datasets(answer(f"{lineage}api/pipelines/{name}")).items():
            if dataset not in shown and whole_run.exists(dataset):
                shown[dataset] = answer(f"{lineage}api/nodes/{node['id']}")
    assert len(shown) > 100
    assert [dataset for dataset, node in shown.items() if not node.get("preview")] == []
    for node in shown.values():
        if node["preview_type"] == "JSONPreview":
            json.loads(node["preview"], parse_constant=pytest.fail)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Start headless Chromium: the one that CHROMIUM names, or the first on the path."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no browser can be driven: playwright is missing")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no browser is here: install chromium, or name one in the environment variable CHROMIUM")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: "Browser", lineage: str) -> Iterator["Page"]:
    """Open the graph without its guided tour; at the end nothing must have gone wrong on the page."""
    errors: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    # Its font comes from the network; without one the browser would report that.
    page.route(lambda url: not url.startswith(lineage), lambda route: route.fulfill(body=""))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(lineage)
    page.locator(".feature-hints__close").click()
    yield page
    page.close()
    assert errors == []


def choose(page: "Page", pipeline: str) -> None:
    selector = page.locator("[data-test=kedro-pipeline-selector]")
    selector.locator("button").click()
    selector.get_by_title(pipeline, exact=True).click()
    page.wait_for_url(f"**pid={pipeline}**")
    inputs = (name for name in pipelines[pipeline].inputs() if "." not in name and not name.startswith("param"))
    page.locator(f"[data-node-fullname={min(inputs)}]").wait_for(state="attached")


def select(page: "Page", name: str) -> None:
    page.get_by_placeholder("Search").fill(name)
    page.locator(".pipeline-nodelist").get_by_text(name, exact=True).click()


def test_each_registered_pipeline_can_be_chosen(page: "Page") -> None:
    for pipeline in pipelines:
        choose(page, pipeline)


def test_an_arm_unfolds_where_it_is_clicked(page: "Page") -> None:
    choose(page, "baseline")
    inside = page.locator("[data-node-fullname=train_classifier]")
    assert inside.count() == 0
    page.locator(".pipeline-node[data-id=baseline]").click()
    inside.wait_for(state="attached")


@pytest.mark.parametrize(
    ("pipeline", "dataset", "preview", "node"),
    [
        ("evaluation", "comparison", ".preview-table", "compare_every_pair"),
        ("synthesis", "synthetic_signals", ".pipeline-metadata__plot-image", "generate_signals"),
        ("baseline", "baseline.weights", ".pipeline-metadata__preview-json", "train_classifier"),
    ],
)
def test_a_click_shows_what_a_dataset_holds_and_the_code_that_made_it(
    page: "Page", pipeline: str, dataset: str, preview: str, node: str
) -> None:
    choose(page, pipeline)
    select(page, dataset)
    page.locator(".pipeline-metadata__title", has_text=dataset).wait_for()
    page.locator(preview).wait_for()
    page.get_by_label("Close Metadata Panel").click()
    select(page, node)
    page.get_by_text("Show Code").click()
    page.locator(".pipeline-metadata-code", has_text=f"def {node}").wait_for()
