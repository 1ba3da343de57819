"""The first recording of a folder, drawn for kedro-viz."""

from pathlib import Path

from kedro_datasets._typing import ImagePreview

from ecg_forge.datasets.preview import ecg_preview
from ecg_forge.datasets.wfdb_samples import RecordProblem, read_header, read_samples
from ecg_forge.ecg.errors import BadInput

_SHOWN_S = 10


def draw_first_record(folder: Path) -> ImagePreview:
    """Draw the beginning of the first WFDB record that lies below a folder; nothing is fetched.

    Raises:
        BadInput: none is there, or it is damaged.
    """
    header_file = min(folder.rglob("*.hea"), default=None)
    if header_file is None:
        raise BadInput(f"{folder} holds no record yet")
    path = header_file.with_suffix("")
    try:
        header = read_header(str(path))
        samples = read_samples(str(path), header, min(header.length, round(_SHOWN_S * header.fs)))
    except RecordProblem as problem:
        raise BadInput(f"{header_file}: {problem}") from None
    return ecg_preview(samples, header.fs, path.relative_to(folder).as_posix())
