"""SMPL-H's and SMPL-X's hand joints <-> world turns of the body's finger bones.

A hand at rest is flat in both, palm down; the body's own fingers are bent a little, which is taken out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.smpl import Y_UP_TO_BODY
from layerpose.motion.posing import palm_axes, reference_heads, smallest_rotation, unit

FINGERS = ("2", "3", "5", "4", "1")
"""Fingers of the body (1: thumb) in SMPL-H's order: index, middle, little, ring, thumb."""
NUM_HAND = 3 * len(FINGERS)
"""Joints of one hand."""


def hand_rows(side: str) -> slice:
    """Where a side's joints are among those of both hands."""
    return slice(0, NUM_HAND) if side == "L" else slice(NUM_HAND, 2 * NUM_HAND)


def turn_fingers(
    side: str,
    wrist: Float[np.ndarray, "t 3 3"],
    hand: Float[np.ndarray, "t 15 3"],
    wrist_aim: Float[np.ndarray, "3 3"],
) -> dict[str, Float[np.ndarray, "t 3 3"]]:
    """World turns of a side's finger bones. `wrist`: SMPL's wrist in its world; `wrist_aim`: A-pose -> T-pose."""
    world = {}
    for place, finger in enumerate(FINGERS):
        turned = wrist
        for joint in range(3):
            turned = turned @ Rotation.from_rotvec(hand[:, 3 * place + joint]).as_matrix()
            aim = _flatten(finger, joint, side, wrist_aim) @ wrist_aim
            world[f"finger{finger}-{joint + 1}.{side}"] = Y_UP_TO_BODY @ turned @ Y_UP_TO_BODY.T @ aim
    return world


def fingers_to_hand(
    side: str, wrist: Float[np.ndarray, "t 3 3"], world: Mapping[str, Float[np.ndarray, "t 3 3"]],
    wrist_aim: Float[np.ndarray, "3 3"],
) -> Float[np.ndarray, "t 15 3"]:  # fmt: skip
    """World turns of a side's finger bones -> the hand's joints; the inverse of `turn_fingers`."""
    hand = np.zeros((len(wrist), NUM_HAND, 3))
    for place, finger in enumerate(FINGERS):
        above = wrist
        for joint in range(3):
            aim = _flatten(finger, joint, side, wrist_aim) @ wrist_aim
            turned = Y_UP_TO_BODY.T @ world[f"finger{finger}-{joint + 1}.{side}"] @ aim.T @ Y_UP_TO_BODY
            hand[:, 3 * place + joint] = Rotation.from_matrix(above.swapaxes(1, 2) @ turned).as_rotvec()
            above = turned
    return hand


def _flatten(finger: str, joint: int, side: str, wrist_aim: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
    """The turn, in a T-pose, that lays a finger bone into the plane of the palm; a thumb stays as it is."""
    if finger == "1":
        return np.eye(3)
    places, start = reference_heads(), min(joint, 1) + 1
    along = unit(wrist_aim @ (places[f"finger{finger}-{start + 1}.{side}"] - places[f"finger{finger}-{start}.{side}"]))
    palm = wrist_aim @ palm_axes(side)[1]
    return smallest_rotation(along, along - (along @ palm) * palm)


def world_turns(vectors: Float[np.ndarray, "t n 3"], parents: Sequence[int]) -> Float[np.ndarray, "t n 3 3"]:
    """Rotation vectors relative to the parents -> turns in the world, away from the rest pose."""
    turns = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(*vectors.shape, 3)
    for joint, parent in enumerate(parents):
        if parent >= 0:
            turns[:, joint] = turns[:, parent] @ turns[:, joint]
    return turns
