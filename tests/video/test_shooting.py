"""What is drawn of a film: every look once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image

from layerpose.motion.filming import find_repeats
from layerpose.motion.library import library_pose
from layerpose.types import Body, Camera, Pose
from layerpose.video.shooting import shoot
from layerpose.video.store import open_store


class Flags:
    """A film whose frames are flags of one colour each."""

    def __init__(self, colours: str) -> None:
        self.colours, self.drawn = colours, list[int]()

    def draw(self, frame: int) -> Image.Image:
        self.drawn.append(frame)
        return Image.new("RGB", (8, 8), {"r": "red", "b": "blue"}[self.colours[frame]])

    def first_like(self, frame: int) -> int:
        return self.colours.index(self.colours[frame])


def test_frames_that_look_alike_are_drawn_once_and_all_are_there(tmp_path: Path) -> None:
    film = Flags("rrbrb")
    store = open_store(tmp_path / "out.mp4", key="", num_frames=5, comment="")
    assert sorted(shoot(film, store, workers=2)) == [0, 1, 2, 3, 4]
    assert sorted(film.drawn) == [0, 2]
    assert [picture.getpixel((0, 0)) for picture in store.frames()] == [
        (255, 0, 0), (255, 0, 0), (0, 0, 255), (255, 0, 0), (0, 0, 255),
    ]  # fmt: skip


def test_only_what_nobody_could_tell_apart_is_a_repeat() -> None:
    still = Body(
        phenotype=torch.full((6,), 0.5, dtype=torch.float64),
        pose=library_pose("stand"),
        camera=Camera(scale=0.4, translation=(0.5, 0.5)),
    )
    rounded = replace(still, pose=Pose(rotations=still.pose.rotations + 1e-9))
    moved = replace(still, camera=replace(still.camera, translation=(0.501, 0.5)))
    assert find_repeats([still, replace(still, pose=library_pose("walk")), rounded, moved]) == [0, 1, 0, 3]
