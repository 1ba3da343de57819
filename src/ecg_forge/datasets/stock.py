"""Kedro's own datasets for tables, text, figures and pictures, made to write to a temporary name and rename.

A run killed while one of these is written leaves the old file or none, never a part of a new one.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
from kedro_datasets._typing import HTMLPreview, ImagePreview, JSONPreview, TablePreview
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import CSVDataset, ParquetDataset
from kedro_datasets.partitions import PartitionedDataset
from kedro_datasets.pillow import ImageDataset
from kedro_datasets.plotly import JSONDataset as PlotlyDataset
from kedro_datasets.text import TextDataset
from kedro_datasets.yaml import YAMLDataset

from ecg_forge.datasets.atomic import replacing
from ecg_forge.datasets.preview import json_preview, markdown_preview, table_preview


class _Replacing:
    """Lets the stock dataset write to a temporary file beside its own, then renames it."""

    _filepath: PurePosixPath

    def save(self, data: Any) -> None:
        own = self._filepath
        try:
            with replacing(Path(own)) as temporary:
                self._filepath = PurePosixPath(temporary)
                super().save(data)  # type: ignore[misc]
        finally:
            self._filepath = own


class Table(_Replacing, ParquetDataset):
    """A DataFrame as parquet.

    Example:
        ```yaml
        records:
          type: ecg_forge.datasets.stock.Table
          filepath: data/03_primary/records.parquet
        ```
    """

    def preview(self, nrows: int = 10) -> TablePreview:
        """Return the first rows for kedro-viz."""
        return table_preview(pd.read_parquet(self._filepath).head(nrows))


class TextTable(_Replacing, CSVDataset):
    """A DataFrame as CSV, for people.

    Example:
        ```yaml
        comparison:
          type: ecg_forge.datasets.stock.TextTable
          filepath: data/08_reporting/comparison.csv
        ```
    """

    def preview(self, nrows: int = 100) -> TablePreview:
        """Return the first rows for kedro-viz."""
        return table_preview(pd.read_csv(self._filepath, **{**self._load_args, "nrows": nrows}))


class JSONFile(_Replacing, JSONDataset):
    """Plain values as JSON.

    Example:
        ```yaml
        normaliser:
          type: ecg_forge.datasets.stock.JSONFile
          filepath: data/03_primary/normaliser.json
        ```
    """

    def preview(self) -> JSONPreview:
        """Return all of it for kedro-viz."""
        return json_preview(json.loads(Path(self._filepath).read_text(encoding="utf-8")))


class YAMLFile(_Replacing, YAMLDataset):
    """Plain values as YAML, which can be read as parameters.

    Example:
        ```yaml
        search_best:
          type: ecg_forge.datasets.stock.YAMLFile
          filepath: data/08_reporting/search/preset.yml
        ```
    """


class PlotlyFigure(_Replacing, PlotlyDataset):
    """An interactive figure as plotly's JSON.

    Example:
        ```yaml
        label_counts_figure:
          type: ecg_forge.datasets.stock.PlotlyFigure
          filepath: data/08_reporting/label_counts.json
        ```
    """


class Text(_Replacing, TextDataset):
    """A text as it is.

    Example:
        ```yaml
        results_page:
          type: ecg_forge.datasets.stock.Text
          filepath: docs/results/small/results.md
        ```
    """

    def preview(self) -> HTMLPreview:
        """Return the text for kedro-viz, read as Markdown."""
        return markdown_preview(Path(self._filepath).read_text(encoding="utf-8"))


class Picture(_Replacing, ImageDataset):
    """A picture of pixels as PNG.

    Example:
        ```yaml
        sheet_picture:
          type: ecg_forge.datasets.stock.Picture
          filepath: data/08_reporting/sheet.png
        ```
    """

    def preview(self) -> ImagePreview:
        """Return the picture for kedro-viz."""
        return ImagePreview(base64.b64encode(Path(self._filepath).read_bytes()).decode("ascii"))

    @staticmethod
    def _get_format(file_path: PurePosixPath) -> str:
        return "PNG"  # the temporary name has no suffix to tell it by


class Partitions(PartitionedDataset):
    """A folder with one file per item, each written by another dataset of this room; an item is loaded when called.

    An item's id is its path below the folder without the suffix, such as ``all/resnet1d_wang-seed0``. A folder that
    is empty or absent holds no item, which is no error: there may be nothing yet.

    Example:
        ```yaml
        benchmark_descriptions:
          type: ecg_forge.datasets.stock.Partitions
          path: docs/results/benchmark
          filename_suffix: .json
          dataset: ecg_forge.datasets.stock.JSONFile
        ```
    """

    def load(self) -> dict[str, Callable[[], Any]]:
        """Return a function per item that loads it, by id in alphabetical order."""
        self._invalidate_caches()  # another entry of the catalog may have written to the folder
        found = super().load() if self._list_partitions() else {}
        return {item: found[item] for item in sorted(found)}

    def preview(self) -> JSONPreview:
        """Return the names of the items for kedro-viz."""
        items = list(self.load())
        return json_preview({"number of items": len(items), "items": items})

    def _describe(self) -> dict[str, Any]:
        described = super()._describe()
        kind = f"{self._dataset_type.__module__}.{self._dataset_type.__name__}"
        return {**described, "dataset": kind, "filename_suffix": self._filename_suffix}
