"""A self-contained HTML page."""

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset
from kedro_datasets._typing import HTMLPreview

from ecg_forge.datasets.atomic import replacing
from ecg_forge.datasets.preview import page_preview
from ecg_forge.ecg.errors import BadInput


class HTMLReport(AbstractDataset[str, str]):
    """One HTML file in UTF-8.

    ```yaml
    report:
      type: ecg_forge.datasets.html_report.HTMLReport
      filepath: data/08_reporting/report.html
    ```
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Keep the path of the file."""
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> str:
        """Return the page; DatasetError if it does not exist."""
        if not self._exists():
            raise BadInput(f"{self._filepath} does not exist; run the node that writes it")
        return Path(self._filepath).read_text(encoding="utf-8")

    def save(self, data: str) -> None:
        """Write the page."""
        with replacing(Path(self._filepath)) as temporary:
            temporary.write_text(data, encoding="utf-8")

    def preview(self) -> HTMLPreview:
        """Return the words and tables of the page for kedro-viz."""
        return page_preview(self.load())

    def _exists(self) -> bool:
        return Path(self._filepath).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
