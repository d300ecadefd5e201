"""Frames on disk: what is there is not drawn again, what was drawn for another job is."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from layerpose.video.store import open_store, work_folder

GREY = Image.new("RGB", (16, 16), "grey")


def test_the_same_job_goes_on_and_another_begins_anew(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    store = open_store(out, key="a", num_frames=4, comment="")
    for frame in (0, 2):
        store.keep(frame, GREY)
    assert open_store(out, key="a", num_frames=4, comment="").missing() == [1, 3]
    assert open_store(out, key="b", num_frames=4, comment="").missing() == [0, 1, 2, 3]


def test_what_a_crash_left_half_written_goes(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    store = open_store(out, key="a", num_frames=2, comment="")
    (store.folder / ".000001.png.x7.png").write_bytes(b"half")
    assert open_store(out, key="a", num_frames=2, comment="").missing() == [0, 1]
    assert [path.name for path in store.folder.iterdir()] == ["job.json"]


def test_somebody_elses_folder_is_left_alone(tmp_path: Path) -> None:
    folder = work_folder(tmp_path / "out.mp4")
    folder.mkdir()
    (folder / "diary.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"holds 'diary.txt'"):
        open_store(tmp_path / "out.mp4", key="a", num_frames=2, comment="")
    assert (folder / "diary.txt").read_text() == "mine"
