"""Previews say what is there, in forms that kedro-viz shows as they are."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecg_forge.datasets.preview import (
    ecg_preview,
    json_preview,
    markdown_preview,
    page_preview,
    pictures_preview,
    table_preview,
    weights_preview,
)
from ecg_forge.datasets.stock import Table, TextTable
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS

PAGE = """<!doctype html>
<html><head><title>T</title><style>body { color: red }</style></head>
<body onload="run()"><nav><a href="#a">Jump</a></nav>
<h1 class="big">What came of it</h1><script>let x = "<p>no</p>";</script>
<p>5 < 6 &amp; true</p><figure><svg><text>drawn</text></svg></figure>
<table><tr><td>0.9</td></tr></table></body></html>"""


def test_a_table_keeps_its_named_index_as_first_column() -> None:
    metrics = pd.DataFrame({"auc": [0.91, 1.0]}, index=pd.Index(["AFIB", "macro"], name="label"))
    assert table_preview(metrics) == {"columns": ["label", "auc"], "data": [["AFIB", "0.91"], ["macro", "1"]]}
    assert table_preview(metrics.reset_index(drop=True))["columns"] == ["auc"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456, "0.1235"),
        (15709.0, "15709"),
        (1_000_001, "1000001"),
        (None, "–"),
        (np.nan, "–"),
        (pd.NaT, "–"),
        (np.inf, "inf"),
        (True, "True"),
        (np.array([3, 17]), "[ 3 17]"),
        ("x" * 100, "x" * 80 + "…"),
    ],
)
def test_a_cell_is_short_text(value: object, text: str) -> None:
    assert table_preview(pd.DataFrame({"a": pd.Series([value], dtype=object)}))["data"] == [[text]]


def test_json_holds_nothing_that_a_browser_cannot_read() -> None:
    assert json.loads(json_preview({"a": [1.5, float("nan"), -float("inf")], "b": "NaN"})) == {
        "a": [1.5, None, None],
        "b": "NaN",
    }


def test_weights_show_configuration_and_sizes() -> None:
    shown = json.loads(weights_preview({"model": "x"}, {"a": (2, 3), "b": (), "c": (4,)}))
    assert shown == {"numbers": 11, "config": {"model": "x"}, "shapes": {"a": "2 × 3", "b": "", "c": "4"}}


def test_an_ecg_is_drawn_whatever_the_order_of_its_leads() -> None:
    samples = np.random.default_rng(0).integers(-500, 500, (12, 100)).astype(np.int16)
    png = ecg_preview(samples, 100, "one")
    assert base64.b64decode(png).startswith(b"\x89PNG")
    assert ecg_preview(samples[::-1], 100, "one", LEADS[::-1]) == png
    with pytest.raises(BadInput, match="V6"):
        ecg_preview(samples[:11], 100, "one", LEADS[:11])


def test_of_a_page_words_and_tables_are_shown_and_nothing_that_would_restyle_the_browser() -> None:
    shown = page_preview(PAGE)
    assert "<h1>What came of it</h1>" in shown
    assert "<p>5 &lt; 6 &amp; true</p>" in shown
    assert "<table><tr><td>0.9</td></tr></table>" in shown
    for hidden in ("color", "script", "Jump", "drawn", "onload", "class", "\n"):
        assert hidden not in shown


def test_markdown_is_read_without_its_pictures_and_links() -> None:
    shown = markdown_preview(
        "# A page\n\n![A curve](curve.svg)\n[study](study.md)\n\n| a | b |\n| - | - |\n| 1 | 2 |\n"
    )
    assert "<h1>A page</h1>" in shown
    assert "<td>1</td> <td>2</td>" in shown
    assert "curve.svg" not in shown
    assert "study" in shown
    assert "study.md" not in shown


def test_names_with_underscores_outlive_the_markdown_that_kedro_viz_reads_in_a_page() -> None:
    shown = page_preview("<p>resnet1d_wang beside xresnet1d_101, p* and q*</p>")
    as_kedro_viz_does = re.sub(r"_(.*?)_", r"<em>\1</em>", re.sub(r"\*(.*?)\*", r"<em>\1</em>", shown))
    assert as_kedro_viz_does == shown
    assert re.sub("<[^>]*>", "", shown) == "resnet1d_wang beside xresnet1d_101, p* and q*"


def test_pictures_are_shown_each_as_an_image_of_its_kind(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text("<svg/>")
    (tmp_path / "b.png").write_bytes(b"\x89PNG")
    first, second = re.findall(
        r'<img alt="(\w)" [^>]*src="data:image/([^"]+)">', pictures_preview(sorted(tmp_path.iterdir()))
    )
    assert first == ("a", "svg+xml;base64," + base64.b64encode(b"<svg/>").decode())
    assert second == ("b", "png;base64," + base64.b64encode(b"\x89PNG").decode())


@pytest.mark.parametrize(("kind", "file"), [(Table, "a.parquet"), (TextTable, "a.csv")])
def test_of_a_long_table_the_first_rows_are_shown_with_their_index(kind: type, file: str, tmp_path: Path) -> None:
    long = pd.DataFrame({"age": np.arange(300) / 4}, index=pd.RangeIndex(7, 307, name="ecg_id"))
    as_text = {"save_args": {"index": True}, "load_args": {"index_col": "ecg_id"}} if kind is TextTable else {}
    dataset = kind(filepath=str(tmp_path / file), **as_text)
    dataset.save(long)
    assert dataset.preview(nrows=2) == {"columns": ["ecg_id", "age"], "data": [["7", "0"], ["8", "0.25"]]}
    assert len(dataset.preview()["data"]) < 300
    dataset.save(long[:0])
    assert dataset.preview()["data"] == []
