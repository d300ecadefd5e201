"""Poses that follow each other -> Motion: the pelvis goes where it must so that the foot on the floor stays there."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import Rest, body_model
from layerpose.motion.performer import leg_length
from layerpose.motion.posing import ADULT
from layerpose.types import Motion

SOLE = ("foot", "toe2-1", "toe2-2")
"""Bones whose heads stand for heel, ball and tip of a foot."""
SOFT = 0.01
"""Difference in height, in leg lengths, over which one point of the sole takes over from another."""


def plant(
    rotations: Float[np.ndarray, "t j 3 3"], *, fps: float, lifts: Float[np.ndarray, "t"], turns: float = 0.0
) -> Motion:
    """Let the lower foot carry the body; `lifts` says how far it is above the floor, in leg lengths.

    `turns` full turns about the vertical are spread evenly over the motion. While nothing stands, the body goes on as
    fast as it went on average.
    """
    rest = body_model().rest(np.array(ADULT))
    yaws = Rotation.from_euler("z", (np.arange(len(rotations)) / len(rotations) * 2 * np.pi * turns)[:, None])
    turned = rotations.copy()
    turned[:, 0] = yaws.as_matrix() @ rotations[:, 0]
    soles, ankles = _feet(rest, turned)
    soles, ankles = soles / leg_length(rest), ankles / leg_length(rest)
    rise = _rise(rest) / leg_length(rest)
    heights = soles[..., 2] - rise
    lowest = heights.min(1)
    weights = np.exp(-(heights - lowest[:, None]) / SOFT)
    weights /= weights.sum(1, keepdims=True)
    path = np.zeros((len(rotations), 3))
    path[:, 2] = lifts - lowest
    steps = -np.einsum("ts,tsa->ta", (weights[1:] + weights[:-1]) / 2, np.diff(soles[..., :2], axis=0))
    flying = np.maximum(lifts[1:], lifts[:-1]) > 0
    if flying.any():
        steps[flying] = steps[~flying].mean(0)
    path[1:, :2] = np.cumsum(steps, axis=0)
    return Motion(
        rotations=torch.from_numpy(turned.astype(np.float32)),
        path=torch.from_numpy(path.astype(np.float32)),
        ankles=torch.from_numpy((path[:, None] + ankles).astype(np.float32)),
        fps=fps,
    )


def _feet(
    rest: Rest, rotations: Float[np.ndarray, "t j 3 3"]
) -> tuple[Float[np.ndarray, "t 6 3"], Float[np.ndarray, "t 2 3"]]:
    """Points of both soles, and the ankles, relative to the pelvis, in metres."""
    model = body_model()
    soles = [model.bone(f"{bone}.{side}") for side in "LR" for bone in SOLE]
    _, heads = model.kinematics(rest, rotations)
    return heads[:, soles], heads[:, [model.bone("foot.L"), model.bone("foot.R")]]


def _rise(rest: Rest) -> Float[np.ndarray, "6"]:
    """How far each point of the soles is above the floor when the body stands, in metres."""
    model = body_model()
    soles, _ = _feet(rest, np.tile(np.eye(3), (1, len(model.bone_names), 1, 1)))
    return soles[0, :, 2] - rest.vertices[model.skin, 2].min() + rest.heads[0, 2]
