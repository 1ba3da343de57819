"""The file in which a search for hyper-parameters keeps its trials."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecg_forge.datasets.handle import Handle
from ecg_forge.ecg.errors import BadInput


@dataclass(frozen=True)
class TrialsFile:
    """A handle on a SQLite file of optuna's, in which every study has its own name."""

    path: Path

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """Yield the file as a storage of optuna's; what is stored is on disk at once, whatever happens later.

        Raises:
            BadInput: optuna is not installed.
        """
        try:
            from optuna.storages import RDBStorage
        except ImportError as error:
            raise BadInput("a search needs optuna; install it with `pip install 'ecg-forge[search]'`") from error
        self.path.parent.mkdir(parents=True, exist_ok=True)
        storage = RDBStorage(f"sqlite:///{self.path}")
        try:
            yield storage
        finally:
            storage.remove_session()
            storage.engine.dispose()


class SearchStorage(Handle[TrialsFile]):
    """A handle on the trials of a search; the node that searches takes it as input and goes on with what it finds.

    ```yaml
    search_storage:
      type: ecg_forge.datasets.search_storage.SearchStorage
      filepath: data/06_models/search/trials.db
    ```
    """

    def load(self) -> TrialsFile:
        """Return the handle, whether the file is there or not."""
        return TrialsFile(self._path)
