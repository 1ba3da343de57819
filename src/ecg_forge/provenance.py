"""What a result must say about its origin: the code, the machine, the time."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


def code_version() -> str:
    """Return the package version and, in a git checkout, the commit, with a ``+`` if files have changed since."""
    package = version("ecg-forge")
    try:
        commit = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=10"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return package
    return f"{package} ({commit.stdout.strip()})"


def machine() -> str:
    """Return operating system, processor architecture, number of cores and Python version.

    Where this process may use fewer cores than there are, both numbers are given: times follow from the smaller one.
    """
    there, usable = os.cpu_count() or 1, usable_cores()
    cores = f"{there} cores" if usable == there else f"{usable} of {there} cores"
    return f"{platform.system()} {platform.machine()}, {cores}, Python {platform.python_version()}"


def usable_cores() -> int:
    """Return how many processor cores this process may use, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def started_at() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
