"""Points in a picture -> first guesses of the body that shows them: each half of a limb towards the viewer or away.

A half of a limb that is shorter in the picture than it should be points out of the picture's plane, but not whether
towards the viewer or away. For the trunk every answer is returned; for each limb the one that strains the body least.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.transform import Rotation

from layerpose.estimation.fit_model import (
    CAMERA,
    CAMERA_COLUMNS,
    NUM_PARAMETERS,
    NUM_POSE,
    SHAPE_COLUMNS,
    group_columns,
)
from layerpose.estimation.fit_problem import SHAPE_MEAN, Problem, Skeleton, skeleton, unit
from layerpose.estimation.fit_start import LIMBS, TRUNK, align, place_camera, place_limb
from layerpose.estimation.targets import POINTS, point_row

HANGING = {
    "upperarm01": ((0.22, 0.05, -1.0), (0.1, -0.22, -1.0)),
    "upperleg01": ((0.09, -0.02, -1.0), (0.03, 0.05, -1.0)),
}
"""Where the halves of a limb that is not seen point, in the trunk's axes; x outwards."""
UPRIGHT = 0.92
"""A trunk that is seen at more than this share of its length is not tried leaning."""
ENDS = {"upperarm01": ("wrist", ("pinky", "index", "thumb")), "upperleg01": ("foot", ("heel", "toe"))}
"""The group at a limb's end and the points that show it."""
SCALE_RANK = 2
"""The scale is that of the half of a limb that looks second longest: one point may be wrong."""


def first_guesses(problem: Problem) -> list[Float[np.ndarray, "63"]]:
    """Parameters for each way in which the trunk may be turned. ValueError where no trunk is seen."""
    limbs, own = skeleton(problem.model), own_points(problem)
    seen = problem.evidence.visibility > 0
    flat = _complete_trunk(problem.evidence.points, seen, own)
    scale = _scale(flat, seen, own)
    return [_guess(problem, limbs, flat / scale, trunk, own) for trunk in _trunks(flat / scale, own)]


def own_points(problem: Problem) -> Float[np.ndarray, "p 3"]:
    """The points of the average body in its reference pose, in camera axes."""
    parameters = np.zeros(NUM_PARAMETERS)
    parameters[SHAPE_COLUMNS] = SHAPE_MEAN
    return problem.points(parameters[None])[0, : len(POINTS)]


def unseen_columns(seen: Bool[np.ndarray, "p"]) -> list[int]:
    """Columns of the parameters about which no seen point says anything."""
    names = [] if any(seen[point_row(name)] for name in ("nose", "left_ear", "right_ear")) else ["neck", "head"]
    if not any(seen[point_row(name)] for name in TRUNK[2:]):
        names.append("spine")
    for side, bone in product(("left", "right"), LIMBS):
        _, middle, last, lower, _ = LIMBS[bone]
        end, shown = ENDS[bone]
        letter = side[0].upper()
        gone = [f"{bone}.{letter}"] if not (seen[point_row(f"{side}_{middle}")]) else []
        gone += [f"{lower}.{letter}"] if not seen[point_row(f"{side}_{last}")] else []
        gone += [f"{end}.{letter}"] if not any(seen[point_row(f"{side}_{point}")] for point in shown) else []
        names += gone
    return [column for name in names for column in range(NUM_PARAMETERS)[group_columns(name)]]


def _rows(names: tuple[str, ...]) -> list[int]:
    return [point_row(name) for name in names]


def _complete_trunk(
    points: Float[np.ndarray, "p 2"], seen: Bool[np.ndarray, "p"], own: Float[np.ndarray, "p 3"]
) -> Float[np.ndarray, "p 2"]:
    """Shoulders and hips that are not seen where those that are would have them."""
    flat, (pairs) = points.copy(), (_rows(TRUNK[:2]), _rows(TRUNK[2:]))
    whole = [bool(seen[pair].all()) for pair in pairs]
    if not any(whole):
        raise ValueError("neither both shoulders nor both hips are given; expected the points of a person")
    for pair, other, is_whole in zip(pairs, pairs[::-1], whole, strict=True):
        if is_whole:
            continue
        ratio = float(np.linalg.norm(np.diff(own[pair], axis=0)) / np.linalg.norm(np.diff(own[other], axis=0)))
        across = ratio * (flat[other[0]] - flat[other[1]])
        if seen[pair].any():
            known = int(seen[pair[1]])
            flat[pair[1 - known]] = flat[pair[known]] + across * (1 if known else -1)
            continue
        length = float(np.linalg.norm(own[pairs[0]].mean(0) - own[pairs[1]].mean(0)))
        width = float(np.linalg.norm(np.diff(own[other], axis=0)))
        down = np.array([0, 1.0]) * length / width * np.linalg.norm(flat[other[0]] - flat[other[1]])
        middle = flat[other].mean(0) + (down if pair is pairs[1] else -down)
        flat[pair] = middle + np.array([[0.5], [-0.5]]) * across
    return flat


def _scale(flat: Float[np.ndarray, "p 2"], seen: Bool[np.ndarray, "p"], own: Float[np.ndarray, "p 3"]) -> float:
    """Fit units for a metre: no half of a limb looks longer than it is."""
    ends = [("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")]
    for side in ("left", "right"):
        ends.append((f"{side}_shoulder", f"{side}_hip"))
        for first, middle, last, _, _ in LIMBS.values():
            ends += [(f"{side}_{first}", f"{side}_{middle}"), (f"{side}_{middle}", f"{side}_{last}")]
    rows = [(point_row(a), point_row(b)) for a, b in ends]
    ratios = [
        np.linalg.norm(flat[a] - flat[b]) / np.linalg.norm(own[a] - own[b]) for a, b in rows if seen[[a, b]].all()
    ]
    return max(float(np.sort(ratios)[-min(SCALE_RANK, len(ratios))]), 1e-6)


def _trunks(flat: Float[np.ndarray, "p 2"], own: Float[np.ndarray, "p 3"]) -> Iterator[Float[np.ndarray, "4 3"]]:
    """Shoulders and hips in space, in metres: turned to either side, upright or leaning either way."""
    shoulders, hips = flat[_rows(TRUNK[:2])], flat[_rows(TRUNK[2:])]
    full = own[_rows(TRUNK)]
    widths = [float(np.linalg.norm(full[row] - full[row + 1])) for row in (0, 2)]
    turns = [_missing(pair[0] - pair[1], width) for pair, width in zip((shoulders, hips), widths, strict=True)]
    rise, length = shoulders.mean(0) - hips.mean(0), float(np.linalg.norm(full[:2].mean(0) - full[2:].mean(0)))
    lean = _missing(rise, length)
    leans = (0.0,) if np.linalg.norm(rise) > UPRIGHT * length else (0.0, -lean, lean)
    for side, depth in product((-1, 1), leans):
        z = [depth + side * turns[0] / 2, depth - side * turns[0] / 2, side * turns[1] / 2, -side * turns[1] / 2]
        yield np.column_stack([np.concatenate([shoulders, hips]), z])


def _missing(flat: Float[np.ndarray, "2"], length: float) -> float:
    """How far a line of this length reaches out of the plane."""
    return float(np.sqrt(max(length**2 - flat @ flat, 0)))


def _guess(
    problem: Problem,
    limbs: Skeleton,
    flat: Float[np.ndarray, "p 2"],
    trunk: Float[np.ndarray, "4 3"],
    own: Float[np.ndarray, "p 3"],
) -> Float[np.ndarray, "63"]:
    parameters = np.zeros(NUM_PARAMETERS)
    parameters[SHAPE_COLUMNS] = SHAPE_MEAN
    rows = _rows(TRUNK)
    root = align(own[rows] @ CAMERA, trunk @ CAMERA)
    parameters[group_columns("root")] = root.as_rotvec()
    space = np.column_stack([flat, np.zeros(len(flat))])
    space[rows] = trunk
    for side, bone in product(("left", "right"), LIMBS):
        parameters = _bend_limb(problem, limbs, parameters, root, space, side, bone, own)
    drawn = problem.points(parameters[None])[0, : len(POINTS), :2]
    parameters[CAMERA_COLUMNS] = place_camera(drawn, problem.evidence)
    return parameters


def _bend_limb(
    problem: Problem,
    limbs: Skeleton,
    parameters: Float[np.ndarray, "63"],
    root: Rotation,
    space: Float[np.ndarray, "p 3"],
    side: str,
    bone: str,
    own: Float[np.ndarray, "p 3"],
) -> Float[np.ndarray, "63"]:
    """The limb in the way, of up to four, that strains the body least."""
    rows = [point_row(f"{side}_{point}") for point in LIMBS[bone][:3]]
    seen = problem.evidence.visibility[rows] > 0
    hanging = [root.apply(unit(outwards(direction, side))) @ CAMERA.T for direction in HANGING[bone]]
    answers = []
    for signs in product((-1, 1), (-1, 1)):
        placed = space.copy()
        for half, sign in enumerate(signs):
            start, end = rows[half], rows[half + 1]
            length = float(np.linalg.norm(own[end] - own[start]))
            if seen[half + 1] and (seen[half] or half == 0):
                step = space[end, :2] - placed[start, :2]
                placed[end] = placed[start] + [*step, sign * _missing(step, length)]
            else:
                placed[end] = placed[start] + length * hanging[half]
        answer = parameters.copy()
        place_limb(answer, root, placed @ CAMERA, side, f"{bone}.{side[0].upper()}", limbs)
        answers.append(answer)
    return answers[int(_strain(problem, np.stack(answers)).argmin())]


def _strain(problem: Problem, answers: Float[np.ndarray, "b 63"]) -> Float[np.ndarray, "b"]:
    """How unusual poses are, whatever was seen of them."""
    points = problem.points(answers)[:, : len(POINTS)]
    terms = (
        problem.depth_term(points),
        answers[:, :NUM_POSE] @ problem.prior_matrix.T,
        problem.extension_term(answers),
    )
    return sum(((term.reshape(len(answers), -1) ** 2).sum(1) for term in terms), np.zeros(len(answers)))


def outwards(direction: tuple[float, float, float], side: str) -> Float[np.ndarray, "3"]:
    """A direction of `HANGING` for one side."""
    return np.array(direction) * [1 if side == "left" else -1, 1, 1]
