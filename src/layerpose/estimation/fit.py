"""Landmarks and mask -> fitted body: landmarks first, then the shape, then the outline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from threadpoolctl import threadpool_limits

from layerpose.estimation.fit_model import CAMERA_COLUMNS, NUM_POSE, SHAPE_COLUMNS, fit_model
from layerpose.estimation.fit_problem import Evidence, Problem, unit
from layerpose.estimation.fit_solver import EVERYTHING, POSE, minimise
from layerpose.estimation.fit_start import start, upright
from layerpose.estimation.fit_unseen import believe_directions, complete_limbs, known_points
from layerpose.estimation.frame import believe
from layerpose.estimation.landmarks import Landmarks
from layerpose.estimation.lifting import unseen_columns
from layerpose.estimation.outline import Matcher, Outline, fronts, outline_of, overlap, seen_vertices
from layerpose.estimation.targets import DIRECTIONS, POINTS, point_row
from layerpose.types import Body, Camera, Pose

POSE_STEPS, SHAPE_STEPS = 25, 10
ORDER_ROUNDS, ORDER_STEPS = 2, 5
OUTLINE_ROUNDS, OUTLINE_STEPS = 5, 2
WORST_REPROJECTION = 0.04
WORST_OVERLAP = 0.6
LEAST_STATURE = 0.3
"""As a share of the landmarks' extent; a body that comes out smaller is nonsense, and is refused by its figures."""
CLEAR = 0.5
"""Landmarks with a greater visibility count in the reprojection error."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A body that explains a photo; its camera maps to pixels of the photo until `placed` puts it on a canvas."""

    body: Body
    reprojection: float
    """Mean distance between visible landmarks and the body's own points, as a share of the stature."""
    overlap: float
    """Intersection over union of mask and body."""
    points: Float[np.ndarray, "27 2"]
    """Where the body puts the points of `targets.POINTS`, in pixels of the photo."""


def fit_body(landmarks: Landmarks, phenotype: Float[np.ndarray, "6"] | None = None) -> Fit:
    """Fit the body, or with a phenotype its pose and camera only; ValueError if the result does not hold."""
    with threadpool_limits(1, user_api="blas"):  # the matrices are so small that a second thread only gets in the way
        fit = solve(landmarks, phenotype)
    if fit.reprojection > WORST_REPROJECTION or fit.overlap < WORST_OVERLAP:
        raise ValueError(
            f"the body could not be fitted: it misses the person's landmarks by {fit.reprojection:.1%} of the stature "
            f"(at most {WORST_REPROJECTION:.0%} is usable) and its outline agrees by {fit.overlap:.0%} (at least "
            f"{WORST_OVERLAP:.0%}); use a photo of one whole person with nothing in front, in closer-fitting clothes"
        )
    return fit


def solve(landmarks: Landmarks, phenotype: Float[np.ndarray, "6"] | None = None) -> Fit:
    """The three stages: pose and camera; with shape, unless it is given; with the outline of the mask."""
    rows = [point.landmark for point in POINTS]
    world = upright(landmarks.world)[rows]
    unit_px = float(np.ptp(landmarks.image[rows, :2], axis=0).max())
    sureness = believe_directions(landmarks)
    evidence = Evidence(
        points=landmarks.image[rows, :2] / unit_px,
        directions=directions_of(world),
        visibility=believe(landmarks)[rows],
        sureness=sureness,
        held=landmarks.held[rows],
        face=None if landmarks.face is None else landmarks.face / unit_px,
    )
    problem = Problem(model=fit_model(), evidence=evidence, stature=1.0)
    known = known_points(evidence.visibility, sureness)
    still = unseen_columns(known)
    parameters = complete_limbs(problem, start(problem, world), world, known)
    pose, free = np.setdiff1d(POSE, still), np.setdiff1d(EVERYTHING, still)
    if phenotype is not None:
        parameters[SHAPE_COLUMNS], free = phenotype, pose
    problem.stature = stature_of(parameters)
    outline = outline_of(landmarks.mask, unit_px, max(problem.stature, LEAST_STATURE))
    parameters = minimise(problem, parameters, pose, num_steps=POSE_STEPS)
    for _ in range(ORDER_ROUNDS):
        _look(problem, parameters, outline, follow=False)
        parameters = minimise(problem, parameters, pose, num_steps=ORDER_STEPS)
    problem.stature = stature_of(parameters)
    parameters = minimise(problem, parameters, free, num_steps=SHAPE_STEPS)
    for _ in range(OUTLINE_ROUNDS):
        problem.stature = stature_of(parameters)
        _look(problem, parameters, outline, follow=True)
        parameters = minimise(problem, parameters, free, num_steps=OUTLINE_STEPS)
    problem.stature = stature_of(parameters)
    return _finish(problem, parameters, outline, unit_px)


def _look(problem: Problem, parameters: Float[np.ndarray, "63"], outline: Outline, *, follow: bool) -> None:
    """Draw the body; see which joints it hides that the photo shows and, on demand, how its outline runs."""
    vertices, scale = _vertices(parameters), float(np.exp(parameters[CAMERA_COLUMNS.start]))
    buffers = matcher().draw(vertices, outline)
    body = (buffers.nearest().part >= 0).numpy()
    hidden = fronts(buffers, outline, problem.evidence, problem.points(parameters[None])[0, : len(POINTS)], scale)
    problem.match(matcher().match(vertices, body, outline) if follow else None, hidden)


def _finish(problem: Problem, parameters: Float[np.ndarray, "63"], outline: Outline, unit_px: float) -> Fit:
    problem.match(None)
    scale, translation = np.exp(parameters[CAMERA_COLUMNS.start]), parameters[CAMERA_COLUMNS][1:]
    points = scale * problem.points(parameters[None])[0, : len(POINTS), :2] + translation
    errors = np.linalg.norm(points - problem.evidence.points, axis=-1) / problem.stature
    body = Body(
        phenotype=torch.as_tensor(parameters[SHAPE_COLUMNS]),
        pose=Pose(rotations=torch.as_tensor(fit_model().rotations(parameters[:NUM_POSE]))),
        camera=Camera(
            scale=float(scale * unit_px), translation=(float(translation[0] * unit_px), float(translation[1] * unit_px))
        ),
    )
    clear = problem.evidence.visibility > CLEAR
    covered = matcher().draw(_vertices(parameters), outline).nearest().part.numpy() >= 0
    return Fit(
        body=body,
        reprojection=float(errors[clear].mean() if clear.any() else errors.mean()),
        overlap=overlap(covered & outline.photo, outline.mask),
        points=points * unit_px,
    )


def directions_of(world: Float[np.ndarray, "p 3"]) -> Float[np.ndarray, "d 3"]:
    """The directions of `targets.DIRECTIONS` between points in space."""
    starts = [point_row(direction.start) for direction in DIRECTIONS]
    ends = [point_row(direction.end) for direction in DIRECTIONS]
    return unit(world[ends] - world[starts])


def stature_of(parameters: Float[np.ndarray, "63"]) -> float:
    """The body's height in fit units."""
    metres = fit_model().shapes(parameters[None, SHAPE_COLUMNS]).stature[0]
    return float(metres * np.exp(parameters[CAMERA_COLUMNS.start]))


def _vertices(parameters: Float[np.ndarray, "63"]) -> Float[np.ndarray, "v 3"]:
    """The mesh with x and y in fit units and z to the same scale."""
    model = fit_model()
    vertices = seen_vertices(model.model, parameters[SHAPE_COLUMNS], model.rotations(parameters[:NUM_POSE]))
    vertices *= np.exp(parameters[CAMERA_COLUMNS.start])
    vertices[:, :2] += parameters[CAMERA_COLUMNS][1:]
    return vertices


@lru_cache(maxsize=1)
def matcher() -> Matcher:
    """The outline matcher of the body model."""
    return Matcher(fit_model())
