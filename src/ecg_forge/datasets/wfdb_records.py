"""The recordings of PTB-XL as a Kedro dataset."""

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import ImagePreview

from ecg_forge.datasets.first_record import draw_first_record
from ecg_forge.datasets.ptbxl_source import open_source
from ecg_forge.datasets.record_reader import RecordReader


class WFDBRecords(AbstractDataset[NoReturn, RecordReader]):
    """PTB-XL's WFDB records; loading returns a handle that reads them in blocks when asked to.

    ```yaml
    ptbxl_recordings:
      type: ecg_forge.datasets.wfdb_records.WFDBRecords
      source: ${globals:ptbxl_source}
      path: data/01_raw/ptb-xl
    ```
    """

    def __init__(
        self,
        *,
        source: str,
        path: str,
        simulation: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Keep the arguments of ``open_source``; nothing is opened before ``load``."""
        self._source = source
        self._path = path
        self._simulation = simulation
        self.metadata = metadata

    def load(self) -> RecordReader:
        """Return the reader.

        Raises:
            DatasetError: the source does not exist.
        """
        return RecordReader(open_source(self._source, self._path, self._simulation))

    def save(self, data: NoReturn) -> None:
        """Refuse: recordings are read only."""
        raise DatasetError(f"{type(self).__name__} is read-only: PTB-XL's recordings are never written by a pipeline")

    def preview(self) -> ImagePreview:
        """Draw the first recording that is here for kedro-viz; nothing is fetched for it."""
        return draw_first_record(self.load().source.root)

    def _exists(self) -> bool:
        return Path(open_source(self._source, self._path, self._simulation).root).is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"source": self._source, "path": self._path, "simulation": self._simulation}
