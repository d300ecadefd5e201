"""HumanML3D's 263 numbers of a frame -> places of its 22 joints.

They are: the root's turn about the vertical, its step in its own axes (x, z) and its height; 21 joints from the root in
its axes; 21 rotations, 22 velocities and 4 contacts, which are not needed.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

FEATURES = 263
FPS = 20.0
"""Frames a second of HumanML3D and of what is trained on it."""
NUM_JOINTS = 22


def features_to_places(features: Float[np.ndarray, "t 263"]) -> Float[np.ndarray, "t 22 3"]:
    """Places in metres, y up; the first frame's root stands at the origin and faces z."""
    features = features.astype(np.float64)
    angles = -2 * np.cumsum(np.concatenate([[0.0], features[:-1, 0]]))
    root = np.zeros((len(features), 3))
    root[1:, [0, 2]] = features[:-1, 1:3]
    root = np.cumsum(_turn(root, angles), axis=0)
    root[:, 1] = features[:, 3]
    joints = features[:, 4 : 4 + 3 * (NUM_JOINTS - 1)].reshape(len(features), -1, 3)
    joints = _turn(joints, angles[:, None]) + root[:, None] * [1, 0, 1]
    return np.concatenate([root[:, None], joints], axis=1)


def _turn(points: Float[np.ndarray, "..."], angles: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Turn about y."""
    x, y, z = np.moveaxis(points, -1, 0)
    cosine, sine = np.cos(angles), np.sin(angles)
    return np.stack([cosine * x + sine * z, y, cosine * z - sine * x], axis=-1)
