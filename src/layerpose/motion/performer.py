"""Motion + the body that performs it -> the same motion with that body's pelvis path and legs.

Steps are scaled by the length of the legs. What is left (another ratio of thigh to shin, other hips) would make
planted feet slide and sink. The pelvis is moved by what both feet are off on average, smoothly in time, so that it
never jumps; the legs are bent and swung for the rest. So every ankle does what it does in the motion.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d

from layerpose.body.model import Rest, body_model, skin
from layerpose.motion.legs import LEG, STRAIGHT, reach
from layerpose.types import Body, Motion

SETTLING_S = 0.2
"""Seconds over which the pelvis goes where both feet want it, and over which it sinks for a step that is too long."""
EVERY = 12
"""One skin vertex in so many stands for the body when only its extent is asked for."""


def perform(motion: Motion, rest: Rest) -> Motion:
    """The motion as a body of this shape performs it; unchanged where the places of the ankles are not known."""
    if motion.ankles is None:
        return motion
    leg = leg_length(rest)
    rotations, path = motion.rotations.double().numpy(), motion.path.double().numpy() * leg
    wanted = motion.ankles.double().numpy() * leg
    off = (wanted - path[:, None] - ankles_of(motion, rest)).mean(1)
    path = path + gaussian_filter1d(off, SETTLING_S * motion.fps, axis=0, mode="nearest")
    path[:, 2] -= _sink(motion, rest, wanted - path[:, None])
    reached = reach(rotations, wanted - path[:, None], rest)
    return replace(
        motion,
        rotations=torch.from_numpy(reached.astype(np.float32)),
        path=torch.from_numpy((path / leg).astype(np.float32)),
    )


def _sink(motion: Motion, rest: Rest, ankles: Float[np.ndarray, "t 2 3"]) -> Float[np.ndarray, "t"]:
    """By how much the pelvis has to be lowered so that both legs reach their ankles, in metres, smoothly in time."""
    hips = _heads_of(motion, rest, LEG[0])
    far = STRAIGHT * leg_length(rest)
    low = np.sqrt(np.maximum(far**2 - ((ankles - hips)[..., :2] ** 2).sum(-1), 0))
    missing = np.maximum((hips - ankles)[..., 2] - low, 0).max(1)
    window = 2 * round(SETTLING_S * motion.fps) + 1
    return uniform_filter1d(uniform_filter1d(maximum_filter1d(missing, 2 * window - 1), window), window)


def ankles_of(motion: Motion, rest: Rest) -> Float[np.ndarray, "t 2 3"]:
    """Left and right ankle relative to the pelvis, in metres."""
    return _heads_of(motion, rest, LEG[-1])


def _heads_of(motion: Motion, rest: Rest, bone: str) -> Float[np.ndarray, "t 2 3"]:
    """Heads of the left and the right bone relative to the pelvis, in metres."""
    model = body_model()
    both = [model.bone(f"{bone}.{side}") for side in "LR"]
    return model.kinematics(rest, motion.rotations.double().numpy())[1][:, both]


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
