"""A box gives back the weights that went in, or says which file is damaged."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from kedro.io import DatasetError

from ecg_forge.datasets import box
from ecg_forge.datasets.box import CLASSIFIER, PACKAGED_BOX, DenoiserBox, load_box, write_box
from ecg_forge.ecg.errors import BadInput

CONFIG = {"model": "unet1d_tiny", "scaling": {"leads": ["I"], "millivolts": [0.4]}, "nothing": None}


def weights() -> dict[str, Any]:
    torch.manual_seed(0)
    return {
        "config": CONFIG,
        "tensors": {**{f"layer{k}.weight": torch.randn(50, 40) for k in range(9)}, "steps": torch.tensor(7)},
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_box(weights(), tmp_path / "box", "# Card\n")
    return tmp_path / "box"


def test_weights_come_back_in_single_precision_rounded_to_half(folder: Path) -> None:
    loaded, given = load_box(folder), weights()
    assert loaded["config"] == CONFIG
    assert loaded["tensors"].keys() == given["tensors"].keys()
    assert loaded["tensors"].pop("steps") == 7
    for name, tensor in loaded["tensors"].items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, given["tensors"][name].half().float())


def test_the_folder_holds_card_licence_and_sums_that_others_can_check(folder: Path) -> None:
    assert sorted(file.name for file in folder.iterdir()) == [
        "LICENSE.txt",
        "MODEL_CARD.md",
        "SHA256SUMS",
        "config.json",
        "denoiser-00001-of-00001.safetensors",
    ]
    assert (folder / "MODEL_CARD.md").read_text() == "# Card\n"
    assert "CC BY 4.0" in (folder / "LICENSE.txt").read_text()
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert digest == hashlib.sha256((folder / name).read_bytes()).hexdigest()


def test_whoever_may_read_the_card_may_read_the_weights(folder: Path) -> None:
    assert len({file.stat().st_mode for file in folder.iterdir()}) == 1


def test_the_same_weights_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_box(weights(), tmp_path / "again", "# Card\n")
    assert (tmp_path / "again" / "SHA256SUMS").read_bytes() == (folder / "SHA256SUMS").read_bytes()


def test_large_weights_are_cut_into_shards_below_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box, "MAX_SHARD_BYTES", 10_000)
    write_box(weights(), tmp_path / "box", "")
    shards = sorted((tmp_path / "box").glob("*.safetensors"))
    assert [file.name for file in shards] == [f"denoiser-{k:05d}-of-00005.safetensors" for k in range(1, 6)]
    assert max(file.stat().st_size for file in shards) <= 10_000
    assert load_box(tmp_path / "box")["tensors"].keys() == weights()["tensors"].keys()


@pytest.mark.parametrize("name", ["config.json", "denoiser-00001-of-00001.safetensors"])
def test_a_damaged_or_missing_file_is_named(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(BadInput, match=f"{name} is damaged"):
        load_box(folder)
    (folder / name).unlink()
    with pytest.raises(BadInput, match=f"{name} does not exist, though SHA256SUMS lists it"):
        load_box(folder)


@pytest.mark.parametrize("content", ["", "\n", "what is this", "0  config.json\n", "0  ../secret\n0  config.json\n"])
def test_sums_that_do_not_list_every_file_are_refused(folder: Path, content: str) -> None:
    (folder / "SHA256SUMS").write_text(content)
    with pytest.raises(BadInput, match="SHA256SUMS is damaged"):
        load_box(folder)


def test_sums_cannot_point_out_of_the_folder(folder: Path) -> None:
    sums = (folder / "SHA256SUMS").read_text()
    (folder / "SHA256SUMS").write_text(f"{sums}0  ../secret\n")
    with pytest.raises(BadInput, match="SHA256SUMS is damaged: it must list"):
        load_box(folder)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"a": torch.tensor([1e6])}, "tensor a does not fit half precision: its largest value is 1e"),
        ({"a": torch.zeros(9_000_000)}, "tensor a takes 18,000,000 bytes"),
        ({name: torch.zeros(4_500_000) for name in "abc"}, r"hold 27,\d+,\d+ bytes, more than 25,000,000"),
    ],
)
def test_weights_that_do_not_fit_are_refused_and_the_old_box_stays(
    folder: Path, tensors: dict[str, torch.Tensor], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        write_box({"config": {}, "tensors": tensors}, folder, "")
    assert load_box(folder)["config"] == CONFIG
    assert list(folder.parent.iterdir()) == [folder]


def test_a_folder_of_other_things_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(BadInput, match=r"holds thesis\.tex, which is no part of a box of a denoiser"):
        write_box(weights(), tmp_path, "")
    with pytest.raises(BadInput, match="is a file"):
        write_box(weights(), tmp_path / "thesis.tex", "")


def test_a_new_box_replaces_the_old_one_as_a_whole(folder: Path) -> None:
    (folder / "denoiser-00001-of-00009.safetensors").write_bytes(b"left over")
    write_box({"config": {}, "tensors": {"b": np.ones(3)}}, folder, "# New\n")
    assert load_box(folder)["tensors"].keys() == {"b"}
    assert len(list(folder.iterdir())) == 5


def test_without_weights_the_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no trained weights there") as error:
        load_box(tmp_path)
    assert str(tmp_path) in str(error.value)


def test_a_classifier_is_not_taken_for_a_denoiser_nor_put_in_its_place(folder: Path) -> None:
    with pytest.raises(BadInput, match="box holds a denoiser; name a folder that holds a classifier"):
        load_box(folder, CLASSIFIER)
    with pytest.raises(BadInput, match=r"holds denoiser-.* which is no part of a box of a classifier"):
        write_box(weights(), folder, "", CLASSIFIER)
    assert load_box(folder)["config"] == CONFIG


def test_the_catalog_entry_writes_and_reads_a_box(tmp_path: Path) -> None:
    entry = DenoiserBox(filepath=str(tmp_path / "box"))
    entry.save({**weights(), "card": "# Card\n"})
    assert entry.load()["config"] == CONFIG
    assert (tmp_path / "box" / "MODEL_CARD.md").read_text() == "# Card\n"
    with pytest.raises(DatasetError, match="a dict of config, tensors and card, got config, tensors"):
        entry.save(weights())


def test_the_catalog_entry_without_a_folder_is_the_package_and_read_only() -> None:
    entry = DenoiserBox()
    with pytest.raises(DatasetError, match="read-only"):
        entry.save({**weights(), "card": ""})
    assert entry.exists() == (PACKAGED_BOX / "SHA256SUMS").is_file()


def test_the_packaged_weights_are_whole_small_and_load_as_a_denoiser() -> None:
    from ecg_forge.training.generation import load_denoiser

    load_denoiser(load_box())
    sizes = {file.name: file.stat().st_size for file in PACKAGED_BOX.iterdir()}
    assert {"MODEL_CARD.md", "LICENSE.txt", "SHA256SUMS"} <= sizes.keys()
    assert max(sizes.values()) <= 16_000_000
    assert sum(sizes.values()) <= 25_000_000
