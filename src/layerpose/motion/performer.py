"""Motion + the body that performs it -> where its pelvis goes, so that its own feet stand where the motion's do.

Steps are scaled by the length of the legs. What is left (another ratio of thigh to shin, other hips) would make planted
feet slide and sink; the pelvis is moved by the error of the lower foot, so that it does what it does in the motion.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int

from layerpose.body.model import Rest, body_model, skin
from layerpose.types import Body, Motion

LEG = ("upperleg01", "lowerleg01", "foot")
HANDOVER = 0.06
"""Difference in height of the ankles, in leg lengths, over which the weight passes from one foot to the other."""
EVERY = 12
"""One skin vertex in so many stands for the body when only its extent is asked for."""


def find_path(motion: Motion, rest: Rest) -> Float[np.ndarray, "t 3"]:
    """The pelvis's place in every frame, in metres and body axes."""
    leg = leg_length(rest)
    path = motion.path.double().numpy() * leg
    if motion.ankles is None:
        return path
    wanted = motion.ankles.double().numpy() * leg
    error = wanted - (path[:, None] + ankles_of(motion, rest))
    lower = 1 / (1 + np.exp((wanted[:, 0, 2] - wanted[:, 1, 2]) / (HANDOVER * leg / 4)))
    """Share of the left foot."""
    return path + lower[:, None] * error[:, 0] + (1 - lower[:, None]) * error[:, 1]


def ankles_of(motion: Motion, rest: Rest) -> Float[np.ndarray, "t 2 3"]:
    """Left and right ankle relative to the pelvis, in metres."""
    model = body_model()
    feet = [model.bone("foot.L"), model.bone("foot.R")]
    return np.stack([model.kinematics(rest, turns)[1][feet] for turns in motion.rotations.double().numpy()])


def leg_length(rest: Rest) -> float:
    """Hip to knee to ankle of the left leg, in metres."""
    model = body_model()
    hip, knee, ankle = (rest.heads[model.bone(f"{bone}.L")] for bone in LEG)
    return float(np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee))


def extent(motion: Motion, rest: Rest, frame: int) -> Float[np.ndarray, "n 3"]:
    """Some points of the skin in a frame, relative to the pelvis; enough to know how far the body reaches."""
    model = body_model()
    turned, heads = model.kinematics(rest, motion.rotations[frame].double().numpy())
    linear = turned @ rest.orientations.transpose(0, 2, 1)
    transforms = np.tile(np.eye(4), (len(heads), 1, 1))
    transforms[:, :3, :3] = linear
    transforms[:, :3, 3] = heads - np.einsum("jab,jb->ja", linear, rest.heads)
    some = _some_skin()
    return skin(rest.vertices[some], model.weights[some], transforms)


def rest_of(body: Body) -> Rest:
    """The shape of a body before posing."""
    return body_model().rest(body.phenotype.double().numpy())


@lru_cache(maxsize=1)
def _some_skin() -> Int[np.ndarray, "n"]:
    model = body_model()
    skin_vertices = model.skin
    corners = np.concatenate([model.template[skin_vertices].argmin(0), model.template[skin_vertices].argmax(0)])
    return np.unique(np.concatenate([skin_vertices[::EVERY], skin_vertices[corners]]))
