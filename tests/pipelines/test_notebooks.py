"""The notebooks run from top to bottom on a finished run, and are kept without what they print."""

from pathlib import Path

import nbformat
import pytest
from kedro.io import DataCatalog
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
OPENING = "%load_ext kedro.ipython\n%reload_kedro --env=demo"


def read(notebook: Path) -> nbformat.NotebookNode:
    return nbformat.read(notebook, as_version=4)


def code_cells(notebook: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(notebook).cells if cell.cell_type == "code"]


def test_they_are_numbered_in_reading_order() -> None:
    assert [notebook.stem.partition("_")[0] for notebook in NOTEBOOKS] == ["01", "02", "03", "04", "05"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_outputs_are_stripped(notebook: Path) -> None:
    nbformat.validate(read(notebook))
    assert all(not cell.outputs and cell.execution_count is None for cell in code_cells(notebook))
    assert notebook.stat().st_size < 10_000


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_they_open_the_demo_and_are_thin(notebook: Path) -> None:
    opening, *others = code_cells(notebook)
    assert opening.source == OPENING
    assert not any(word in cell.source for cell in others for word in ("def ", "class ", "open(", "%"))


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_they_run_on_the_finished_run(whole_run: DataCatalog, conf: Path, notebook: Path) -> None:
    """Nothing but the environment is changed: the demo's place is taken by the run that the tests share."""
    running = read(notebook)
    opening = next(cell for cell in running.cells if cell.cell_type == "code")
    opening.source = opening.source.replace("--env=demo", f"--env=test --conf-source={conf}")
    client = NotebookClient(
        running, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(notebook.parent)}}
    )
    client.execute()
    printed = [output for cell in running.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in printed if output.output_type == "error"]
    assert any("image/svg+xml" in (data := output.get("data", {})) or "text/html" in data for output in printed)
