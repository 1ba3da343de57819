"""A folder of pictures shows the last of them."""

import re
from pathlib import Path

from PIL import Image

from ecg_forge.datasets.drawings import Gallery


def gallery(folder: Path, suffix: str, kind: str) -> Gallery:
    return Gallery(path=str(folder), filename_suffix=suffix, dataset=f"ecg_forge.datasets.{kind}")


def names(preview: str) -> list[str]:
    return re.findall(r'alt="([^"]+)"', preview)


def test_the_last_drawings_are_shown_which_of_a_training_are_the_newest(tmp_path: Path) -> None:
    sheets = gallery(tmp_path, ".svg", "drawings.Drawing")
    sheets.save({f"epoch-{number:02}": f"<svg>{number}</svg>" for number in range(5)})
    assert names(sheets.preview()) == ["epoch-02", "epoch-03", "epoch-04"]
    assert names(sheets.preview(items=1)) == ["epoch-04"]


def test_pictures_of_pixels_are_shown_too_and_other_files_are_not(tmp_path: Path) -> None:
    pictures = gallery(tmp_path, ".png", "stock.Picture")
    pictures.save({"sheets/1": Image.new("RGB", (3, 2))})
    (tmp_path / "plan.csv").touch()
    assert names(pictures.preview()) == ["1"]


def test_a_folder_that_is_not_there_yet_shows_nothing(tmp_path: Path) -> None:
    assert gallery(tmp_path / "new", ".svg", "drawings.Drawing").preview() == ""
