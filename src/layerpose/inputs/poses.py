"""What a user typed after --pose -> Pose or Body: a photo, a pose file, one frame of a motion, or a library name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from layerpose.body.smpl import SmplModel, SmplPose
from layerpose.body.smpl_file import NUM_BETAS
from layerpose.media.photos.files import SUFFIXES
from layerpose.motion.library import library_pose
from layerpose.motion.read.opening import EXPECTED, Format, describe, find_format, is_name, split_place
from layerpose.motion.read.smpl_clip import SmplClip
from layerpose.motion.smpl_pose import pose_to_smpl
from layerpose.presets import base
from layerpose.types import Body, Pose


def resolve_pose(text: str, smpl: SmplModel | None = None) -> Pose | Body:
    """``other.jpg``, ``pose.json``, ``dance.fbx#120`` (0 without a number), ``two.pkl#PERSON:120``, a name: ``walk``.

    With an SMPL model the poses of its family start from its T-pose, not from a straight one.
    """
    path, person, frame = split_place(text)
    if is_name(path):
        return library_pose(text)
    format = _find_format(path)
    if format is None or format.photo_too:
        from layerpose.estimation.estimate import estimate, read_source  # takes long to load, and few poses are photos

        return estimate(read_source(text), base().canvas).body
    clip = format.read(path, person)
    if smpl is not None and isinstance(clip, SmplClip):
        return clip.pose(frame or 0, smpl.rest_joints(clip.betas))
    return clip.pose(frame or 0)


def resolve_smpl_pose(text: str, smpl: SmplModel) -> SmplPose:
    """The same for an SMPL body: a pose of its family as it is, anything else by way of the body's pose."""
    path, person, frame = split_place(text)
    format = None if is_name(path) else _find_format(path)
    if format is not None and not format.photo_too:
        clip = format.read(path, person)
        if isinstance(clip, SmplClip):
            return clip.smpl_pose(frame or 0)
    found = resolve_pose(text)
    pose = found.pose if isinstance(found, Body) else found
    return pose_to_smpl(pose, smpl.rest_joints(np.zeros(NUM_BETAS)))


def _find_format(path: Path) -> Format | None:
    """The file's format; None for a photo. ValueError if it is neither."""
    expected = f"a photo, {EXPECTED}, or a name like 'walk'"
    if not path.exists():
        raise ValueError(f"there is no file {path}; expected {expected}")
    format = find_format(path)
    if format is None and path.suffix.lower() not in SUFFIXES and not _is_picture(path):
        raise ValueError(f"{path} is {describe(path)}; expected {expected}")
    return format


def _is_picture(path: Path) -> bool:
    try:
        with Image.open(path):
            return True
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
