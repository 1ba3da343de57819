"""The folder in which a long training keeps its last state."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from ecg_forge.datasets.atomic import replacing
from ecg_forge.datasets.handle import Handle
from ecg_forge.ecg.errors import BadInput

_FINGERPRINT = "fingerprint.txt"
_LAST = "last.ckpt"


@dataclass(frozen=True)
class CheckpointFolder:
    """A handle on checkpoints of one training, told apart from another's by a fingerprint of data and settings."""

    path: Path

    def part(self, name: str) -> "CheckpointFolder":
        """Return the handle on a folder below, of one training among several, so that none clears another's."""
        return CheckpointFolder(self.path / name)

    def matching(self, fingerprint: str) -> Path | None:
        """Return the last checkpoint if it belongs to this fingerprint, else None."""
        note, last = self.path / _FINGERPRINT, self.path / _LAST
        if not (note.is_file() and last.is_file()) or note.read_text(encoding="utf-8") != fingerprint:
            return None
        return last

    def start(self, fingerprint: str) -> Path:
        """Empty the folder, write the fingerprint, and return the folder.

        Raises:
            BadInput: the folder holds files, but no fingerprint; they are not checkpoints of this program.
        """
        self.clear()
        self.path.mkdir(parents=True)
        with replacing(self.path / _FINGERPRINT) as temporary:
            temporary.write_text(fingerprint, encoding="utf-8")
        return self.path

    def clear(self) -> None:
        """Remove the folder; BadInput as for ``start``."""
        if not self.path.exists():
            return
        if any(self.path.iterdir()) and not (self.path / _FINGERPRINT).is_file():
            raise BadInput(f"{self.path} holds files that are no checkpoints; choose another folder for them")
        shutil.rmtree(self.path)


class Checkpoints(Handle[CheckpointFolder]):
    """A handle on a folder of checkpoints; a training node takes it as input and continues from what it finds there.

    ```yaml
    "{arm}.checkpoints":
      type: ecg_forge.datasets.checkpoints.Checkpoints
      filepath: data/06_models/checkpoints/{arm}
    ```
    """

    def load(self) -> CheckpointFolder:
        """Return the handle, whether the folder is there or not."""
        return CheckpointFolder(self._path)
