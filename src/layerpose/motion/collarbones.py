"""Collarbones that swing further than any do -> as far as they can; the arms bend and swing so that the hands stay.

Rigs whose shoulders are one joint, or whose makers lift arms by the collarbones, turn these by up to a right angle.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.motion.legs import bend_limb
from layerpose.motion.posing import reference_heads

FREE_DEG, MOST_DEG = 25.0, 35.0
"""Up to the first angle a collarbone swings as the file has it; beyond, ever less, and never beyond the second."""


def swing_collarbone(
    world: dict[str, Float[np.ndarray, "t 3 3"]], chest: Float[np.ndarray, "t 3 3"], swing: Float[np.ndarray, "t 3 3"],
    side: str,
) -> dict[str, Float[np.ndarray, "t 3 3"]]:  # fmt: skip
    """World turns of the collarbone, swung away from the chest's, and of the arm (of which hands keep their turn)."""
    heads, (upper, lower, hand) = (
        reference_heads(),
        (f"{bone}.{side}" for bone in ("upperarm01", "lowerarm01", "wrist")),
    )
    limited = _limit(swing)
    turned = {f"clavicle.{side}": limited @ chest}
    over = np.flatnonzero((limited != swing).any((1, 2)))
    if not len(over):
        return turned
    collar = heads[upper] - heads[f"clavicle.{side}"]
    ways = heads[lower] - heads[upper], heads[hand] - heads[lower]
    arm = [world[bone][over] for bone in (upper, lower)]
    elbow = arm[0] @ ways[0]
    wrist = elbow + arm[1] @ ways[1]
    moved = (swing[over] - limited[over]) @ chest[over] @ collar
    joints = np.stack([np.zeros_like(elbow), elbow, wrist], axis=1)
    turns = bend_limb(joints, wrist + moved, arm[0] @ np.cross(*ways))
    for bone, turn in zip((upper, lower), turns, strict=True):
        turned[bone] = world[bone].copy()
        turned[bone][over] = turn @ world[bone][over]
    return turned


def _limit(swing: Float[np.ndarray, "t 3 3"]) -> Float[np.ndarray, "t 3 3"]:
    """The same turns, smaller where they are too large; what is small enough stays as it is."""
    vectors = Rotation.from_matrix(swing).as_rotvec()
    angles = np.rad2deg(np.linalg.norm(vectors, axis=1))
    room = MOST_DEG - FREE_DEG
    less = FREE_DEG + room * np.tanh((angles - FREE_DEG) / room)
    smaller = Rotation.from_rotvec(vectors * (less / np.maximum(angles, FREE_DEG))[:, None]).as_matrix()
    return np.where((angles > FREE_DEG)[:, None, None], smaller, swing)
