"""Drawings as SVG, alone or many in a folder."""

from pathlib import Path

from kedro_datasets._typing import HTMLPreview

from ecg_forge.datasets.preview import pictures_preview
from ecg_forge.datasets.stock import Partitions, Text


class Drawing(Text):
    """A drawing as the text of one SVG file.

    Example:
        ```yaml
        study_figure:
          type: ecg_forge.datasets.drawings.Drawing
          filepath: docs/results/augmentation/study.svg
        ```
    """

    def preview(self) -> HTMLPreview:
        """Return the drawing for kedro-viz."""
        return pictures_preview([Path(self._filepath)])


class Gallery(Partitions):
    """A folder of pictures, each written by another dataset of this room.

    Example:
        ```yaml
        denoiser_sheets:
          type: ecg_forge.datasets.drawings.Gallery
          path: data/06_models/denoiser/sheets
          filename_suffix: .svg
          dataset: ecg_forge.datasets.drawings.Drawing
        ```
    """

    def preview(self, items: int = 3) -> HTMLPreview:
        """Return the last pictures, which of a training are the newest, for kedro-viz."""
        files = sorted(Path(self._path).rglob(f"*{self._filename_suffix}"))
        return pictures_preview(files[-items:])
