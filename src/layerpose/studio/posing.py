"""The library -> poses in transit, and a small picture of each, drawn once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from layerpose import __version__
from layerpose.inputs.bodies import framed_body
from layerpose.maps.render import draw_body
from layerpose.motion.hand_poses import HANDS, hand_rotations
from layerpose.motion.library import NAMES, group_of, library_pose, title_of
from layerpose.runtime.cache import private_folder, writing
from layerpose.sheets.body import shade_body
from layerpose.studio.files import tell_pose
from layerpose.studio.keeping import name_of
from layerpose.studio.refusing import UnknownError
from layerpose.studio.telling import png
from layerpose.types import Pose

SIDE_PX = 160
OVERSAMPLING = 3
"""Pictures are drawn so many times larger and then averaged down."""


def list_poses() -> list[dict[str, str]]:
    """Every pose of the library: its name, how it is shown, and the group that it belongs to."""
    return [{"name": name, "title": title_of(name), "group": group_of(name)} for name in NAMES]


def list_hands() -> dict[str, dict[str, Any]]:
    """Every way of holding a hand: how it is shown, and rotation vectors of the left hand's bones."""
    return {
        name: {"title": hand.title, "bones": {bone: turn.tolist() for bone, turn in hand_rotations(name).items()}}
        for name, hand in HANDS.items()
    }


def library_record(name: str) -> dict[str, Any]:
    """A pose of the library in transit. UnknownError if there is none of this name."""
    return tell_pose(_find(name))


@dataclass(frozen=True, kw_only=True)
class Thumbnails:
    """Pictures of the library's poses in a folder, each made when it is first asked for."""

    folder: Path

    def picture(self, name: str) -> bytes:
        """A PNG. UnknownError if there is no pose of this name."""
        pose = _find(name)
        path = self.folder / f"{name_of(pose.rotations.numpy().tobytes(), __version__.encode())}.png"
        if not path.exists():
            with writing(path) as temporary:
                temporary.write_bytes(png(draw_thumbnail(pose)))
        return path.read_bytes()


def open_thumbnails(folder: Path) -> Thumbnails:
    """The pictures of a folder, which is made if missing."""
    return Thumbnails(folder=private_folder(folder))


def draw_thumbnail(pose: Pose) -> Image.Image:
    """An average adult in the pose, seen from the front, on nothing."""
    size = SIDE_PX * OVERSAMPLING
    drawn = draw_body(framed_body(pose), size)
    picture = shade_body(drawn)
    picture.putalpha(Image.fromarray(((drawn.nearest.part >= 0) * 255).byte().numpy()))
    return picture.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)


def _find(name: str) -> Pose:
    if name not in NAMES:
        raise UnknownError(f"there is no pose {name[:40]!r} in the library")
    return library_pose(name)
