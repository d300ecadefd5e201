"""World landmarks -> first guess of the parameters: the trunk by alignment, each limb by two directions."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.estimation.fit_model import CAMERA, CAMERA_COLUMNS, NUM_PARAMETERS, SHAPE_COLUMNS, group_columns
from layerpose.estimation.fit_problem import SHAPE_MEAN, Evidence, Problem, Skeleton, skeleton, unit
from layerpose.estimation.targets import PITCH_DEG, POINTS, point_row

TRUNK = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
LIMBS = {
    "upperarm01": ("shoulder", "elbow", "wrist", "lowerarm01", 0.25),
    "upperleg01": ("hip", "knee", "ankle", "lowerleg01", 0.45),
}
"""Three points, the lower group, and how bent (sine) the limb must be for its hinge to be seen."""


def upright(world: Float[np.ndarray, "33 3"]) -> Float[np.ndarray, "33 3"]:
    """Take out the lean of MediaPipe's world landmarks, which people who face the camera show fully."""
    across = unit(world[11] - world[12])
    down = unit(world[23] + world[24] - world[11] - world[12])
    angle = -np.deg2rad(PITCH_DEG) * np.clip(np.cross(across, down)[2], 0, 1)
    return world @ Rotation.from_rotvec([angle, 0, 0]).as_matrix().T


def start(problem: Problem, world: Float[np.ndarray, "p 3"]) -> Float[np.ndarray, "63"]:
    """A first guess from the world landmarks of `targets.POINTS`, in camera axes."""
    limbs = skeleton(problem.model)
    seen = world @ CAMERA
    """In body axes."""
    parameters = np.zeros(NUM_PARAMETERS)
    parameters[SHAPE_COLUMNS] = SHAPE_MEAN
    rows = [point_row(name) for name in TRUNK]
    own = problem.points(parameters[None])[0] @ CAMERA
    root = align(own[rows], seen[rows])
    parameters[group_columns("root")] = root.as_rotvec()
    for side, letter in (("left", "L"), ("right", "R")):
        for bone in LIMBS:
            place_limb(parameters, root, seen, side, f"{bone}.{letter}", limbs)
    drawn = problem.points(parameters[None])[0, : len(POINTS), :2]
    parameters[CAMERA_COLUMNS] = place_camera(drawn, problem.evidence)
    return parameters


def align(own: Float[np.ndarray, "n 3"], seen: Float[np.ndarray, "n 3"]) -> Rotation:
    """The turn that takes points, about their middle, nearest to others."""
    return Rotation.align_vectors(seen - seen.mean(0), own - own.mean(0))[0]


def place_limb(
    parameters: Float[np.ndarray, "63"],
    root: Rotation,
    seen: Float[np.ndarray, "p 3"],
    side: str,
    name: str,
    limbs: Skeleton,
) -> None:
    """Turn the upper segment, with its hinge where that can be seen, then bend the lower one."""
    first, middle, last, joint, threshold = LIMBS[name.split(".")[0]]
    a, b, c = (seen[point_row(f"{side}_{point}")] for point in (first, middle, last))
    upper, lower = root.inv().apply(unit(b - a)), root.inv().apply(unit(c - b))
    bent = np.cross(upper, lower)
    if np.linalg.norm(bent) > threshold:
        turn = Rotation.align_vectors(
            [upper, unit(bent)], [limbs.upper[name], limbs.hinge[name]], weights=[1000.0, 1.0]
        )[0]
    else:
        turn = _swing(limbs.upper[name], upper)
    parameters[group_columns(name)] = turn.as_rotvec()
    parameters[group_columns(f"{joint}.{name[-1]}")] = _swing(limbs.lower[name], turn.inv().apply(lower)).as_rotvec()


def _swing(start: Float[np.ndarray, "3"], end: Float[np.ndarray, "3"]) -> Rotation:
    """The shortest rotation between two directions."""
    axis = np.cross(start, end)
    angle = np.arctan2(np.linalg.norm(axis), start @ end)
    return Rotation.from_rotvec(unit(axis) * angle)


def place_camera(own: Float[np.ndarray, "p 2"], evidence: Evidence) -> Float[np.ndarray, "3"]:
    """log(scale), x, y by weighted least squares."""
    weight = evidence.visibility[:, None] ** 2 / np.array([[point.sigma] for point in POINTS])
    own_centre = (weight * own).sum(0) / weight.sum()
    seen_centre = (weight * evidence.points).sum(0) / weight.sum()
    relative = own - own_centre
    scale = (weight * relative * (evidence.points - seen_centre)).sum() / (weight * relative**2).sum()
    scale = max(scale, 1e-3)
    return np.array([np.log(scale), *(seen_centre - scale * own_centre)])
