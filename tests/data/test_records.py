from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from layerpose.data.records import Records, pack_records


def test_another_format_is_refused(data: Path, tmp_path: Path) -> None:
    info = json.loads((data / "dataset.json").read_text())
    (tmp_path / "dataset.json").write_text(json.dumps(info | {"layerpose_data": 99}))
    with pytest.raises(ValueError, match="format 99"):
        Records(tmp_path)


@pytest.mark.parametrize("name", ["000.png", "poses.npz", "person.json"])
def test_a_damaged_file_is_named(data: Path, tmp_path: Path, name: str) -> None:
    copied = Path(shutil.copytree(data, tmp_path / "data"))
    (copied / "people" / "00001" / name).write_bytes(b"half of it")
    records = Records(copied)
    with pytest.raises(ValueError, match=f"00001/{name}"):
        records.person("00001"), records.load("00001", "000")


def test_a_missing_picture_is_named(data: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(data, tmp_path / "data"))
    (copied / "people" / "00001" / "001.png").unlink()
    with pytest.raises(ValueError, match=r"00001/001\.png is missing"):
        Records(copied).load("00001", "001")


def test_shards_read_like_the_folder_and_pack_to_the_same_bytes(data: Path, tmp_path: Path) -> None:
    assert pack_records(data, tmp_path / "a", 2) == 2
    pack_records(data, tmp_path / "b", 2)
    assert all(f.read_bytes() == (tmp_path / "b" / f.name).read_bytes() for f in (tmp_path / "a").iterdir())
    folder, shards = Records(data), Records(tmp_path / "a")
    assert shards.people == folder.people
    assert shards.person("00002") == folder.person("00002")
    for ours, theirs in zip(folder.load("00002", "001")[:2], shards.load("00002", "001")[:2], strict=True):
        assert torch.equal(ours, theirs)


def test_a_shard_that_is_cut_short_is_named(data: Path, tmp_path: Path) -> None:
    pack_records(data, tmp_path / "a", 5)
    shard = tmp_path / "a" / "00000.tar"
    shard.write_bytes(b"x" * 3000)
    with pytest.raises(ValueError, match=r"00000\.tar is no whole tar file"):
        Records(tmp_path / "a")
