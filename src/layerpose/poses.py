"""What a user typed after --pose -> Pose or Body: another photo, a pose file, one frame of a BVH, or a library name."""

from __future__ import annotations

from pathlib import Path

from layerpose.estimation.estimate import estimate
from layerpose.motion.bvh import read_bvh
from layerpose.motion.library import library_pose
from layerpose.motion.pose_file import read_pose
from layerpose.pictures import read_photo
from layerpose.presets import base
from layerpose.types import Body, Pose


def resolve_pose(text: str) -> Pose | Body:
    """``other.jpg``, ``pose.json``, ``dance.bvh#120`` (frame 0 without a number), or a name such as ``walk``."""
    name, frame = _split_frame(text)
    path = Path(name)
    match path.suffix.lower():
        case ".bvh":
            return read_bvh(_existing(path)).pose(frame)
        case ".json":
            return read_pose(_existing(path))
        case "" if not path.is_file() and len(path.parts) == 1:
            return library_pose(name)
        case _:
            return estimate(read_photo(_existing(path)), base().canvas).body


def _split_frame(text: str) -> tuple[str, int]:
    name, hash_sign, number = text.rpartition("#")
    if not hash_sign or not name.lower().endswith(".bvh"):
        return text, 0
    if not number.isdecimal():
        raise ValueError(f"the frame in {text!r} is {number!r}; expected a whole number from 0, like {name}#120")
    return name, int(number)


def _existing(path: Path) -> Path:
    if not path.exists():
        raise ValueError(f"there is no file {path}; expected a photo, a .json, a .bvh#FRAME or a name like 'walk'")
    return path
