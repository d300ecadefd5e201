"""Points of a body -> how unusual its posture is in depth: what the fit goes by where only a picture's plane is known.

Trunks are upright, thighs and arms go forwards rather than backwards. All of it is weak: what is seen wins.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from layerpose.estimation.targets import point_row

LEAN_SIGMA = 0.3
"""Usual lean of the trunk towards the viewer or away, as the sine of the angle."""
TILT_SIGMA = 1.0
"""The same in the plane of the picture, where the points themselves say more."""
BACKWARDS = (
    ("hip", "knee", 0.35, 5.0),
    ("shoulder", "elbow", 0.55, 3.0),
    ("elbow", "wrist", 0.10, 1.2),
)
"""Ends of a limb's half, how far backwards it goes with ease (cosine to the trunk's back), and a weight beyond that."""
FORWARDS_WEIGHT = 0.25
"""Of two guesses that are alike otherwise, the one that goes forwards."""

_STARTS, _ENDS = (
    np.array([[point_row(f"{side}_{row[end]}") for row in BACKWARDS] for side in ("left", "right")]) for end in (0, 1)
)
_EASE, _WEIGHT = (np.array([row[column] for row in BACKWARDS]) for column in (2, 3))
_HIPS, _SHOULDERS = (tuple(point_row(f"{side}_{name}") for side in ("left", "right")) for name in ("hip", "shoulder"))


def posture(points: Float[np.ndarray, "b p 3"]) -> Float[np.ndarray, "b r"]:
    """Residuals of points in camera axes, as rows of `targets.POINTS`."""
    up, back = trunk_axes(points)
    halves = _unit(points[:, _ENDS] - points[:, _STARTS])
    backwards = (halves * back[:, None, None]).sum(-1)
    strained = _WEIGHT * np.maximum(backwards - _EASE, 0)
    tilt = np.stack([up[:, 2] / LEAN_SIGMA, up[:, 0] / TILT_SIGMA], axis=1)
    forwards = FORWARDS_WEIGHT * (1 + backwards)
    return np.concatenate([tilt, strained.reshape(len(points), -1), forwards.reshape(len(points), -1)], axis=1)


def trunk_axes(points: Float[np.ndarray, "b p 3"]) -> tuple[Float[np.ndarray, "b 3"], Float[np.ndarray, "b 3"]]:
    """Where the trunk's top and its back look, in camera axes."""
    across = points[:, _HIPS[0]] - points[:, _HIPS[1]] + points[:, _SHOULDERS[0]] - points[:, _SHOULDERS[1]]
    up = points[:, _SHOULDERS].mean(1) - points[:, _HIPS].mean(1)
    return _unit(up), _unit(np.cross(up, across))


def _unit(vectors: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
