"""The relaxed hand: photos do not tell the fingers, and the reference pose spreads them stiffly."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import BodyModel, body_model

CLOSING = 0.7
"""How far each finger is turned towards the middle finger, as a share of the angle between them."""
BENDS_DEG = {"2": 6.0, "3": 8.0, "4": 10.0, "5": 12.0}
"""Bend of each joint of the fingers from index to little finger; the thumb rests."""


@lru_cache(maxsize=1)
def relaxed_fingers() -> dict[int, Float[np.ndarray, "3 3"]]:
    """Rotation of each finger bone relative to its parent."""
    model = body_model()
    rest = model.rest(np.array([0.5, 0.67, 0.5, 0.5, 0.5, 0.5]))
    _, heads = model.kinematics(rest, np.tile(np.eye(3), (len(model.parents), 1, 1)))
    rotations = {}
    for side in ("L", "R"):
        middle = _along("3", side, model, heads)
        across = heads[model.bone(f"finger5-1.{side}")] - heads[model.bone(f"finger2-1.{side}")]
        axis = across - (across @ middle) * middle
        axis /= np.linalg.norm(axis)
        """Through the knuckles; the palm lies on one side of the plane that it spans with the fingers."""
        sign = -1.0 if side == "R" else 1.0
        for finger, bend in BENDS_DEG.items():
            along = _along(finger, side, model, heads)
            closing = np.cross(along, middle)
            closing *= CLOSING * np.arcsin(np.linalg.norm(closing)) / max(np.linalg.norm(closing), 1e-9)
            bending = Rotation.from_rotvec(sign * np.deg2rad(bend) * axis)
            rotations[model.bone(f"finger{finger}-1.{side}")] = (bending * Rotation.from_rotvec(closing)).as_matrix()
            for joint in (2, 3):
                rotations[model.bone(f"finger{finger}-{joint}.{side}")] = bending.as_matrix()
    return rotations


def _along(finger: str, side: str, model: BodyModel, heads: Float[np.ndarray, "j 3"]) -> Float[np.ndarray, "3"]:
    step = heads[model.bone(f"finger{finger}-3.{side}")] - heads[model.bone(f"finger{finger}-1.{side}")]
    return step / np.linalg.norm(step)
