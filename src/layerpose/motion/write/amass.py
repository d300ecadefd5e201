"""Take -> AMASS's .npz: SMPL-H's joint rotations with hands, in metres, z up; the mean shape, no SMPL file needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.body.smpl import SMPL_JOINTS, SMPL_PARENTS, Y_UP_TO_BODY
from layerpose.body.smpl_file import NUM_JOINTS
from layerpose.motion.performer import leg_length
from layerpose.motion.read.smpl_clip import LEG_M, feet_and_head
from layerpose.motion.smpl_hands import FINGERS, fingers_to_hand
from layerpose.motion.smpl_pose import SMPL_BONES, aim_limbs, straight_t_pose, turn_root
from layerpose.motion.write.take import Take
from layerpose.runtime.cache import writing

NUM_BODY = 22
"""SMPL's joints without its two hands, whose place SMPL-H's thirty take."""
NUM_BETAS = 16
AIMS = {
    "spine04": "spine02", "spine02": "spine01", "neck01": "head", "clavicle": "upperarm01", "upperarm01": "lowerarm01",
    "lowerarm01": "wrist", "upperleg01": "lowerleg01", "lowerleg01": "foot",
}  # fmt: skip
"""Bones that other bones follow before the next joint of SMPL."""
WRISTS = {"L": "left_wrist", "R": "right_wrist"}
SOLE_M = 0.07
"""From SMPL's ankle down to its sole."""


def write_amass(take: Take, path: Path) -> None:
    """Write `poses` (root, body, left hand, right hand), `trans`, `mocap_framerate`, `betas` and `gender`."""
    vectors = _vectors(take)
    arrays = {
        "poses": vectors.reshape(len(vectors), -1),
        "trans": _translation_m(take, vectors),
        "mocap_framerate": np.array(take.motion.fps),
        "betas": np.zeros(NUM_BETAS),
        "gender": np.array("neutral"),
    }
    with writing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # pyright: ignore[reportArgumentType]


def _vectors(take: Take) -> Float[np.ndarray, "t 52 3"]:
    """Rotation vectors of the body's joints and of both hands, z up."""
    aims, turns = aim_limbs(straight_t_pose()), {"": np.eye(3)[None]}
    vectors = np.zeros((take.motion.num_frames, NUM_JOINTS, 3))
    for joint, (name, parent) in enumerate(zip(SMPL_JOINTS, SMPL_PARENTS, strict=True)):
        above = turns[SMPL_JOINTS[parent] if joint else ""]
        bone = SMPL_BONES.get(name)
        turns[name] = above if bone is None else _in_smpls_axes(_turns(take, bone) @ aims.get(bone, np.eye(3)).T)
        vectors[:, joint] = Rotation.from_matrix(above.swapaxes(1, 2) @ turns[name]).as_rotvec()
    hands = [_hand(take, side, turns[wrist], aims[f"wrist.{side}"]) for side, wrist in WRISTS.items()]
    return np.concatenate([turn_root(vectors, Y_UP_TO_BODY)[:, :NUM_BODY], *hands], axis=1)


def _turns(take: Take, bone: str) -> Float[np.ndarray, "t 3 3"]:
    """World turns of the joint that stands for the bone and those up to the next joint."""
    name, dot, side = bone.partition(".")
    if bone == "spine04":
        return take.aimed_turns(bone, bone, AIMS[bone], _carried_by_the_pelvis(take, bone))
    if name in AIMS:
        end = AIMS[name]
        return take.aimed_turns(bone, bone, f"{end}{dot}{side}")
    return take.turns[:, body_model().bone(bone)]


def _carried_by_the_pelvis(take: Take, bone: str) -> Float[np.ndarray, "t 3"]:
    """Where a bone would begin if none turned between it and the root, as SMPL's spine has none."""
    root, row = body_model().bone("root"), body_model().bone(bone)
    return take.heads_m[:, root] + take.turns[:, root] @ (take.reference_heads_m[row] - take.reference_heads_m[root])


def _in_smpls_axes(turns: Float[np.ndarray, "t 3 3"]) -> Float[np.ndarray, "t 3 3"]:
    return Y_UP_TO_BODY.T @ turns @ Y_UP_TO_BODY


def _hand(
    take: Take, side: str, wrist: Float[np.ndarray, "t 3 3"], aim: Float[np.ndarray, "3 3"]
) -> Float[np.ndarray, "t 15 3"]:
    names = [f"finger{finger}-{joint}.{side}" for finger in FINGERS for joint in (1, 2, 3)]
    return fingers_to_hand(side, wrist, {name: take.turns[:, body_model().bone(name)] for name in names}, aim)


def _translation_m(take: Take, vectors: Float[np.ndarray, "t 52 3"]) -> Float[np.ndarray, "t 3"]:
    """Where SMPL's mean shape is, its lower ankle as high over the floor as when it stands."""
    path = take.pelvis_m * LEG_M / leg_length(take.rest)
    whole = np.zeros((len(vectors), NUM_JOINTS, 3))
    whole[:, :NUM_BODY] = vectors[:, :NUM_BODY]
    ankles = path[:, None] + feet_and_head(whole)[:, :2]
    return path + np.array([0, 0, SOLE_M - ankles[..., 2].min()])
