"""Archives of arrays: one of thousands of members is refused before any is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from layerpose.motion.read import zip_file
from layerpose.motion.read.zip_file import zip_members


def test_an_archive_of_more_members_than_arrays_of_a_motion_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(zip_file, "MOST_MEMBERS", 3)
    for number, path in ((3, tmp_path / "few.npz"), (4, tmp_path / "many.npz")):
        with zipfile.ZipFile(path, "w") as archive:
            for member in range(number):
                archive.writestr(f"{member}.npy", b"x")
    assert len(list(zip_members(tmp_path / "few.npz"))) == 3
    with pytest.raises(ValueError, match="it has 4 members; at most 3 are read"):
        next(zip_members(tmp_path / "many.npz"))
