"""Synthetic records as a folder in PTB-XL's own layout, for any program that reads PTB-XL."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from kedro.io import AbstractDataset
from kedro_datasets._typing import ImagePreview

from ecg_forge.datasets.atomic import replacing_folder
from ecg_forge.datasets.first_record import draw_first_record
from ecg_forge.datasets.ptbxl_source import open_source
from ecg_forge.datasets.ptbxl_writer import FILENAME_COLUMN, write_ptbxl_folder
from ecg_forge.datasets.record_reader import RecordReader
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.simulated_tables import statements_table

_RATE_OF_FOLDER = {"records100": 100, "records500": 500}


class PTBXLFolder(AbstractDataset[dict[str, Any], dict[str, Any]]):
    """``ptbxl_database.csv``, ``scp_statements.csv``, ``RECORDS`` and one WFDB record per row, all of one rate.

    The value is ``{"metadata": columns of ptbxl_database.csv by ecg_id, "signals": Signals in the same order}``.

    ```yaml
    synthetic_folder:
      type: ecg_forge.datasets.ptbxl_folder.PTBXLFolder
      filepath: data/07_model_output/synthetic/ptb-xl
    ```
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Keep the folder; it is made by the first ``save``."""
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> dict[str, Any]:
        """Read every record back into memory.

        Raises:
            DatasetError: the folder does not exist, or a record is damaged; the message names it.
        """
        folder = Path(self._filepath)
        if not self._exists():
            raise BadInput(f"{folder} does not exist; run the node that makes it")
        table = pd.read_csv(folder / "ptbxl_database.csv", index_col="ecg_id")
        fs = next(rate for name, rate in _RATE_OF_FOLDER.items() if (folder / name).is_dir())
        blocks = list(self._reader().read(list(table[FILENAME_COLUMN[fs]]), fs=fs, length=_length(folder)))
        for name, problem in zip(table[FILENAME_COLUMN[fs]], [p for b in blocks for p in b.problems], strict=True):
            if problem:
                raise BadInput(f"{folder / name}: {problem}")
        signals = Signals(np.concatenate([block.samples for block in blocks]), table.index.to_numpy(), fs=fs)
        return {"metadata": table, "signals": signals}

    def save(self, data: dict[str, Any]) -> None:
        """Write the folder under a temporary name and rename it at the end.

        Raises:
            DatasetError: metadata and signals are not of the same records, or the rate is not one of PTB-XL's.
        """
        with replacing_folder(Path(self._filepath)) as folder:
            write_ptbxl_folder(folder, data["metadata"], statements_table(), data["signals"])

    def preview(self) -> ImagePreview:
        """Draw the first record for kedro-viz."""
        return draw_first_record(Path(self._filepath))

    def _reader(self) -> RecordReader:
        return RecordReader(open_source(self._filepath, self._filepath))

    def _exists(self) -> bool:
        return (Path(self._filepath) / "RECORDS").is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


def _length(folder: Path) -> int:
    """Return the samples per lead that the first header announces."""
    first = (folder / "RECORDS").read_text(encoding="utf-8").split(maxsplit=1)[0]
    return int((folder / f"{first}.hea").read_text(encoding="ascii").split(maxsplit=4)[3])
