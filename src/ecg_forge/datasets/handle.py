"""What datasets share that hand a node the place where something long keeps its state, instead of a value."""

from pathlib import Path
from typing import Any, Generic, NoReturn, TypeVar

from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import JSONPreview

from ecg_forge.datasets.preview import json_preview

Place = TypeVar("Place")


class Handle(AbstractDataset[NoReturn, Place], Generic[Place]):
    """A file or folder that a node takes as input and itself reads from and writes to; a subclass says how it loads."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Keep the place; whoever is given the handle makes what lies there."""
        self._filepath = filepath
        self.metadata = metadata

    @property
    def _path(self) -> Path:
        return Path(self._filepath)

    def save(self, data: NoReturn) -> None:
        """Refuse: it is a handle, an input only."""
        raise DatasetError(f"{type(self).__name__} is a handle that nodes take as input; it cannot be an output")

    def preview(self) -> JSONPreview:
        """Return for kedro-viz which files lie there, each with its size in bytes."""
        found = [self._path, *sorted(self._path.rglob("*"))]
        sizes = {
            path.relative_to(self._path.parent).as_posix(): path.stat().st_size for path in found if path.is_file()
        }
        return json_preview({"bytes of each file": sizes})

    def _exists(self) -> bool:
        """Say yes: the handle can always be had, and no node makes it that would have to run for it."""
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
