"""The two tables of PTB-XL as a Kedro dataset."""

from pathlib import Path
from typing import Any, NoReturn

import pandas as pd
from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import TablePreview

from ecg_forge.datasets.preview import table_preview
from ecg_forge.datasets.ptbxl_source import Source, open_source
from ecg_forge.ecg.errors import BadInput


class PTBXLTable(AbstractDataset[NoReturn, pd.DataFrame]):
    """A CSV table of PTB-XL as published; it is fetched when it is first loaded.

    ```yaml
    ptbxl_metadata:
      type: ecg_forge.datasets.ptbxl_table.PTBXLTable
      source: ${globals:ptbxl_source}
      path: data/01_raw/ptb-xl
      table: ptbxl_database.csv
      index_col: ecg_id
    ```
    """

    def __init__(
        self,
        *,
        source: str,
        path: str,
        table: str,
        index_col: str | int,
        simulation: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Keep the arguments of ``open_source``, the file's name below its root, and the name or place of its index."""
        self._source = source
        self._path = path
        self._table = table
        self._index_col = index_col
        self._simulation = simulation
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """Return the table, untouched but for its index.

        Raises:
            DatasetError: the source or the file does not exist, or the file is no such table.
        """
        source = self._open()
        source.fetch([self._table])
        path = source.root / self._table
        if not path.is_file():
            raise BadInput(f"{path} does not exist; is {source.describe()} PTB-XL in PhysioNet's layout?")
        return self._read(path)

    def save(self, data: NoReturn) -> None:
        """Refuse: published tables are read only."""
        raise DatasetError(f"{type(self).__name__} is read-only: {self._table} is never written by a pipeline")

    def preview(self, nrows: int = 5) -> TablePreview:
        """Return the first rows for kedro-viz; nothing is fetched for it."""
        if not self._exists():
            raise BadInput(f"{self._table} has not been fetched yet")
        return table_preview(self._read(self._open().root / self._table, nrows))

    def _open(self) -> Source:
        return open_source(self._source, self._path, self._simulation)

    def _read(self, path: Path, nrows: int | None = None) -> pd.DataFrame:
        try:
            # read at once: in pieces, a column that is empty at first would be given several types
            return pd.read_csv(path, index_col=self._index_col, nrows=nrows, low_memory=False)
        except (ValueError, IndexError) as error:  # pandas' parser errors are ValueErrors
            raise BadInput(f"{path} is not the table it should be: {error}") from error

    def _exists(self) -> bool:
        return (self._open().root / self._table).is_file()

    def _describe(self) -> dict[str, Any]:
        return {
            "source": self._source,
            "path": self._path,
            "table": self._table,
            "index_col": self._index_col,
            "simulation": self._simulation,
        }
