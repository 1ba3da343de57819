"""Records read fast are those wfdb reads, and every damage is told."""

import os
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import wfdb

from ecg_forge.datasets import wfdb_samples
from ecg_forge.datasets.ptbxl_source import LocalFolder, Source
from ecg_forge.datasets.record_reader import RecordBlock, RecordReader
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals

NAMES = [f"records100/00000/{i:05d}_lr" for i in range(1, 6)]


def rdsamp_microvolts(path: Path) -> np.ndarray:
    signal, fields = wfdb.rdsamp(str(path))
    order = [[name.upper() for name in fields["sig_name"]].index(lead.upper()) for lead in LEADS]
    return np.rint(signal.T[order] * 1000).astype(np.int16)


def read_block(source: Source, names: Sequence[str], *, fs: int, length: int) -> RecordBlock:
    """Read all these records as one block."""
    (block,) = RecordReader(source).read(names, fs=fs, length=length, block_size=max(len(names), 1))
    return block


def problem_of(folder: Path, name: str = NAMES[0], fs: int = 100, length: int = 1000) -> str:
    """Read one record that should be bad, and return what is told about it."""
    block = read_block(LocalFolder(folder), [name], fs=fs, length=length)
    assert block.problems[0] == "" or not block.samples.any(), "a record with a problem must be all zeros"
    return block.problems[0]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def write_record(folder: Path, name: str, signal: np.ndarray, **how: object) -> None:
    """Write ``(lead, sample)`` of stored values with wfdb."""
    options = {
        "units": ["mV"] * len(signal),
        "sig_name": list(LEADS)[: len(signal)],
        "fmt": ["16"] * len(signal),
        "adc_gain": [1000.0] * len(signal),
        "baseline": [0] * len(signal),
        "fs": 100,
    }
    folder.mkdir(parents=True, exist_ok=True)
    wfdb.wrsamp(name, d_signal=signal.T.astype(np.int64), write_dir=str(folder), **{**options, **how})


@pytest.fixture
def stored(tiny_signals: Signals) -> np.ndarray:
    """Values within 12 bits, so that every storage format can hold them."""
    return (tiny_signals.samples[0] // 2).astype(np.int16)


def test_many_records_come_in_blocks_in_their_order(tiny_ptbxl: Path, tiny_signals: Signals) -> None:
    blocks = list(RecordReader(LocalFolder(tiny_ptbxl)).read(NAMES, fs=100, length=1000, block_size=2))
    assert [len(block.problems) for block in blocks] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate([block.samples for block in blocks]), tiny_signals.samples)
    assert not any(problem for block in blocks for problem in block.problems)


def test_synthetic_records_equal_rdsamp(tiny_ptbxl: Path) -> None:
    block = read_block(LocalFolder(tiny_ptbxl), NAMES, fs=100, length=1000)
    for name, samples in zip(NAMES, block.samples, strict=True):
        np.testing.assert_array_equal(samples, rdsamp_microvolts(tiny_ptbxl / name))


def test_real_records_equal_rdsamp(ptbxl_root: Path) -> None:
    names = (ptbxl_root / "RECORDS").read_text().split()
    names = [name for name in names if name.endswith("_lr")]
    chosen = list(np.random.default_rng(0).choice(names, 40, replace=False))
    block = read_block(LocalFolder(ptbxl_root), chosen, fs=100, length=1000)
    assert block.problems == [""] * 40
    for name, samples in zip(chosen, block.samples, strict=True):
        np.testing.assert_array_equal(samples, rdsamp_microvolts(ptbxl_root / name))


def test_real_records_at_500_hz_equal_rdsamp(tmp_path: Path) -> None:
    sample = Path(__file__).resolve().parents[3] / "shared" / "ptbxl" / "records500-sample.tar.xz"
    if not sample.exists():
        pytest.skip("records at 500 Hz are not here: expected in ../shared/ptbxl")
    with tarfile.open(sample) as archive:
        archive.extractall(tmp_path, filter="data")
    names = sorted(str(path.relative_to(tmp_path).with_suffix("")) for path in tmp_path.rglob("*.hea"))
    block = read_block(LocalFolder(tmp_path), names, fs=500, length=5000)
    assert block.problems == [""] * len(names)
    for name, samples in zip(names, block.samples, strict=True):
        np.testing.assert_array_equal(samples, rdsamp_microvolts(tmp_path / name))


def test_leads_are_found_by_name(tmp_path: Path, stored: np.ndarray) -> None:
    order = np.random.default_rng(1).permutation(12)
    write_record(tmp_path, "shuffled", stored[order], sig_name=[LEADS[i].upper() for i in order])
    block = read_block(LocalFolder(tmp_path), ["shuffled"], fs=100, length=1000)
    np.testing.assert_array_equal(block.samples[0], stored)


@pytest.mark.parametrize(
    "how",
    [
        {"fmt": ["212"] * 12},
        {"fmt": ["32"] * 12},
        {"fmt": ["24"] * 12, "adc_gain": [500.0] * 12},
        {"adc_gain": [500.0] * 12},
        {"adc_gain": [0.5] * 12, "units": ["uV"] * 12},
        {"baseline": [100] * 12},
        {"adc_gain": [1000.0] * 6 + [400.0] * 6},
    ],
    ids=["format 212", "format 32", "format 24 with a gain", "gain", "microvolt", "baseline", "gains per lead"],
)
def test_other_formats_gains_and_units_equal_rdsamp(tmp_path: Path, stored: np.ndarray, how: dict) -> None:
    write_record(tmp_path, "other", stored, **how)
    block = read_block(LocalFolder(tmp_path), ["other"], fs=100, length=1000)
    signal, fields = wfdb.rdsamp(str(tmp_path / "other"))
    microvolts = signal.T * (1 if fields["units"][0] == "uV" else 1000)
    assert block.problems == [""]
    np.testing.assert_allclose(block.samples[0], microvolts, atol=0.5001)


@pytest.mark.parametrize("how", [{}, {"adc_gain": [500.0] * 12}, {"fmt": ["212"] * 12}])
def test_a_sample_marked_as_missing_stays_marked(tmp_path: Path, stored: np.ndarray, how: dict) -> None:
    stored[3, 7] = -2048 if how.get("fmt") else -32768
    write_record(tmp_path, "gap", stored, **how)
    block = read_block(LocalFolder(tmp_path), ["gap"], fs=100, length=1000)
    assert block.problems == [""]
    assert np.argwhere(block.samples[0] == -32768).tolist() == [[3, 7]]


def test_damaged_records_are_told_and_the_others_still_read(tiny_ptbxl: Path, tiny_signals: Signals) -> None:
    (tiny_ptbxl / f"{NAMES[1]}.hea").unlink()
    (tiny_ptbxl / f"{NAMES[2]}.dat").unlink()
    os.truncate(tiny_ptbxl / f"{NAMES[3]}.dat", 20_000)
    block = read_block(LocalFolder(tiny_ptbxl), NAMES, fs=100, length=1000)
    assert [problem.split(" (")[0] for problem in block.problems] == [
        "",
        "missing header",
        "missing signal file 00003_lr.dat",
        "truncated signal file: 20000 of 24000 bytes",
        "",
    ]
    np.testing.assert_array_equal(block.samples[[0, 4]], tiny_signals.samples[[0, 4]])
    assert not block.samples[1:4].any()


def test_a_changed_sample_breaks_the_checksum_of_its_lead(tiny_ptbxl: Path) -> None:
    path = tiny_ptbxl / f"{NAMES[0]}.dat"
    data = np.fromfile(path, "<i2").reshape(1000, 12)
    data[500, LEADS.index("V2")] += 1
    data.tofile(path)
    assert problem_of(tiny_ptbxl) == "wrong checksum (V2)"


def test_two_swapped_samples_keep_the_checksum_but_not_the_initial_value(tiny_ptbxl: Path) -> None:
    path = tiny_ptbxl / f"{NAMES[0]}.dat"
    data = np.fromfile(path, "<i2").reshape(1000, 12)
    data[[0, 1], 4] = data[[1, 0], 4]
    data.tofile(path)
    assert problem_of(tiny_ptbxl).startswith("wrong initial value (AVL:")


def test_a_longer_signal_file_is_told(tiny_ptbxl: Path) -> None:
    with (tiny_ptbxl / f"{NAMES[0]}.dat").open("ab") as file:
        file.write(b"\0\0")
    assert problem_of(tiny_ptbxl) == "signal file of 24002 bytes, the header says 24000"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("00001_lr 12 100 1000", "00001_lr 12 250 1000", "sampling rate 250 Hz instead of 100 Hz"),
        ("00001_lr 12 100 1000", "00001_lr 12 100 99999999999999", "99999999999999 samples instead of 1000"),
        ("00001_lr 12 100 1000", "00001_lr 99999999 100 1000", "99999999 leads instead of 12"),
        ("00001_lr 12 100 1000", "00001_lr/3 12 100 1000", "record of several segments"),
        ("00001_lr 12 100 1000", "00001_lr twelve", "unreadable header: '00001_lr twelve' is no record line"),
        (
            " V6\n",
            " V7\n",
            "missing lead V6; the recording has I, II, III, AVR, AVL, AVF, V1, V2, V3, V4, V5, and no leads: V7",
        ),
        (" V6\n", " V5\n", "a lead is named twice"),
        (" V6\n", "\n", "unreadable header: a signal line lacks fields"),
        (
            "00001_lr.dat 16 ",
            "../00001_lr.dat 16 ",
            "unreadable header: '../00001_lr.dat' is not a signal file beside it",
        ),
        (".dat 16 ", ".dat 16x1000000 ", "storage format '16x1000000' is not supported"),
        (".dat 16 ", ".dat 16:99999999 ", "storage format '16:99999999' is not supported"),
        (" 0 I\n", " 0 I\n" + "0 0 0 0 0 0 0 0 II\n", "unreadable header: 13 signal lines instead of 12"),
    ],
)
def test_a_wrong_header_is_told(tiny_ptbxl: Path, old: str, new: str, problem: str) -> None:
    edit(tiny_ptbxl / f"{NAMES[0]}.hea", old, new)
    assert problem_of(tiny_ptbxl).startswith(problem)


def test_an_initial_value_that_is_no_number_is_told(tiny_ptbxl: Path) -> None:
    path = tiny_ptbxl / f"{NAMES[0]}.hea"
    lines = path.read_text().splitlines()
    lines[1] = "00001_lr.dat 16 1000.0(0)/mV 16 0 x 1 0 I"
    path.write_text("\n".join(lines))
    assert problem_of(tiny_ptbxl).startswith("unreadable header: invalid literal")


@pytest.mark.parametrize(
    ("content", "problem"), [(b"", "empty header"), (b"x" * 100_000, "more than 65536 bytes"), (bytes(range(256)), "")]
)
def test_rubbish_instead_of_a_header_is_told(tiny_ptbxl: Path, content: bytes, problem: str) -> None:
    (tiny_ptbxl / f"{NAMES[0]}.hea").write_bytes(content)
    assert problem in problem_of(tiny_ptbxl) != ""


def test_fewer_leads_are_told(tmp_path: Path, stored: np.ndarray) -> None:
    write_record(tmp_path, "eight", stored[:8])
    assert problem_of(tmp_path, "eight") == "8 leads instead of 12"


def test_an_amplitude_beyond_the_range_is_told(tmp_path: Path, stored: np.ndarray) -> None:
    write_record(tmp_path, "loud", stored, adc_gain=[10.0] * 12)
    assert problem_of(tmp_path, "loud") == "amplitude beyond ±32.767 mV"


def test_damage_in_another_format_is_told(tmp_path: Path, stored: np.ndarray) -> None:
    write_record(tmp_path, "other", stored, fmt=["32"] * 12)
    path = tmp_path / "other.dat"
    data = np.fromfile(path, "<i4")
    data[12 * 500] += 1
    data.tofile(path)
    assert problem_of(tmp_path, "other") == "wrong checksum (I)"
    os.truncate(path, 4_000)
    assert problem_of(tmp_path, "other") != ""
    path.unlink()
    assert problem_of(tmp_path, "other") == "missing signal file other.dat"


def test_an_unknown_unit_is_told(tmp_path: Path, stored: np.ndarray) -> None:
    write_record(tmp_path, "odd", stored, units=["mmHg"] * 12)
    assert problem_of(tmp_path, "odd").startswith("unknown unit 'mmHg' of lead I; known are V, mV")


def test_a_path_cannot_leave_the_folder(tiny_ptbxl: Path) -> None:
    with pytest.raises(BadInput, match=r"'\.\./secret\.hea' is not a file name inside"):
        problem_of(tiny_ptbxl, "../secret")


@pytest.mark.parametrize("sizes", [{"fs": 0, "length": 1000}, {"fs": 100, "length": 0}])
def test_a_size_below_one_is_refused(tiny_ptbxl: Path, sizes: dict) -> None:
    with pytest.raises(BadInput, match="must all be above 0"):
        read_block(LocalFolder(tiny_ptbxl), NAMES, **sizes)


def test_ptbxls_own_form_does_not_need_wfdb(tiny_ptbxl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wfdb_samples, "_read_any", None)
    assert problem_of(tiny_ptbxl) == ""
