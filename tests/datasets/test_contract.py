"""What holds for every dataset class of this room; a class that is not listed here fails the test."""

import base64
import importlib
import json
import pkgutil
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from inspect import isabstract, signature
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
import torch
from kedro.io import AbstractDataset, DataCatalog, DatasetError
from PIL import Image

import ecg_forge.datasets
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.records import Signals


@dataclass(frozen=True)
class Case:
    """How one dataset class is built below a folder, and what can be saved with it."""

    module: str
    arguments: Callable[[Path], dict[str, Any]]
    value: Callable[[], Any] | None = None  # None: read-only
    missing: str = "does not exist"  # empty: nothing can be missing


def weights() -> dict[str, Any]:
    return {"config": {"model": "x"}, "tensors": {"a": torch.arange(3.0)}}


def signals() -> Signals:
    return Signals(np.arange(2 * 12 * 5, dtype=np.int16).reshape(2, 12, 5), np.array([4, 9]))


def ptbxl_records() -> dict[str, Any]:
    metadata = pd.DataFrame({"filename_lr": ["records100/1_lr", "records100/2_lr"], "scp_codes": "{'NORM': 100.0}"})
    return {"metadata": metadata.set_index(pd.Index([4, 9], name="ecg_id")), "signals": signals()}


def table() -> pd.DataFrame:
    return pd.DataFrame({"NORM": [0.25, 0.5], "split": ["val", "test"]})


def in_new(filename: str) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: {"filepath": str(folder / "new" / filename)}


def as_items(folder: Path) -> dict[str, Any]:
    kind = "ecg_forge.datasets.stock.Table"
    return {"path": str(folder / "new"), "filename_suffix": ".parquet", "dataset": kind}


def as_drawings(folder: Path) -> dict[str, Any]:
    return {"path": str(folder / "new"), "filename_suffix": ".svg", "dataset": "ecg_forge.datasets.drawings.Drawing"}


def from_folder(folder: Path) -> dict[str, Any]:
    return {"source": str(folder / "ptb-xl"), "path": str(folder)}


KINDS_OF_PREVIEW = {"HTMLPreview", "ImagePreview", "JSONPreview", "PlotlyPreview", "TablePreview"}
NO_SUCH_FILE = "No such file"
CASES = {
    "Checkpoints": Case("checkpoints", in_new("checkpoints"), missing=""),
    "ClassifierBox": Case("box", in_new("box"), lambda: {**weights(), "card": "# Card"}),
    "DenoiserBox": Case("box", in_new("box"), lambda: {**weights(), "card": "# Card"}),
    "Drawing": Case("drawings", in_new("a.svg"), lambda: "<svg/>", NO_SUCH_FILE),
    "Gallery": Case("drawings", as_drawings, lambda: {"a": "<svg/>"}, missing=""),
    "HTMLReport": Case("html_report", in_new("a.html"), lambda: "<p>µV — π</p>"),
    "JSONFile": Case("stock", in_new("a.json"), lambda: {"mean": [0.5, 1]}, NO_SUCH_FILE),
    "KnownStatements": Case("own_table", lambda _: {}, missing=""),
    "ModelWeights": Case("model_weights", in_new("a.safetensors"), weights),
    "OwnRecords": Case("own_records", lambda folder: {"path": str(folder / "ecgs")}),
    "OwnTable": Case("own_table", in_new("labels.csv")),
    "PTBXLFolder": Case("ptbxl_folder", in_new("ptb-xl"), ptbxl_records),
    "PTBXLTable": Case(
        "ptbxl_table", lambda folder: {**from_folder(folder), "table": "ptbxl_database.csv", "index_col": "ecg_id"}
    ),
    "Partitions": Case("stock", as_items, lambda: {"all/a-seed0": table()}, missing=""),
    "Picture": Case("stock", in_new("a.png"), lambda: Image.new("RGB", (3, 2), "#102030"), NO_SUCH_FILE),
    "PlotlyFigure": Case("stock", in_new("a.json"), lambda: go.Figure(go.Bar(y=[1, 2])), NO_SUCH_FILE),
    "SearchStorage": Case("search_storage", in_new("trials.db"), missing=""),
    "SignalArray": Case("signal_array", in_new("signals"), signals),
    "Table": Case("stock", in_new("a.parquet"), table, NO_SUCH_FILE),
    "Text": Case("stock", in_new("a.md"), lambda: "# µV\n", NO_SUCH_FILE),
    "TextTable": Case("stock", in_new("a.csv"), table, NO_SUCH_FILE),
    "WFDBRecords": Case("wfdb_records", from_folder),
    "YAMLFile": Case("stock", in_new("a.yml"), lambda: {"loss": {"focal_gamma": 0.5}, "of": [None, 1]}, NO_SUCH_FILE),
}
WRITABLE = [name for name, case in CASES.items() if case.value]


def build(name: str, folder: Path) -> AbstractDataset:
    case = CASES[name]
    config = {"type": f"ecg_forge.datasets.{case.module}.{name}", **case.arguments(folder)}
    return DataCatalog.from_config({"entry": {**config, "metadata": {"kedro-viz": {"layer": "raw"}}}})["entry"]


def same(left: Any, right: Any) -> bool:
    if isinstance(left, Signals):
        return np.array_equal(left.samples, right.samples) and np.array_equal(left.ecg_id, right.ecg_id)
    if isinstance(left, pd.DataFrame):
        return bool(left.equals(right))
    if isinstance(left, dict) and "tensors" in left:
        return left["config"] == right["config"] and torch.equal(left["tensors"]["a"], right["tensors"]["a"])
    if isinstance(left, dict) and "signals" in left:
        return all(same(left[part], right[part]) for part in right)
    if isinstance(left, dict) and any(map(callable, left.values())):  # items of a folder, loaded when called
        return left.keys() == right.keys() and all(same(left[item](), right[item]) for item in left)
    return bool(left == right)


def test_every_dataset_class_is_listed() -> None:
    found = {}
    for module in pkgutil.iter_modules(ecg_forge.datasets.__path__):
        loaded = importlib.import_module(f"ecg_forge.datasets.{module.name}")
        for name, item in vars(loaded).items():
            of_room = isinstance(item, type) and item.__module__ == loaded.__name__
            if of_room and issubclass(item, AbstractDataset) and not isabstract(item):
                found[name] = module.name
    assert found == {name: case.module for name, case in CASES.items()}


@pytest.mark.parametrize("name", WRITABLE)
def test_what_is_saved_is_loaded(name: str, tmp_path: Path) -> None:
    value = CASES[name].value()
    build(name, tmp_path).save(value)
    assert same(build(name, tmp_path).load(), value)


@pytest.mark.parametrize("name", WRITABLE)
def test_it_exists_once_it_is_saved_and_can_be_saved_again(name: str, tmp_path: Path) -> None:
    dataset = build(name, tmp_path)
    assert not dataset.exists()
    dataset.save(CASES[name].value())
    dataset.save(CASES[name].value())
    assert dataset.exists()
    assert len(list((tmp_path / "new").iterdir())) == 1, "nothing but the target stays"


@pytest.mark.parametrize("name", [name for name in CASES if name not in WRITABLE])
def test_a_read_only_dataset_refuses_to_save(name: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"read-only|handle"):
        build(name, tmp_path).save("anything")


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.missing])
def test_what_is_missing_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=CASES[name].missing) as error:
        build(name, tmp_path).load()
    assert str(tmp_path) in str(error.value)


@pytest.mark.parametrize("name", CASES)
def test_it_describes_itself_by_its_arguments(name: str, tmp_path: Path) -> None:
    described = build(name, tmp_path)._describe()
    assert {key: str(described[key]) for key in CASES[name].arguments(tmp_path)} == CASES[name].arguments(tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_it_can_be_sent_to_another_process(name: str, tmp_path: Path) -> None:
    dataset = build(name, tmp_path)
    copy = ForkingPickler.loads(bytes(ForkingPickler.dumps(dataset)))
    assert copy._describe() == dataset._describe()
    assert copy.metadata == {"kedro-viz": {"layer": "raw"}}


@pytest.mark.parametrize("name", CASES)
def test_its_docstring_shows_a_catalog_entry(name: str) -> None:
    module = importlib.import_module(f"ecg_forge.datasets.{CASES[name].module}")
    assert f"type: ecg_forge.datasets.{CASES[name].module}.{name}" in getattr(module, name).__doc__


def test_recordings_are_read_through_the_catalog(tiny_ptbxl: Path, tmp_path: Path) -> None:
    dataset = build("WFDBRecords", tmp_path)
    assert dataset.exists()
    (block,) = dataset.load().read(["records100/00000/00001_lr"], fs=100, length=1000)
    assert block.problems == [""]


@pytest.mark.parametrize("name", CASES)
def test_it_previews_in_a_form_that_kedro_viz_knows(name: str, tmp_path: Path) -> None:
    kind = signature(build(name, tmp_path).preview).return_annotation
    assert getattr(kind, "__name__", kind) in KINDS_OF_PREVIEW


@pytest.mark.parametrize("name", WRITABLE)
def test_what_is_saved_is_previewed_as_what_can_be_sent_to_a_browser(name: str, tmp_path: Path) -> None:
    dataset = build(name, tmp_path)
    dataset.save(CASES[name].value())
    shown = dataset.preview()
    assert shown
    assert json.dumps(shown, allow_nan=False)


def test_recordings_are_previewed_without_fetching_any(tiny_ptbxl: Path, tmp_path: Path) -> None:
    dataset = build("WFDBRecords", tmp_path)
    assert base64.b64decode(dataset.preview()).startswith(b"\x89PNG")
    (tiny_ptbxl / "records100/00000/00001_lr.dat").unlink()
    with pytest.raises(BadInput, match="00001_lr.hea: missing signal file"):
        dataset.preview()
    shutil.rmtree(tiny_ptbxl / "records100")
    with pytest.raises(BadInput, match="holds no record yet"):
        dataset.preview()


@pytest.mark.parametrize("name", ["Checkpoints", "SearchStorage"])
def test_a_handle_previews_the_files_that_lie_there(name: str, tmp_path: Path) -> None:
    dataset = build(name, tmp_path)
    assert json.loads(dataset.preview()) == {"bytes of each file": {}}
    place = Path(CASES[name].arguments(tmp_path)["filepath"])
    file = place if place.suffix else place / "last.ckpt"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"abc")
    assert json.loads(dataset.preview()) == {"bytes of each file": {str(file.relative_to(place.parent)): 3}}
