"""Writing so that nothing half-written is ever seen under the name that was asked for."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

_LEFTOVER_AGE_S = 24 * 3600  # a run killed outright cannot tidy up; by then its part files belong to nobody


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary file name beside ``path``; rename it to ``path`` at the end, or remove it on an exception."""
    temporary = _temporary(path)
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder beside ``path`` that takes its place at the end, or is removed on an exception.

    A folder that was there before is untouched until then, and stays should the last rename fail.
    """
    temporary = _temporary(path)
    temporary.mkdir()
    try:
        yield temporary
        replace_folder(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def replace_folder(new: Path, path: Path) -> None:
    """Move the folder ``new`` to ``path`` in place of what is there.

    That is set aside, put back should the rename fail, and else removed.
    """
    old = _temporary(path)
    try:
        if path.exists():
            os.replace(path, old)
        try:
            os.replace(new, path)
        except OSError:
            if old.exists():
                os.replace(old, path)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _temporary(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob(f".{path.name}.*.part"):
        with suppress(FileNotFoundError):
            if time.time() - leftover.stat().st_mtime > _LEFTOVER_AGE_S:
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    return path.with_name(f".{path.name}.{uuid4().hex[:12]}.part")
