"""The table of one's own records, and the 71 statements it speaks of, in the place of PTB-XL's two tables."""

import logging
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd
from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import TablePreview

from ecg_forge.datasets.preview import table_preview
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.own_metadata import COLUMNS, own_metadata
from ecg_forge.ecg.simulated_tables import statements_table

logger = logging.getLogger(__name__)


class OwnTable(AbstractDataset[NoReturn, pd.DataFrame]):
    """A CSV table of one's own records (`ecg.own_metadata` says its columns), loaded as PTB-XL's metadata.

    ```yaml
    ptbxl_metadata:
      type: ecg_forge.datasets.own_table.OwnTable
      filepath: /data/ecgs/labels.csv
    ```
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Keep the path of the table."""
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """Return the columns of ``ptbxl_database.csv``, indexed by ecg_id.

        Raises:
            DatasetError: the file does not exist, is no CSV in UTF-8, or a cell is not what it must be.
        """
        if not self._exists():
            raise BadInput(f"{self._filepath} does not exist; it must list your records, one a row")
        try:
            # the mark that spreadsheets put before the first column is no part of its name
            table = pd.read_csv(self._filepath, dtype=str, keep_default_na=False, encoding="utf-8-sig").fillna("")
        except ValueError as error:  # pandas' parser errors and those of decoding are ValueErrors
            raise BadInput(f"{self._filepath} is no table of records: {error}") from error
        if not isinstance(table.index, pd.RangeIndex):  # pandas takes what is too many for an index
            raise BadInput(f"{self._filepath}: rows have more cells than there are columns; join statements by ;")
        try:
            made = own_metadata(table)
        except BadInput as error:
            raise type(error)(f"{self._filepath}: {error}") from error
        if unused := [str(column) for column in table.columns if column not in COLUMNS]:
            logger.info("%s: columns that do not count: %s", self._filepath, ", ".join(unused))
        return made

    def save(self, data: NoReturn) -> None:
        """Refuse: the table is its owner's."""
        raise DatasetError(f"{type(self).__name__} is read-only: {self._filepath} is never written by a pipeline")

    def preview(self, nrows: int = 40) -> TablePreview:
        """Return the first rows, as PTB-XL's metadata, for kedro-viz."""
        return table_preview(self.load().head(nrows))

    def _exists(self) -> bool:
        return Path(self._filepath).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


class KnownStatements(AbstractDataset[NoReturn, pd.DataFrame]):
    """The 71 statements as ``scp_statements.csv`` tables them; no file is needed.

    ```yaml
    ptbxl_scp_statements:
      type: ecg_forge.datasets.own_table.KnownStatements
    ```
    """

    def __init__(self, *, metadata: dict[str, Any] | None = None) -> None:
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """Return the table, indexed by code."""
        return statements_table()

    def save(self, data: NoReturn) -> None:
        """Refuse: statements are read only."""
        raise DatasetError(f"{type(self).__name__} is read-only: the statements are part of the program")

    def preview(self) -> TablePreview:
        """Return the table for kedro-viz."""
        return table_preview(self.load())

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {}
