"""Joints of many pictures -> the keyframes: pictures whose poses lie far apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from layerpose.data.footage.watch import Sight

LEAST_APART_M = 0.03
"""Two keyframes of one person differ at least by this, on average over the joints."""


def choose_keyframes(sights: Sequence[Sight], most: int) -> list[Sight]:
    """Farthest first: each next keyframe is the one farthest from all before, until none is far or all are there."""
    seen = [sight for sight in sights if not sight.problem]
    if not seen:
        return []
    joints = np.stack([sight.joints for sight in seen if sight.joints is not None])
    chosen = [int(distances(joints, joints.mean(0)).argmin())]
    nearest = distances(joints, joints[chosen[0]])
    while len(chosen) < min(most, len(seen)) and nearest.max() >= LEAST_APART_M:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, distances(joints, joints[chosen[-1]]))
    return [seen[row] for row in chosen]


def distances(joints: Float[np.ndarray, "n p 3"], other: Float[np.ndarray, "p 3"]) -> Float[np.ndarray, "n"]:
    """Mean distance of the joints of each pose from those of another, in metres."""
    return np.linalg.norm(joints - other, axis=2).mean(1)
