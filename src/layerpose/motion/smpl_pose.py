"""SMPL's pose <-> the body's pose, by world rotations.

A joint of SMPL and a bone of the body that lie at the same place turn alike in the world. The two rest differently,
SMPL in a T-pose, the body in an A-pose; the rotations that take the one to the other are found from the rest joints,
limb by limb.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.body.smpl import SMPL_JOINTS, SMPL_PARENTS, Y_UP_TO_BODY, SmplPose
from layerpose.body.smpl_file import NUM_BETAS, NUM_JOINTS
from layerpose.motion.posing import (
    curl_fingers,
    reference_heads,
    smallest_rotation,
    to_pose,
    turn_forearm,
    unit,
    world_to_relative,
)  # fmt: skip
from layerpose.motion.smpl_hands import hand_rows, turn_fingers, world_turns
from layerpose.types import Pose

SMPL_BONES = {
    "pelvis": "root", "spine1": "spine04", "spine2": "spine02", "spine3": "spine01", "neck": "neck01", "head": "head",
    "left_collar": "clavicle.L", "left_shoulder": "upperarm01.L", "left_elbow": "lowerarm01.L",
    "left_wrist": "wrist.L", "left_hip": "upperleg01.L", "left_knee": "lowerleg01.L", "left_ankle": "foot.L",
    "right_collar": "clavicle.R", "right_shoulder": "upperarm01.R", "right_elbow": "lowerarm01.R",
    "right_wrist": "wrist.R", "right_hip": "upperleg01.R", "right_knee": "lowerleg01.R", "right_ankle": "foot.R",
}  # fmt: skip
"""Joint of SMPL -> bone of the body; SMPL's feet and hands move with ankles and wrists."""
LIMBS = (
    (("upperarm01", "lowerarm01", "shoulder", "elbow"), ("lowerarm01", "wrist", "elbow", "wrist"),
     ("wrist", "finger3-1", "wrist", "hand")),
    (("upperleg01", "lowerleg01", "hip", "knee"), ("lowerleg01", "foot", "knee", "ankle")),
)  # fmt: skip
"""Limbs: for every bone the bone at its end, and the joints of SMPL at both."""
CURL = 20.0
"""Degrees by which fingers are bent: SMPL has no joints for them."""

RestJoints = Float[np.ndarray, "24 3"]


def smpl_to_pose(smpl: SmplPose, rest_joints: RestJoints | None = None) -> Pose:
    """The body's pose. `rest_joints`: of the SMPL file, if there is one; without it a straight T-pose is assumed."""
    return to_pose(smpl_to_rotations(smpl.vectors[None], rest_joints)[0])


def smpl_to_rotations(
    vectors: Float[np.ndarray, "t 24 3"],
    rest_joints: RestJoints | None = None,
    hands: Float[np.ndarray, "t 30 3"] | None = None,
) -> Float[np.ndarray, "t 104 3 3"]:
    """The same for many frames; fingers that `hands` (SMPL-H's joints, in its order) says nothing of are bent a bit."""
    aims, turns = _aims(rest_joints), world_turns(vectors, SMPL_PARENTS)
    world = {}
    for joint, bone in SMPL_BONES.items():
        turned = Y_UP_TO_BODY @ turns[:, SMPL_JOINTS.index(joint)] @ Y_UP_TO_BODY.T
        world[bone] = turned @ aims.get(bone, np.eye(3))
    for side in "LR":
        world |= turn_forearm(side, world[f"lowerarm01.{side}"], world[f"wrist.{side}"])
    moving = [] if hands is None else [side for side in "LR" if hands[:, hand_rows(side)].any()]
    for side in moving:
        wrist = turns[:, SMPL_JOINTS.index("left_wrist" if side == "L" else "right_wrist")]
        world |= turn_fingers(side, wrist, hands[:, hand_rows(side)], aims[f"wrist.{side}"])  # pyright: ignore
    rotations = world_to_relative({body_model().bone(bone): turn for bone, turn in world.items()})
    return curl_fingers(rotations, CURL, tuple(side for side in "LR" if side not in moving))


def pose_to_smpl(pose: Pose, rest_joints: RestJoints | None = None) -> SmplPose:
    """SMPL's pose with the mean shape; the inverse of `smpl_to_pose`, fingers left out."""
    aims, turned = _aims(rest_joints), relative_to_world(pose.rotations.double().numpy())
    turns, vectors = np.tile(np.eye(3), (NUM_JOINTS, 1, 1)), np.zeros((NUM_JOINTS, 3))
    for joint, (name, parent) in enumerate(zip(SMPL_JOINTS, SMPL_PARENTS, strict=True)):
        above = turns[parent] if parent >= 0 else np.eye(3)
        bone = SMPL_BONES.get(name)
        turns[joint] = above
        if bone is not None:
            own = turned[body_model().bone(bone)] @ aims.get(bone, np.eye(3)).T
            turns[joint] = Y_UP_TO_BODY.T @ own @ Y_UP_TO_BODY
        vectors[joint] = Rotation.from_matrix(above.T @ turns[joint]).as_rotvec()
    return SmplPose(vectors=vectors, betas=np.zeros(NUM_BETAS))


def relative_to_world(rotations: Float[np.ndarray, "j 3 3"]) -> Float[np.ndarray, "j 3 3"]:
    """Rotations relative to the parents -> turns in the world, away from the reference pose."""
    world = np.array(rotations)
    for bone, parent in enumerate(body_model().parents):
        if parent >= 0:
            world[bone] = world[parent] @ world[bone]
    return world


def turn_root(vectors: Float[np.ndarray, "*t 24 3"], turn: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "*t 24 3"]:
    """The same poses, the whole person turned in the world."""
    turned = vectors.copy()
    roots = Rotation.from_rotvec(vectors[..., 0, :].reshape(-1, 3)).as_matrix()
    turned[..., 0, :] = Rotation.from_matrix(turn @ roots).as_rotvec().reshape(turned[..., 0, :].shape)
    return turned


def straight_t_pose() -> dict[str, Float[np.ndarray, "3"]]:
    """Where each limb bone points in a T-pose, in body axes: arms to the sides, legs down."""
    directions = {}
    for side, outwards in (("L", 1.0), ("R", -1.0)):
        for arm in ("upperarm01", "lowerarm01", "wrist"):
            directions[f"{arm}.{side}"] = np.array([outwards, 0.0, 0.0])
        for leg in ("upperleg01", "lowerleg01"):
            directions[f"{leg}.{side}"] = np.array([0.0, 0.0, -1.0])
    return directions


def aim_limbs(directions: dict[str, Float[np.ndarray, "3"]]) -> dict[str, Float[np.ndarray, "3 3"]]:
    """World turns that take the limbs from the reference pose to the directions, each by the smallest rotation."""
    places, aims = reference_heads(), {}
    for side in "LR":
        for limb in LIMBS:
            turned = np.eye(3)
            for start, end, *_ in limb:
                along = turned @ unit(places[f"{end}.{side}"] - places[f"{start}.{side}"])
                turned = smallest_rotation(along, directions[f"{start}.{side}"]) @ turned
                aims[f"{start}.{side}"] = turned
    return aims


def _aims(rest_joints: RestJoints | None) -> dict[str, Float[np.ndarray, "3 3"]]:
    if rest_joints is None:
        return aim_limbs(straight_t_pose())
    places = dict(zip(SMPL_JOINTS, rest_joints @ Y_UP_TO_BODY.T, strict=True))
    return aim_limbs(
        {
            f"{start}.{side}": places[f"{name}_{last}"] - places[f"{name}_{first}"]
            for side, name in (("L", "left"), ("R", "right"))
            for limb in LIMBS
            for start, _, first, last in limb
        }
    )
