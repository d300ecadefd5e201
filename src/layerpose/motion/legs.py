"""Poses + where the ankles should be -> the same poses with the legs bent and swung so that the ankles are there.

Each knee keeps its plane, and each foot stays turned as it was.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import Rest, body_model

LEG = ("upperleg01", "lowerleg01", "foot")
"""Bones whose heads are hip, knee and ankle."""
STRAIGHT = 0.9995
"""A leg is never longer than this share of its bones, for a straight one does not say which way it bends."""
STEADY = 0.05
"""Share of the thigh's own left-right axis in the axis of the knee, for legs that are nearly straight."""


def reach(
    rotations: Float[np.ndarray, "t j 3 3"], ankles: Float[np.ndarray, "t 2 3"], rest: Rest
) -> Float[np.ndarray, "t j 3 3"]:
    """Move both ankles to their places (metres from the pelvis); a leg that is too short points there."""
    model = body_model()
    turned, heads = model.kinematics(rest, rotations)
    world = turned @ model.reference_orientations.transpose(0, 2, 1)
    reached = rotations.copy()
    for side, places in zip("LR", ankles.swapaxes(0, 1), strict=True):
        thigh, shin, foot = (model.bone(f"{bone}.{side}") for bone in LEG)
        above, below = model.parents[shin], model.parents[foot]
        turn_thigh, turn_shin = bend_limb(heads[:, [thigh, shin, foot]], places, world[:, thigh, :, 0])
        turned_back = world[:, model.parents[thigh]].swapaxes(1, 2)
        reached[:, thigh] = turned_back @ turn_thigh @ world[:, thigh]
        reached[:, shin] = (turn_thigh @ world[:, above]).swapaxes(1, 2) @ turn_shin @ world[:, shin]
        reached[:, foot] = (turn_shin @ world[:, below]).swapaxes(1, 2) @ world[:, foot]
    return reached


def bend_limb(
    leg: Float[np.ndarray, "t 3 3"], ankle: Float[np.ndarray, "t 3"], across: Float[np.ndarray, "t 3"]
) -> tuple[Float[np.ndarray, "t 3 3"], Float[np.ndarray, "t 3 3"]]:
    """World turns of thigh and shin that take hip, knee and ankle (`leg`) to the ankle's new place; arms go alike.

    The shin turns in the plane of the knee until hip and ankle are as far apart as they should be (law of cosines);
    then the whole leg swings.
    """
    hip, knee, old = leg.swapaxes(0, 1)
    upper, lower, wanted = knee - hip, old - knee, ankle - hip
    a, b = np.linalg.norm(upper, axis=1), np.linalg.norm(lower, axis=1)
    far = np.clip(np.linalg.norm(wanted, axis=1), np.abs(a - b) / STRAIGHT, STRAIGHT * (a + b))
    cosine = ((far**2 - a**2 - b**2) / (2 * a * b))[:, None]
    along = upper / a[:, None]
    axis = np.cross(along, lower / b[:, None]) + STEADY * across
    backwards = np.cross(axis, along)
    backwards /= np.linalg.norm(backwards, axis=1, keepdims=True)
    bent = cosine * along + np.sqrt(1 - cosine**2) * backwards
    swing = turns_to(upper + b[:, None] * bent, wanted)
    return swing, swing @ turns_to(lower, bent)


def turns_to(start: Float[np.ndarray, "t 3"], end: Float[np.ndarray, "t 3"]) -> Float[np.ndarray, "t 3 3"]:
    """The smallest rotations from directions to directions."""
    axis = np.cross(start, end)
    sine = np.linalg.norm(axis, axis=1)
    angle = np.arctan2(sine, (start * end).sum(1))
    return Rotation.from_rotvec(axis * (angle / np.maximum(sine, 1e-12))[:, None]).as_matrix()
