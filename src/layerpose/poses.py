"""What a user typed after --pose -> Pose or Body: a photo, a pose file, one frame of a motion, or a library name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from layerpose.body.smpl import SmplModel, SmplPose
from layerpose.body.smpl_file import NUM_BETAS
from layerpose.estimation.estimate import estimate, read_source
from layerpose.motion.library import library_pose
from layerpose.motion.pose_file import read_pose
from layerpose.motion.read.bvh_file import read_bvh
from layerpose.motion.read.smpl import read_smpl
from layerpose.motion.read.smpl_clip import SmplClip
from layerpose.motion.smpl_pose import pose_to_smpl
from layerpose.photo_files import split_frame
from layerpose.presets import base
from layerpose.types import Body, Pose

MOTIONS = (".bvh", ".npz")


def resolve_pose(text: str, smpl: SmplModel | None = None) -> Pose | Body:
    """``other.jpg``, ``pose.json``, ``dance.bvh#120`` or ``dance.npz#120`` (0 without a number), or a name: ``walk``.

    With an SMPL model the poses of an .npz start from its T-pose, not from a straight one.
    """
    name, frame = _split_frame(text)
    path = Path(name)
    match path.suffix.lower():
        case ".bvh":
            return read_bvh(_existing(path)).pose(frame)
        case ".npz":
            clip = read_smpl(_existing(path))
            if smpl is None or not isinstance(clip, SmplClip):
                return clip.pose(frame)
            return clip.pose(frame, smpl.rest_joints(clip.betas))
        case ".json":
            return read_pose(_existing(path))
        case "" if not path.is_file() and len(path.parts) == 1:
            return library_pose(name)
        case _:
            return estimate(read_source(_existing(text)), base().canvas).body


def resolve_smpl_pose(text: str, smpl: SmplModel) -> SmplPose:
    """The same for an SMPL body: an .npz as it is, anything else by way of the body's pose."""
    name, frame = _split_frame(text)
    if Path(name).suffix.lower() == ".npz":
        clip = read_smpl(_existing(Path(name)))
        if isinstance(clip, SmplClip):
            return clip.smpl_pose(frame)
    found = resolve_pose(text)
    pose = found.pose if isinstance(found, Body) else found
    return pose_to_smpl(pose, smpl.rest_joints(np.zeros(NUM_BETAS)))


def _split_frame(text: str) -> tuple[str, int]:
    name, hash_sign, number = text.rpartition("#")
    if not hash_sign or not name.lower().endswith(MOTIONS):
        return text, 0
    if not number.isdecimal():
        raise ValueError(f"the frame in {text!r} is {number!r}; expected a whole number from 0, like {name}#120")
    return name, int(number)


def _existing(path: str | Path) -> Path:
    if not split_frame(path)[0].exists():
        raise ValueError(
            f"there is no file {path}; expected a photo, a .json, a .bvh#FRAME, an .npz#FRAME or a name like 'walk'"
        )
    return Path(path)
