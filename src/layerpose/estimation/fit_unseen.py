"""Limbs that a photo does not show -> where habit has them: arms hang, legs stand, shins below raised thighs hang."""

from __future__ import annotations

from itertools import product

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.transform import Rotation

from layerpose.estimation.fit_model import CAMERA, group_columns
from layerpose.estimation.fit_problem import Problem, skeleton, unit
from layerpose.estimation.fit_start import LIMBS, place_limb
from layerpose.estimation.frame import believe, shown_share
from layerpose.estimation.landmarks import Landmarks
from layerpose.estimation.lifting import HANGING, outwards
from layerpose.estimation.targets import DIRECTIONS, POINTS, point_row

LEAST_SHOWN = 0.35
"""Share of a limb's half that the photo must show to tell where it points."""
UPRIGHT = 0.5
"""Of a trunk that leans less (cosine to the vertical) the legs hang in its own direction."""
HANGS = 0.5
"""A forearm that goes down more than this (cosine) may as well hang."""
BACKWARDS = 0.3
"""A thigh that goes further back than this (cosine to the trunk's back) has the shin behind it."""


def believe_directions(landmarks: Landmarks) -> Float[np.ndarray, "d"]:
    """How surely the photo shows each of `targets.DIRECTIONS`: by its ends, and by how much of it lies in the photo."""
    inside = believe(landmarks) > 0
    found = []
    for direction in DIRECTIONS:
        ends = [POINTS[point_row(name)].landmark for name in (direction.start, direction.end)]
        share = shown_share(landmarks, *ends) if not inside[ends].all() else 1.0
        sure = min((landmarks.visibility[end] for end in ends if inside[end]), default=0.0)
        found.append(float(sure) * share**2 if share >= LEAST_SHOWN else 0.0)
    return np.array(found)


def known_points(visibility: Float[np.ndarray, "p"], directions: Float[np.ndarray, "d"]) -> Bool[np.ndarray, "p"]:
    """Points of which something is known: their places, or the direction of the limb that ends there."""
    known = visibility > 0
    limbs = {name for first, middle, last, _, _ in LIMBS.values() for name in ((first, middle), (middle, last))}
    for direction, sure in zip(DIRECTIONS, directions, strict=True):
        start, end = (name.partition("_")[2] for name in (direction.start, direction.end))
        if (start, end) in limbs and sure > 0:
            known[point_row(direction.end)] = True
    return known


def complete_limbs(
    problem: Problem,
    parameters: Float[np.ndarray, "63"],
    world: Float[np.ndarray, "p 3"],
    known: Bool[np.ndarray, "p"],
) -> Float[np.ndarray, "63"]:
    """A first guess with the limbs of which nothing is known where habit has them. `world` is in camera axes."""
    limbs, out = skeleton(problem.model), parameters.copy()
    root = Rotation.from_rotvec(parameters[group_columns("root")])
    for side, bone in product(("left", "right"), LIMBS):
        first, middle, last = (point_row(f"{side}_{name}") for name in LIMBS[bone][:3])
        if known[[middle, last]].all():
            continue
        placed = world @ CAMERA
        habit = _habit(bone, side, root)
        if not known[middle]:
            placed[middle] = placed[first] + habit[0]
        if not known[last] and not (known[middle] and bone == "upperarm01" and _is_aside(placed, middle, last)):
            placed[last] = placed[middle] + _lower(bone, unit(placed[middle] - placed[first]), habit[1], root)
        place_limb(out, root, placed, side, f"{bone}.{side[0].upper()}", limbs)
    return out


def _habit(bone: str, side: str, root: Rotation) -> list[Float[np.ndarray, "3"]]:
    """Where both halves of a limb point, in body axes: arms by the trunk; legs stand, unless the trunk lies."""
    own = [unit(outwards(direction, side)) for direction in HANGING[bone]]
    if bone == "upperleg01" and root.apply([0, 0, 1])[2] > UPRIGHT:
        ahead = root.apply([0, -1, 0])
        root = Rotation.from_euler("z", np.arctan2(ahead[0], -ahead[1]))
    return [root.apply(direction) for direction in own]


def _is_aside(placed: Float[np.ndarray, "p 3"], elbow: int, wrist: int) -> bool:
    """Whether a forearm does not go down: it then leaves the photo at another edge, and the network saw which."""
    return unit(placed[wrist] - placed[elbow])[2] > -HANGS


def _lower(
    bone: str, upper: Float[np.ndarray, "3"], habit: Float[np.ndarray, "3"], root: Rotation
) -> Float[np.ndarray, "3"]:
    """Where the lower half points: as habit has it, but no knee bends forwards."""
    return upper if bone == "upperleg01" and upper @ root.apply([0, 1, 0]) > BACKWARDS else habit
