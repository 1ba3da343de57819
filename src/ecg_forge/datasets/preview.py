"""What kedro-viz shows of a dataset, in forms that its page can show as they are."""

import base64
import io
import json
from collections.abc import Mapping, Sequence
from html import escape
from html.parser import HTMLParser
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from kedro_datasets._typing import HTMLPreview, ImagePreview, JSONPreview, TablePreview

from ecg_forge.ecg.leads import LEADS, lead_positions
from ecg_forge.ecg.records import to_millivolts

_LONGEST_CELL = 80  # characters
_KIND_OF_PICTURE = {".svg": "svg+xml", ".png": "png"}
_SHOWN_TAGS = {
    *("h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "dl", "dt", "dd", "strong", "b", "em", "code"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_HIDDEN_TAGS = {"head", "script", "style", "svg", "nav", "figure"}


def table_preview(rows: pd.DataFrame) -> TablePreview:
    """Return rows as text, their index as first columns, since kedro-viz would leave it out."""
    named = rows.reset_index() if any(name is not None for name in rows.index.names) else rows
    cells = [[_cell(value) for value in row] for row in named.itertuples(index=False)]
    return TablePreview({"columns": [str(name) for name in named.columns], "data": cells})


def json_preview(value: Any) -> JSONPreview:
    """Return plain values as JSON; what is not finite, which a browser cannot read, becomes null."""
    return JSONPreview(json.dumps(json.loads(json.dumps(value), parse_constant=lambda _: None)))


def weights_preview(config: Any, shapes: Mapping[str, Sequence[int]]) -> JSONPreview:
    """Return a model's configuration, how many numbers its tensors hold, and the shape of each."""
    sizes = {name: " × ".join(map(str, shape)) for name, shape in shapes.items()}
    return json_preview({"numbers": sum(map(prod, shapes.values())), "config": config, "shapes": sizes})


def ecg_preview(samples_uv: np.ndarray, fs: float, title: str, leads: Sequence[str] = LEADS) -> ImagePreview:
    """Draw one recording, ``(lead, sample)`` in µV, on ECG paper, as PNG in base64."""
    from ecg_forge.ecg.plotting import STANDARD_LAYOUT, draw_ecg

    # kedro-viz's large view is filled by height: with a second rhythm strip the sheet is narrow enough for it.
    layout = (*STANDARD_LAYOUT, ("V1",))
    figure = draw_ecg(to_millivolts(samples_uv[lead_positions(LEADS, leads)]), fs, title, layout=layout)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return ImagePreview(base64.b64encode(png.getvalue()).decode("ascii"))


def pictures_preview(files: Sequence[Path]) -> HTMLPreview:
    """Return SVG and PNG files, one below the other; as images they cannot change the page they stand on."""
    shown = [
        f'<img alt="{escape(file.stem)}" style="width:100%" src="data:image/{_KIND_OF_PICTURE[file.suffix]};base64,'
        f'{base64.b64encode(file.read_bytes()).decode("ascii")}">'
        for file in files
    ]
    return HTMLPreview("".join(shown))


def markdown_preview(text: str) -> HTMLPreview:
    """Return the words and tables of a page in Markdown, without its pictures and links."""
    from markdown_it import MarkdownIt

    return page_preview(MarkdownIt("commonmark").enable("table").render(text))


def page_preview(page: str) -> HTMLPreview:
    """Return the words and tables of an HTML page, without what would restyle kedro-viz's own."""
    reader = _Words()
    reader.feed(page)
    reader.close()
    return HTMLPreview("".join(reader.kept))


def _cell(value: Any) -> str:
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return f"{value:.0f}" if float(value).is_integer() else f"{value:.4g}"
    text = str(value) if pd.api.types.is_list_like(value) or not pd.isna(value) else "–"
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"


class _Words(HTMLParser):
    """Keeps text and plain tags of an HTML page on one line."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[str] = []
        self._hidden = 0  # how many open tags hide what stands in them

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden += tag in _HIDDEN_TAGS
        self._keep(f"<{tag}>", tag)

    def handle_endtag(self, tag: str) -> None:
        self._keep(f"</{tag}>", tag)
        self._hidden -= tag in _HIDDEN_TAGS

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            text = escape(" ".join(data.split("\n")), quote=False)
            # kedro-viz takes two of these on one line for emphasis, and drops them; a line that ends out of sight
            # keeps them apart.
            for sign in "_*":
                text = text.replace(sign, f'{sign}<wbr title="\n">')
            self.kept.append(text)

    def _keep(self, text: str, tag: str) -> None:
        if not self._hidden:
            self.kept.append(text if tag in _SHOWN_TAGS else " ")  # words of two tags are two words
