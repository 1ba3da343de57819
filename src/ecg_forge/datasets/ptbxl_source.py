"""Where PTB-XL comes from: a local folder, a web server, or the simulator, all in PhysioNet's folder layout."""

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from tqdm import tqdm

from ecg_forge.datasets.atomic import replacing, replacing_folder
from ecg_forge.ecg.errors import BadInput

if TYPE_CHECKING:
    import pooch
    import requests

logger = logging.getLogger(__name__)

SIMULATE = "simulate"
_CHECKSUMS = "SHA256SUMS.txt"
_NOTE = "download.json"
_CONFIG = "simulation.json"
_THREADS = 8
_TIMEOUT_S = 30
_SHOW_PROGRESS_FROM = 50  # files
_ONE_AT_A_TIME = threading.Lock()  # two datasets of one source may be loaded by two threads


class Source(Protocol):
    """PTB-XL in PhysioNet's layout under ``root``; ``fetch`` makes sure that files are there."""

    @property
    def root(self) -> Path: ...

    def describe(self) -> str:
        """Return one line for logs and reports."""

    def fetch(self, names: Sequence[str]) -> None:
        """Make sure these files (paths relative to ``root``) are there, as far as the source can provide them."""


def open_source(source: str, folder: str, simulation: dict[str, Any] | None = None) -> Source:
    """Return the source that ``source`` names; nothing is downloaded or written yet.

    Args:
        source: an existing folder, the http(s) URL of such a folder, or ``simulate``.
        folder: where downloaded or simulated files are kept; not used for an existing folder.
        simulation: settings of the simulator.

    Raises:
        BadInput: the folder does not exist.
    """
    if source == SIMULATE:
        return Simulated(Path(folder), simulation or {})
    if source.startswith(("http://", "https://")):
        return Download(Path(folder), source.rstrip("/") + "/")
    if not source or not Path(source).is_dir():
        raise BadInput(
            f"PTB-XL folder {source!r} does not exist; set PTBXL_ROOT or the parameter ptbxl_source to PhysioNet's "
            "folder, to its URL (https://physionet.org/files/ptb-xl/1.0.3/), or to 'simulate'"
        )
    return LocalFolder(Path(source))


def check_names(names: Sequence[str]) -> None:
    """Raise BadInput for the first name that is not a plain relative path, so that none can leave the folder."""
    for name in names:
        path = PurePosixPath(name)
        if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name:
            raise BadInput(f"{name!r} is not a file name inside the folder of records")


@dataclass(frozen=True)
class LocalFolder:
    """A folder that is already in PhysioNet's layout; it is only read."""

    root: Path

    def describe(self) -> str:
        return f"local folder {self.root}"

    def fetch(self, names: Sequence[str]) -> None:
        """Check the names; a missing file is told by whoever reads it."""
        check_names(names)


@dataclass(frozen=True)
class Simulated:
    """Simulated PTB-XL, written once and made again when its settings change.

    Attributes:
        root: the folder it is written to.
        simulation: fields of ``SimulationConfig``; those left out take their defaults.
    """

    root: Path
    simulation: dict[str, Any]

    def describe(self) -> str:
        settings = ", ".join(f"{key}={value}" for key, value in self.simulation.items())
        return f"simulated PTB-XL ({settings or 'default settings'})"

    def fetch(self, names: Sequence[str]) -> None:
        """Simulate the whole of it unless the folder holds exactly this simulation.

        Raises:
            BadInput: a setting is unknown or out of range.
        """
        from ecg_forge.datasets.ptbxl_writer import write_ptbxl_folder
        from ecg_forge.ecg.simulator import SimulationConfig, simulate_ptbxl

        check_names(names)
        try:
            config = SimulationConfig(**self.simulation)
        except TypeError as error:
            raise BadInput(f"simulation settings {self.simulation}: {error}") from error
        wanted = asdict(config)
        with _ONE_AT_A_TIME:
            if self._present() == wanted:
                return
            self._check_own_folder()
            logger.info("Simulating PTB-XL into %s", self.root)
            made = simulate_ptbxl(config)
            with replacing_folder(self.root) as folder:
                write_ptbxl_folder(folder, made.metadata, made.statements, made.signals)
                (folder / _CONFIG).write_text(json.dumps(wanted, indent=2), encoding="utf-8")

    def _present(self) -> object:
        try:
            return json.loads((self.root / _CONFIG).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None

    def _check_own_folder(self) -> None:
        if self.root.exists() and any(self.root.iterdir()) and not (self.root / _CONFIG).exists():
            raise BadInput(f"{self.root} holds files that are not simulated; choose another folder for the simulation")


@dataclass(frozen=True)
class Download:
    """PhysioNet's folder on a web server; files are fetched as they are needed and kept.

    Every file is checked against the server's ``SHA256SUMS.txt``, those already here included. Where the server has no
    such list, files are taken as they are. A file appears under its name only when it is complete, so that a broken
    download continues where it stopped.

    Attributes:
        root: where the files are kept.
        url: base URL, ending in a slash.
        retries: how often a failed or damaged file is tried again.
    """

    root: Path
    url: str
    retries: int = 3

    def describe(self) -> str:
        return f"{self.url} (kept in {self.root})"

    def fetch(self, names: Sequence[str]) -> None:
        """Download what is not here yet, several files at a time.

        Raises:
            BadInput: a file is damaged, unknown to the server, or could not be had; complete files stay.
        """
        check_names(names)
        with _ONE_AT_A_TIME, _quiet_pooch():
            http = _Http()
            self._claim_folder(http)
            registry = self._registry(names)
            store = _store(self, registry)
            for parent in {(self.root / name).parent for name in registry}:  # pooch's threads would race for them
                parent.mkdir(parents=True, exist_ok=True)
            pool = ThreadPoolExecutor(_THREADS)
            try:
                tasks = [pool.submit(self._fetch_one, store, name, http) for name in registry]
                hidden = len(tasks) < _SHOW_PROGRESS_FROM
                for task in tqdm(as_completed(tasks), "PTB-XL files", len(tasks), disable=hidden or None, unit="file"):
                    task.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _claim_folder(self, http: "_Http") -> None:
        """Note in the folder which URL it mirrors, and fetch its list of checksums, both once."""
        note = self.root / _NOTE
        if note.exists():
            held = json.loads(note.read_text(encoding="utf-8"))
            if held["url"] != self.url:
                raise BadInput(
                    f"{self.root} holds files of {held['url']}, not of {self.url}; choose another folder or remove it"
                )
            if not held["checksums"] or (self.root / _CHECKSUMS).exists():
                return
        if (self.root / _CONFIG).exists():
            raise BadInput(f"{self.root} holds simulated files; choose another folder for {self.url}, or remove it")
        listed = self._fetch_checksums(http)
        with replacing(note) as temporary:
            temporary.write_text(json.dumps({"url": self.url, "checksums": listed}), encoding="utf-8")

    def _fetch_checksums(self, http: "_Http") -> bool:
        try:
            _store(self, {_CHECKSUMS: None}).fetch(_CHECKSUMS, downloader=http)
        except FileNotFoundError:
            logger.warning("%s has no %s: its files are taken as they are, unverified", self.url, _CHECKSUMS)
            return False
        except OSError as error:
            raise BadInput(f"{self.url} cannot be reached: {error}") from error
        return True

    def _registry(self, names: Sequence[str]) -> dict[str, str | None]:
        """Return the SHA256 of each file, or None for all where the server has no list."""
        sums = self.root / _CHECKSUMS
        if not sums.exists():
            return dict.fromkeys(names)
        known = _parse_checksums(sums)
        for name in names:
            if name not in known:
                raise BadInput(f"{name} is not listed in {_CHECKSUMS} of {self.url}; is this PTB-XL's base URL?")
        return {name: known[name] for name in names}

    def _fetch_one(self, store: "pooch.Pooch", name: str, http: "_Http") -> None:
        try:
            store.fetch(name, downloader=http)
        except FileNotFoundError as error:
            raise BadInput(f"{name} is missing on the server: {self.url}{name} answers 404") from error
        except ValueError as error:
            raise BadInput(
                f"{name} from {self.url} is damaged: its SHA256 differs from {_CHECKSUMS} in {self.retries + 1} tries"
            ) from error
        except OSError as error:  # requests' errors are OSErrors
            raise BadInput(
                f"{name} could not be downloaded from {self.url}: {error}; complete files stay, run again to continue"
            ) from error


def _store(download: Download, registry: dict[str, str | None]) -> "pooch.Pooch":
    import pooch

    return pooch.create(download.root, download.url, registry=registry, retry_if_failed=download.retries)


def _parse_checksums(path: Path) -> dict[str, str]:
    """Read ``sha256sum``'s output: 64 hexadecimal digits, a space, a space or star, a file name."""
    known = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        digest, _, name = line.partition(" ")
        if len(digest) != 64 or not set(digest.lower()) <= set("0123456789abcdef"):
            raise BadInput(f"{path} is not a list of SHA256 checksums; remove it to have it fetched again")
        known[name.lstrip(" *").removeprefix("./")] = digest.lower()
    return known


class _Http:
    """Download one file at a time over kept connections, as pooch's ``downloader``; safe to share between threads."""

    def __init__(self) -> None:
        self._local = threading.local()

    def __call__(self, url: str, output_file: str, _store: object) -> None:
        with self._session().get(url, stream=True, timeout=_TIMEOUT_S) as response:
            if response.status_code == 404:
                raise FileNotFoundError(url)  # pooch tries again on an HTTPError, which would be in vain
            response.raise_for_status()
            with open(output_file, "wb") as file:
                for chunk in response.iter_content(1 << 16):
                    file.write(chunk)

    def _session(self) -> "requests.Session":
        import requests

        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        return self._local.session


@contextmanager
def _quiet_pooch() -> Iterator[None]:
    """Hold back pooch's line per file; the progress bar says it."""
    import pooch

    log = pooch.get_logger()
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(level)
