"""Pose -> can a body take it? No limb through the torso or another limb, no knee or elbow bent the wrong way."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import Rest, body_model
from layerpose.motion.posing import ADULT, reference_heads, unit

TORSO_RADII_M = (0.125, 0.085)
"""Half-axes (sideways, to the front) of the ellipse round the spine that arms stay out of."""
TORSO_REACH_M = (-0.25, 0.2)
"""From where to where, along the spine from the chest, that ellipse reaches."""
LEG_GAP_M = 0.075
"""Smallest distance of the two legs' axes, and of a hand from a leg's axis."""
HEAD_CENTRE_M = (0.0, -0.03, 0.07)
"""Middle of the head from the joint at its base, in body axes of the reference pose."""
HEAD_RADIUS_M = 0.085
"""No hand and no forearm is nearer to that."""
ARM_SPANS = (("lowerarm01", "wrist"), ("wrist", "finger3-2"))
LEG_SPANS = (("upperleg02", "lowerleg01"), ("lowerleg01", "foot"))
OVERBENT = np.deg2rad(12)
"""How far past straight a knee or an elbow may go."""
FULLY_BENT = np.deg2rad(155)


def possible(rotations: Float[np.ndarray, "j 3 3"]) -> bool:
    """Neither `collides` nor `overbends`."""
    return not overbends(rotations) and not collides(rotations)


def overbends(rotations: Float[np.ndarray, "j 3 3"]) -> bool:
    """A knee or an elbow is bent backwards, or further than flesh allows."""
    for bone, (axis, straight) in hinges().items():
        bend = float(Rotation.from_matrix(rotations[bone]).as_rotvec() @ axis)
        if not straight - OVERBENT <= bend <= straight + FULLY_BENT:
            return True
    return False


def collides(rotations: Float[np.ndarray, "j 3 3"]) -> bool:
    """An arm runs through torso, head or leg, or one leg through the other (thin stand-ins for the body's parts)."""
    model = body_model()
    turned, heads = model.kinematics(_adult(), rotations)
    places = dict(zip(model.bone_names, heads, strict=True))
    arms = np.concatenate([_along(places[f"{a}.{side}"], places[f"{b}.{side}"]) for side in "LR" for a, b in ARM_SPANS])
    chest = model.bone("spine02")
    inside = (arms - heads[chest]) @ (turned[chest] @ model.reference_orientations[chest].T)
    ellipse = ((inside[:, :2] / TORSO_RADII_M) ** 2).sum(1)
    low, high = TORSO_REACH_M
    if ((ellipse < 1) & (inside[:, 2] > low) & (inside[:, 2] < high)).any():
        return True
    skull = model.bone("head")
    centre = heads[skull] + turned[skull] @ model.reference_orientations[skull].T @ HEAD_CENTRE_M
    if _gap(arms, centre[None]) < HEAD_RADIUS_M:
        return True
    legs = [[_along(places[f"{a}.{side}"], places[f"{b}.{side}"]) for a, b in LEG_SPANS] for side in "LR"]
    left, right = (np.concatenate(spans) for spans in legs)
    if _gap(left, right) < LEG_GAP_M:
        return True
    hands = np.stack([places[f"finger3-1.{side}"] for side in "LR"])
    return _gap(hands, np.concatenate([left, right])) < LEG_GAP_M


@lru_cache(maxsize=1)
def hinges() -> dict[int, tuple[Float[np.ndarray, "3"], float]]:
    """Bone below each knee and elbow -> the hinge's axis (positive bends), and the angle about it that is straight."""
    model, places, found = body_model(), reference_heads(), {}
    for side in "LR":
        hip, knee, ankle = (places[f"{bone}.{side}"] for bone in ("upperleg01", "lowerleg01", "foot"))
        shoulder, elbow, wrist = (places[f"{bone}.{side}"] for bone in ("upperarm01", "lowerarm01", "wrist"))
        upper, lower = unit(elbow - shoulder), unit(wrist - elbow)
        bent = float(np.arccos(np.clip(upper @ lower, -1, 1)))
        found[model.bone(f"lowerarm01.{side}")] = (unit(np.cross(upper, lower)), -bent)
        thigh, shank = unit((knee - hip) * [0, 1, 1]), unit((ankle - knee) * [0, 1, 1])
        straight = -float(np.arctan2(np.cross(thigh, shank)[0], thigh @ shank))
        found[model.bone(f"lowerleg01.{side}")] = (np.array([1.0, 0.0, 0.0]), straight)
    return found


def _along(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return start + np.linspace(0.15, 1, 6)[:, None] * (end - start)


def _gap(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a[:, None] - b[None], axis=-1).min())


@lru_cache(maxsize=1)
def _adult() -> Rest:
    return body_model().rest(np.array(ADULT))
