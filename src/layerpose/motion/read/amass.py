"""Arrays as AMASS, SMPL-X's tools, Motion-X and AIST++ name them -> `SmplClip`: one person, all frames.

AMASS has had several generations of names: `poses`; `root_orient`, `pose_body`, `pose_hand`; programs that follow
smplx write `global_orient`, `body_pose`, `transl`. The first are z up, the last y up, unless people stand otherwise.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from layerpose.body.smpl_file import NUM_BETAS, NUM_JOINTS
from layerpose.motion.read.numbers import finite, first_of, number, rows, vectors
from layerpose.motion.read.smpl_clip import SmplClip, find_up

NUM_BODY = 22
"""Joints that SMPL, SMPL-H and SMPL-X share; SMPL's two hands are left flat."""
HANDS_AT = {24: None, 22: None, 52: 22, 55: 25}
"""Joints of SMPL, of its body alone, of SMPL-H, of SMPL-X (jaw and eyes first) -> the first of the 30 of hands."""
PARTS = (("root_orient", "pose_body", "z"), ("global_orient", "body_pose", "y"))
PLACES = ("trans", "transl", "translation")
RATES = ("mocap_framerate", "mocap_frame_rate", "fps", "frame_rate", "framerate")
MOTION_X = 322
"""Numbers of a frame of Motion-X: pose 156 as SMPL-H, jaw 3, face 50 and 100, place 3, shape 10."""
MOTION_X_FPS = 30.0
AIST_FPS = 60.0


def has_smpl_arrays(record: Mapping[Any, Any]) -> bool:
    """The record names a pose as one of these do."""
    return "poses" in record or any(root in record and body in record for root, body, _ in PARTS)


def read_smpl_arrays(record: Mapping[Any, Any], name: str) -> SmplClip:
    """Names and arrays -> clip. ValueError for numbers that are missing, not finite or of another shape."""
    if "poses" in record:
        pose, up = vectors(record["poses"], tuple(HANDS_AT), f"{name}: poses"), "z"
        at = HANDS_AT[pose.shape[1]]
        hands = None if at is None else pose[:, at : at + 30]
    else:
        root, body, up = next(parts for parts in PARTS if parts[0] in record and parts[1] in record)
        parts = [vectors(record[root], (1,), f"{name}: {root}"), vectors(record[body], (21, 23), f"{name}: {body}")]
        if len(parts[0]) != len(parts[1]):
            raise ValueError(f"{name}: {root} has {len(parts[0])} frames, {body} {len(parts[1])}; expected as many")
        pose, hands = np.concatenate(parts, axis=1), _hands(record, len(parts[0]), name)
    place = first_of(record, PLACES)
    return smpl_clip(
        name, pose, up=up, places=None if place is None else record[place], hands=hands,
        betas=record.get("betas"), fps=_rate(record, name), sure=False,
    )  # fmt: skip


def smpl_clip(
    name: str,
    pose: Float[np.ndarray, "t n 3"],
    *,
    up: str,
    places: Any = None,
    hands: Float[np.ndarray, "t 30 3"] | None = None,
    betas: Any = None,
    fps: float | None = None,
    sure: bool = True,
) -> SmplClip:
    """Put a clip together; `sure`: which way is up need not be found from how people stand."""
    whole = np.zeros((len(pose), NUM_JOINTS, 3), dtype=pose.dtype)
    whole[:, :NUM_BODY] = pose[:, :NUM_BODY]
    where = np.zeros((len(pose), 3)) if places is None else rows(places, (3,), f"{name}: trans")
    if len(where) != len(pose):
        raise ValueError(f"{name}: trans is {where.shape}; expected {(len(pose), 3)}, a place for each frame")
    return SmplClip(
        name=name, vectors=whole, translation_m=where, up=up if sure else find_up(whole, up, name), hands=hands,
        betas=mean_shape(betas, name), fps=fps,
    )  # fmt: skip


def mean_shape(betas: Any, name: str) -> Float[np.ndarray, "10"]:
    """The first ten shape numbers, the median of all frames; none: the mean shape."""
    shape = np.zeros(NUM_BETAS)
    if betas is not None:
        given = finite(betas, f"{name}: betas")
        given = (
            np.median(given.reshape(-1, given.shape[-1]), axis=0) if given.size and given.ndim > 1 else given.ravel()
        )
        shape[: len(given)] = given[:NUM_BETAS]
    return shape


def is_motion_x(value: Any) -> bool:
    """The array has Motion-X's rows."""
    return isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[1] == MOTION_X


def read_motion_x(value: np.ndarray, name: str) -> SmplClip:
    """Rows of 322 numbers."""
    every = rows(value, (MOTION_X,), name)
    pose = vectors(every[:, :156], (52,), name)
    return smpl_clip(
        name, pose, up="y", places=every[:, 309:312], hands=pose[:, NUM_BODY:], betas=every[:, 312:],
        fps=MOTION_X_FPS, sure=False,
    )  # fmt: skip


def read_aist(record: Mapping[Any, Any], name: str) -> SmplClip:
    """AIST++: the places are in units of `smpl_scaling`."""
    scale = number(record["smpl_scaling"], f"{name}: smpl_scaling") if "smpl_scaling" in record else 1.0
    if scale <= 0:
        raise ValueError(f"{name}: smpl_scaling is {scale}; expected a positive number")
    pose, places = vectors(record["smpl_poses"], (24,), f"{name}: smpl_poses"), record.get("smpl_trans")
    places = None if places is None else rows(places, (3,), f"{name}: smpl_trans") / scale
    return smpl_clip(name, pose, up="y", places=places, fps=AIST_FPS)


def _hands(record: Mapping[Any, Any], num_frames: int, name: str) -> Float[np.ndarray, "t 30 3"] | None:
    """Both hands, where they are there in full; SMPL-X's principal components need its own file."""
    if record.get("pose_hand") is not None:
        hands = vectors(record["pose_hand"], (30,), f"{name}: pose_hand")
    elif first_of(record, ("left_hand_pose",)) and first_of(record, ("right_hand_pose",)):
        both = [finite(record[f"{side}_hand_pose"], f"{name}: {side}_hand_pose") for side in ("left", "right")]
        if any(hand.size != num_frames * 45 for hand in both):
            warnings.warn(f"{name}: its hands are not 15 rotations each and are left out", stacklevel=2)
            return None
        hands = np.concatenate([hand.reshape(num_frames, 15, 3) for hand in both], axis=1)
    else:
        return None
    if len(hands) != num_frames:
        raise ValueError(f"{name}: the hands have {len(hands)} frames; expected {num_frames}")
    return hands


def _rate(record: Mapping[Any, Any], name: str) -> float | None:
    key = first_of(record, RATES)
    if key is None:
        return None
    rate = number(record[key], f"{name}: {key}")
    if rate <= 0:
        warnings.warn(f"{name}: {key} is {rate:g}; expected frames a second; --fps gives them", stacklevel=2)
        return None
    return rate
