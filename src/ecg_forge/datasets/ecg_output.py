"""Synthetic ECGs as files for other programs: a WFDB folder in PTB-XL's layout, one ``.npz``, or a CSV per record."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from ecg_forge.datasets.atomic import replacing_folder
from ecg_forge.ecg.attribution import PTBXL_ATTRIBUTION, SYNTHETIC_NOTICE
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.synthesis_request import SynthesisRequest

if TYPE_CHECKING:
    from ecg_forge.ecg.synthetic_ecgs import SyntheticECGs

_PTBXL_RATES = (100, 500)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes ``path`` at the end; on an exception nothing of it is seen.

    Raises:
        BadInput: ``path`` is a file, a folder that holds something, or the folder this process works in.
    """
    path = path.absolute()
    if path.exists() and not path.is_dir():
        raise BadInput(f"{path} is a file; name a new folder")
    if path.is_dir() and any(path.iterdir()):
        raise BadInput(f"{path} exists and is not empty; name a new folder")
    if path.is_dir() and path.samefile(Path.cwd()):
        raise BadInput(f"{path} is the current folder; name a new folder inside it")
    with replacing_folder(path) as temporary:
        yield temporary


def check_format(name: str, fs: int) -> None:
    """Raise BadInput unless ``name`` is one of `FORMATS` and can hold signals of ``fs`` Hz."""
    if name not in FORMATS:
        raise BadInput(f"unknown format {name!r}; known are {', '.join(FORMATS)}")
    if name == "wfdb" and fs not in _PTBXL_RATES:
        raise BadInput(
            f"fs is {fs}; the wfdb format follows PTB-XL, which has 100 and 500 Hz; npz and csv take any rate"
        )


def write_ecgs(ecgs: "SyntheticECGs", folder: Path, name: str) -> None:
    """Write records, their table and a ``README.txt`` into an existing empty folder.

    Args:
        ecgs: what to write.
        folder: usually from `new_folder`.
        name: one of `FORMATS`.

    Raises:
        BadInput: the format is unknown, or does not have this sampling rate.
    """
    check_format(name, ecgs.fs)
    _FORMATS[name].write(ecgs, folder)
    (folder / "README.txt").write_text(_readme(ecgs, name), encoding="utf-8")


def how_to_read(ecgs: "SyntheticECGs", folder: Path, name: str) -> str:
    """Return lines of Python that read the first record and the table of records from ``folder``."""
    return _FORMATS[name].example(ecgs, folder.as_posix())


def _write_wfdb(ecgs: "SyntheticECGs", folder: Path) -> None:
    """Write PTB-XL's layout at 100 or 500 Hz, int16 µV."""
    from ecg_forge.datasets.ptbxl_writer import write_ptbxl_folder
    from ecg_forge.ecg.records import Signals, to_microvolts
    from ecg_forge.ecg.simulated_tables import statements_table
    from ecg_forge.ecg.synthetic_tables import ptbxl_metadata

    signals = Signals(to_microvolts(ecgs.signals), ecgs.records.index.to_numpy(), ecgs.leads, ecgs.fs)
    write_ptbxl_folder(folder, ptbxl_metadata(ecgs.records), statements_table(), signals)


def _read_wfdb(ecgs: "SyntheticECGs", folder: str) -> str:
    from ecg_forge.datasets.ptbxl_writer import FILENAME_COLUMN
    from ecg_forge.ecg.synthetic_tables import ptbxl_metadata

    record = ptbxl_metadata(ecgs.records)[FILENAME_COLUMN[ecgs.fs]].iloc[0]
    return (
        f'signal, fields = wfdb.rdsamp("{folder}/{record}")  # (sample, lead), mV\n'
        f'records = pandas.read_csv("{folder}/ptbxl_database.csv", index_col="ecg_id")'
    )


def _write_npz(ecgs: "SyntheticECGs", folder: Path) -> None:
    """Write one uncompressed archive without pickles, and the table of records."""
    import numpy as np

    np.savez(
        folder / "ecgs.npz",
        signals=ecgs.signals,
        ecg_id=ecgs.records.index.to_numpy(),
        leads=np.array(ecgs.leads),
        fs=np.array(ecgs.fs),
        unit=np.array(ecgs.unit),
    )
    _write_records_table(ecgs, folder)


def _read_npz(ecgs: "SyntheticECGs", folder: str) -> str:
    return (
        f'signals = numpy.load("{folder}/ecgs.npz")["signals"]  # (record, lead, sample), mV\n'
        f'records = pandas.read_csv("{folder}/records.csv", index_col="ecg_id")'
    )


def _write_csv(ecgs: "SyntheticECGs", folder: Path) -> None:
    """Write one table per record: time in seconds, then the leads in mV to 0.1 µV."""
    import numpy as np
    import pandas as pd

    (folder / "records").mkdir()
    time = pd.Index(np.arange(ecgs.signals.shape[2]) / ecgs.fs, name="time_s").map("{:.6g}".format)
    for ecg_id, signal in zip(ecgs.records.index, ecgs.signals, strict=True):
        table = pd.DataFrame(signal.T, index=time, columns=list(ecgs.leads))
        table.to_csv(folder / "records" / f"{ecg_id}.csv", float_format="%.4f")
    _write_records_table(ecgs, folder)


def _read_csv(ecgs: "SyntheticECGs", folder: str) -> str:
    return (
        f'signal = pandas.read_csv("{folder}/records/{ecgs.records.index[0]}.csv", index_col="time_s")  # mV\n'
        f'records = pandas.read_csv("{folder}/records.csv", index_col="ecg_id")'
    )


def _write_records_table(ecgs: "SyntheticECGs", folder: Path) -> None:
    ecgs.records.assign(source="synthetic").to_csv(folder / "records.csv")


@dataclass(frozen=True)
class _Format:
    """How records are written, and the lines of Python that read them again from a folder."""

    write: Callable[["SyntheticECGs", Path], None]
    example: Callable[["SyntheticECGs", str], str]


_FORMATS = {
    "wfdb": _Format(_write_wfdb, _read_wfdb),
    "npz": _Format(_write_npz, _read_npz),
    "csv": _Format(_write_csv, _read_csv),
}
FORMATS = tuple(_FORMATS)
"""Names of the formats."""


def _readme(ecgs: "SyntheticECGs", name: str) -> str:
    from ecg_forge.ecg.splits import FIRST_SYNTHETIC_ID

    request, ids = ecgs.request, ecgs.records.index
    return f"""\
Synthetic 12-lead ECGs, made by ecg-forge {version("ecg-forge")}

{SYNTHETIC_NOTICE}

Records: {len(ecgs)}, ecg_id {ids[0]} to {ids[-1]}; {ecgs.signals.shape[2]} samples per lead at {ecgs.fs} Hz, in mV.
Their numbers and patients are none of PTB-XL's, so the two can stand in one table; use them for training only.

Read them (from this folder):
{how_to_read(ecgs, Path("."), name)}

Made by:
{_call(request)}
One record again, alone and with the same weights (`first` is its ecg_id less {FIRST_SYNTHETIC_ID}):
{_call(replace(request, n=1))}

Licence: CC BY 4.0, as the recordings the generator learned from.
{PTBXL_ATTRIBUTION}
"""


def _call(request: SynthesisRequest) -> str:
    """Return the call of Python that makes this request, with every setting, as defaults may change one day."""
    settings = {field.name: getattr(request, field.name) for field in fields(request) if field.name != "labels"}
    arguments = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    return f"ecg_forge.generate({list(request.labels)}, {arguments})"
