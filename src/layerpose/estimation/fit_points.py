"""Points in a picture -> fitted body, without the picture: no mask, and mostly without depth.

Where directions in space are given with the points (MediaPipe) they are used as for a photo. Where not, a person who
turns towards the viewer and one who turns away look alike: several first guesses are followed, and the one that
explains the points with the least strain wins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from threadpoolctl import threadpool_limits

from layerpose.estimation.fit import CLEAR, directions_of, stature_of
from layerpose.estimation.fit_model import CAMERA_COLUMNS, NUM_POSE, SHAPE_COLUMNS, fit_model
from layerpose.estimation.fit_problem import Evidence, Problem
from layerpose.estimation.fit_solver import EVERYTHING, POSE, minimise
from layerpose.estimation.fit_start import start, upright
from layerpose.estimation.lifting import first_guesses, unseen_columns
from layerpose.estimation.targets import POINTS
from layerpose.types import Body, Camera, Pose

FEWEST = 6
"""Points of a person; of fewer no pose is made."""
FIRST_STEPS, POSE_STEPS, SHAPE_STEPS = 6, 20, 8
WORST_REPROJECTION = 0.12
"""As a share of the stature. Skeletons that were drawn by hand are far from any body; beyond this it is another one."""


@dataclass(frozen=True, kw_only=True)
class SeenPoints:
    """One person's points in a picture, in the order of MediaPipe's 33."""

    points: Float[np.ndarray, "33 2"]
    """In pixels, or any other unit that is the same across and down."""
    visibility: Float[np.ndarray, "33"]
    """0..1; 0: not seen."""
    world: Float[np.ndarray, "33 3"] | None = None
    """In metres and camera axes, where known."""


@dataclass(frozen=True, kw_only=True)
class PointFit:
    """A body that explains points; its camera maps to their pixels."""

    body: Body
    reprojection: float
    """Mean distance between the points and the body's own, as a share of the stature."""
    points: Float[np.ndarray, "27 2"]
    """Where the body puts the points of `targets.POINTS`, in pixels."""
    parameters: Float[np.ndarray, "63"]
    """Of the fit; the camera in pixels."""


def fit_points(
    seen: SeenPoints, phenotype: Float[np.ndarray, "6"] | None = None, before: Float[np.ndarray, "63"] | None = None
) -> PointFit:
    """Fit the body, or with a phenotype its pose and camera only; `before`, of the frame before, is another guess.

    ValueError where there are too few points, or no body has them.
    """
    rows = [point.landmark for point in POINTS]
    visible = seen.visibility[rows] > 0
    if visible.sum() < FEWEST:
        raise ValueError(f"{int(visible.sum())} points of the person are given; expected {FEWEST} or more")
    with threadpool_limits(1, user_api="blas"):
        fit = _solve(seen, phenotype, before)
    if not fit.reprojection < WORST_REPROJECTION:
        raise ValueError(
            f"no body has these points: they are missed by {fit.reprojection:.0%} of the stature (at most "
            f"{WORST_REPROJECTION:.0%} is usable); expected the points of one person, left and right its own"
        )
    return fit


def _solve(
    seen: SeenPoints, phenotype: Float[np.ndarray, "6"] | None, before: Float[np.ndarray, "63"] | None
) -> PointFit:
    rows = [point.landmark for point in POINTS]
    points, visibility = seen.points[rows], seen.visibility[rows]
    unit_px = max(float(np.ptp(points[visibility > 0], axis=0).max()), 1e-6)
    world = None if seen.world is None else upright(seen.world)[rows]
    evidence = Evidence(
        points=np.where(visibility[:, None] > 0, points / unit_px, 0.0),
        directions=None if world is None else directions_of(world),
        visibility=visibility,
    )
    problem = Problem(model=fit_model(), evidence=evidence, stature=1.0)
    guesses = first_guesses(problem) if world is None else [start(problem, world)]
    if before is not None:
        guesses.append(_in_units(before, 1 / unit_px))
    still = unseen_columns(visibility > 0)
    parameters = _best(problem, guesses, np.setdiff1d(POSE, still), phenotype)
    if phenotype is None:
        problem.stature = stature_of(parameters)
        parameters = minimise(problem, parameters, np.setdiff1d(EVERYTHING, still), num_steps=SHAPE_STEPS)
    problem.stature = stature_of(parameters)
    return _finish(problem, parameters, unit_px)


def _best(
    problem: Problem,
    guesses: list[Float[np.ndarray, "63"]],
    columns: np.ndarray,
    phenotype: Float[np.ndarray, "6"] | None,
) -> Float[np.ndarray, "63"]:
    """The guess that explains the points best after some steps, followed to its end."""
    followed = []
    for guess in guesses:
        if phenotype is not None:
            guess[SHAPE_COLUMNS] = phenotype
        problem.stature = stature_of(guess)
        guess = minimise(problem, guess, columns, num_steps=FIRST_STEPS)
        followed.append((float((problem.residuals(guess[None])[0] ** 2).sum()), len(followed), guess))
    parameters = min(followed)[2]
    problem.stature = stature_of(parameters)
    return minimise(problem, parameters, columns, num_steps=POSE_STEPS)


def _finish(problem: Problem, parameters: Float[np.ndarray, "63"], unit_px: float) -> PointFit:
    scale, translation = np.exp(parameters[CAMERA_COLUMNS.start]), parameters[CAMERA_COLUMNS][1:]
    points = scale * problem.points(parameters[None])[0, : len(POINTS), :2] + translation
    errors = np.linalg.norm(points - problem.evidence.points, axis=-1) / problem.stature
    seen = problem.evidence.visibility > 0
    clear = problem.evidence.visibility > CLEAR
    x, y = translation * unit_px
    return PointFit(
        body=Body(
            phenotype=torch.as_tensor(parameters[SHAPE_COLUMNS]),
            pose=Pose(rotations=torch.as_tensor(fit_model().rotations(parameters[:NUM_POSE]))),
            camera=Camera(scale=float(scale * unit_px), translation=(float(x), float(y))),
        ),
        reprojection=float(errors[clear if clear.any() else seen].mean()),
        points=points * unit_px,
        parameters=_in_units(parameters, unit_px),
    )


def _in_units(parameters: Float[np.ndarray, "63"], zoom: float) -> Float[np.ndarray, "63"]:
    """The same body with its camera in units that are so many times smaller."""
    out = parameters.copy()
    out[CAMERA_COLUMNS] += [np.log(zoom), 0, 0]
    out[CAMERA_COLUMNS.start + 1 : CAMERA_COLUMNS.stop] *= zoom
    return out
