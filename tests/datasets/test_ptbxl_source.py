"""A folder, a server that fails half-way, a damaged file, and the simulator."""

import hashlib
import json
import logging
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pooch
import pytest

from ecg_forge.datasets import ptbxl_source
from ecg_forge.datasets.ptbxl_source import Download, LocalFolder, Simulated, open_source
from ecg_forge.datasets.record_reader import RecordReader
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.records import Signals

FIRST = "records100/00000/00001_lr"
FILES = [f"records100/00000/{i:05d}_lr{suffix}" for i in range(1, 6) for suffix in (".hea", ".dat")]


class Troubles:
    """What the test server does wrong, and what it was asked for."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.fail: Counter[str] = Counter()  # so many requests for the path are answered with 500
        self.cut: Counter[str] = Counter()  # so many are cut after the first bytes
        self.down = False


class Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args: object, troubles: Troubles, **kwargs: object) -> None:
        self.troubles = troubles
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        self.troubles.requests[name] += 1
        if self.troubles.down or self._spend(self.troubles.fail, name):
            self.send_error(500)
        elif self._spend(self.troubles.cut, name):
            self.send_response(200)
            self.send_header("Content-Length", "24000")
            self.end_headers()
            self.wfile.write(b"only this much")
            self.close_connection = True
        else:
            super().do_GET()

    @staticmethod
    def _spend(budget: Counter[str], name: str) -> bool:
        budget[name] -= 1
        return budget[name] >= 0


@pytest.fixture
def troubles() -> Troubles:
    return Troubles()


@pytest.fixture
def url(tiny_ptbxl: Path, troubles: Troubles) -> Iterator[str]:
    """The tiny PTB-XL behind a real HTTP server, with its list of checksums."""
    handler = partial(Handler, directory=str(tiny_ptbxl), troubles=troubles)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        write_checksums(tiny_ptbxl)
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class ListHandler(logging.Handler):
    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__()
        self.records = records

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where downloaded files are kept, apart from the folder that is served."""
    return tmp_path / "kept"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pooch waits seconds between two tries; the test server needs no rest."""
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)


def write_checksums(folder: Path) -> None:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.relative_to(folder)}\n" for path in files]
    (folder / "SHA256SUMS.txt").write_text("".join(lines))


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


KEPT_NOTES = {"SHA256SUMS.txt", "download.json"}


def test_a_local_folder_is_taken_as_it_is(tiny_ptbxl: Path) -> None:
    source = open_source(str(tiny_ptbxl), "unused")
    source.fetch(FILES)
    assert source == LocalFolder(tiny_ptbxl)
    assert str(tiny_ptbxl) in source.describe()


@pytest.mark.parametrize("source", ["/no/such/folder", ""])
def test_a_missing_folder_names_itself_and_the_remedies(source: str) -> None:
    with pytest.raises(BadInput, match=rf"{source!r} does not exist; set PTBXL_ROOT or .*ptbxl_source.*'simulate'"):
        open_source(source, "unused")


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "", "a\\..\\x", "C:x", "a\0b"])
def test_a_name_that_leaves_the_folder_is_refused_by_every_source(name: str, tmp_path: Path) -> None:
    for source in (LocalFolder(tmp_path), Download(tmp_path, "http://localhost:1/"), Simulated(tmp_path, {})):
        with pytest.raises(BadInput, match="is not a file name inside the folder of records"):
            source.fetch([name])


def test_a_download_gives_the_same_recordings(url: str, kept: Path, tiny_signals: Signals) -> None:
    source = open_source(url.rstrip("/"), str(kept))
    (block,) = RecordReader(source).read([name[:-4] for name in FILES[::2]], fs=100, length=1000)
    assert (block.samples == tiny_signals.samples).all()
    assert files_in(kept) == {*FILES, *KEPT_NOTES}
    assert url in source.describe()


def test_files_that_are_here_and_whole_are_not_fetched_again(url: str, kept: Path, troubles: Troubles) -> None:
    Download(kept, url).fetch(FILES)
    before = troubles.requests.total()
    troubles.down = True
    Download(kept, url).fetch(FILES)
    assert troubles.requests.total() == before == len(FILES) + 1


def test_only_what_is_asked_for_is_fetched(url: str, kept: Path) -> None:
    Download(kept, url).fetch(["ptbxl_database.csv"])
    assert files_in(kept) == {"ptbxl_database.csv", *KEPT_NOTES}


def test_a_short_failure_is_tried_again(url: str, kept: Path, troubles: Troubles) -> None:
    troubles.fail[FILES[0]] = 2
    troubles.cut[FILES[1]] = 2
    Download(kept, url).fetch(FILES)
    assert (troubles.requests[FILES[0]], troubles.requests[FILES[1]]) == (3, 3)
    assert files_in(kept) == {*FILES, *KEPT_NOTES}


def test_a_server_that_dies_half_way_leaves_whole_files_and_the_next_run_goes_on(
    url: str, kept: Path, troubles: Troubles, tiny_ptbxl: Path
) -> None:
    Download(kept, url).fetch(FILES[:4])
    troubles.cut.update(dict.fromkeys(FILES[4:], 100))
    with pytest.raises(BadInput, match=r"could not be downloaded from http.*run again to continue"):
        Download(kept, url, retries=1).fetch(FILES)
    assert files_in(kept) == {*FILES[:4], *KEPT_NOTES}, "nothing half-written stays"
    troubles.cut.clear()
    troubles.requests.clear()
    Download(kept, url).fetch(FILES)
    assert set(troubles.requests) == set(FILES[4:])
    assert all((kept / name).read_bytes() == (tiny_ptbxl / name).read_bytes() for name in FILES)


def test_a_file_damaged_on_the_server_is_named_and_not_kept(url: str, kept: Path, tiny_ptbxl: Path) -> None:
    (tiny_ptbxl / FILES[1]).write_bytes(b"rubbish")
    with pytest.raises(BadInput, match=rf"{FILES[1]} from {url} is damaged: its SHA256 differs .* in 2 tries"):
        Download(kept, url, retries=1).fetch(FILES[:2])
    assert FILES[1] not in files_in(kept)
    assert not [name for name in files_in(kept) if "tmp" in name]


def test_a_file_damaged_here_is_fetched_again(url: str, kept: Path, tiny_ptbxl: Path) -> None:
    Download(kept, url).fetch(FILES)
    (kept / FILES[1]).write_bytes(b"rubbish")
    Download(kept, url).fetch(FILES)
    assert (kept / FILES[1]).read_bytes() == (tiny_ptbxl / FILES[1]).read_bytes()


def test_a_file_the_list_does_not_know_is_named(url: str, kept: Path) -> None:
    with pytest.raises(BadInput, match=r"nothing\.csv is not listed in SHA256SUMS\.txt of http"):
        Download(kept, url).fetch(["nothing.csv"])


def test_a_listed_file_that_is_gone_is_named_with_its_url_and_not_tried_again(
    url: str, kept: Path, tiny_ptbxl: Path, troubles: Troubles
) -> None:
    (tiny_ptbxl / FILES[0]).unlink()
    with pytest.raises(BadInput, match=rf"{FILES[0]} is missing on the server: {url}{FILES[0]} answers 404"):
        Download(kept, url).fetch(FILES[:1])
    assert troubles.requests[FILES[0]] == 1


def test_without_a_list_files_are_taken_with_one_warning(
    url: str, kept: Path, tiny_ptbxl: Path, troubles: Troubles, caplog: pytest.LogCaptureFixture
) -> None:
    (tiny_ptbxl / "SHA256SUMS.txt").unlink()
    with caplog.at_level(logging.WARNING):
        Download(kept, url).fetch(FILES[:1])
        Download(kept, url).fetch(FILES)
    assert [record.message for record in caplog.records] == [
        f"{url} has no SHA256SUMS.txt: its files are taken as they are, unverified"
    ]
    assert troubles.requests["SHA256SUMS.txt"] == 1
    assert files_in(kept) == {*FILES, "download.json"}


def test_a_lost_list_is_fetched_again(url: str, kept: Path, troubles: Troubles) -> None:
    Download(kept, url).fetch(FILES)
    (kept / "SHA256SUMS.txt").unlink()
    Download(kept, url).fetch(FILES)
    assert troubles.requests["SHA256SUMS.txt"] == 2


def test_a_list_that_is_none_is_named(url: str, kept: Path, tiny_ptbxl: Path) -> None:
    (tiny_ptbxl / "SHA256SUMS.txt").write_text("<html>please log in</html>\n")
    with pytest.raises(BadInput, match=r"SHA256SUMS\.txt is not a list of SHA256 checksums"):
        Download(kept, url).fetch(FILES)


def test_a_server_that_cannot_be_reached_is_named(url: str, kept: Path, troubles: Troubles) -> None:
    troubles.down = True
    with pytest.raises(BadInput, match=rf"{url} cannot be reached: 500"):
        Download(kept, url, retries=0).fetch(FILES)
    assert files_in(kept) == set()


def test_one_folder_never_mixes_two_urls(url: str, kept: Path) -> None:
    Download(kept, url).fetch(FILES[:1])
    with pytest.raises(BadInput, match=rf"holds files of {url}, not of http://other/; choose another folder"):
        Download(kept, "http://other/").fetch(FILES[:1])


def test_a_simulation_is_written_once_and_again_when_its_settings_change(tmp_path: Path) -> None:
    folder = tmp_path / "simulated"
    source = open_source("simulate", str(folder), {"n_records": 3, "seed": 1})
    assert "n_records=3" in source.describe()
    assert not folder.exists(), "nothing is written before the first fetch"
    source.fetch(["ptbxl_database.csv"])
    stamp = (folder / "RECORDS").stat().st_mtime_ns
    source.fetch(["ptbxl_database.csv"])
    assert (folder / "RECORDS").stat().st_mtime_ns == stamp
    open_source("simulate", str(folder), {"n_records": 4, "seed": 1}).fetch([])
    assert len((folder / "RECORDS").read_text().split()) == 4
    assert json.loads((folder / "simulation.json").read_text())["n_records"] == 4
    assert [path.name for path in tmp_path.iterdir()] == ["simulated"]


def test_simulated_records_pass_every_check_of_the_reader(tmp_path: Path) -> None:
    source = open_source("simulate", str(tmp_path / "simulated"), {"n_records": 3})
    source.fetch([])
    names = (source.root / "RECORDS").read_text().split()
    (block,) = RecordReader(source).read(names, fs=100, length=1000)
    assert block.problems == ["", "", ""]


def test_a_broken_simulation_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr("ecg_forge.datasets.ptbxl_writer._write_records", fail)
    with pytest.raises(RuntimeError):
        Simulated(tmp_path / "simulated", {"n_records": 2}).fetch([])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("settings", "message"), [({"n_record": 3}, "n_record"), ({"n_records": 0}, "n_records is 0")])
def test_wrong_settings_of_the_simulation_are_named(tmp_path: Path, settings: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Simulated(tmp_path, settings).fetch([])


def test_a_simulation_never_replaces_a_folder_of_other_files(tiny_ptbxl: Path) -> None:
    with pytest.raises(BadInput, match="holds files that are not simulated; choose another folder"):
        Simulated(tiny_ptbxl, {"n_records": 2}).fetch([])
    assert (tiny_ptbxl / f"{FIRST}.dat").exists()


def test_a_download_never_mixes_with_simulated_files(url: str, kept: Path) -> None:
    Simulated(kept, {"n_records": 2}).fetch([])
    with pytest.raises(BadInput, match="holds simulated files; choose another folder"):
        Download(kept, url).fetch(FILES)


def test_many_files_show_a_progress_bar_instead_of_a_line_each(
    url: str, kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[logging.LogRecord] = []
    monkeypatch.setattr(pooch.get_logger(), "handlers", [ListHandler(lines)])
    monkeypatch.setattr(ptbxl_source, "_SHOW_PROGRESS_FROM", 5)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    Download(kept, url).fetch(FILES)
    assert "PTB-XL files: 100%" in capsys.readouterr().err
    assert lines == []
