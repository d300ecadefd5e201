"""What was seen of one person in many frames -> residuals of all frames and their derivatives, a batch at a time.

The terms are those of the fit of a photo (`fit_problem`), for one shape that is known and without the outline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from layerpose.estimation.fit_model import CAMERA_COLUMNS, NUM_POSE, fit_model
from layerpose.estimation.fit_problem import (
    EXTENSION_WEIGHT,
    LEAST_VISIBILITY,
    OUTLIER_SIGMAS,
    Evidence,
    Problem,
    pose_prior,
    skeleton,
    unit,
)
from layerpose.estimation.fit_start import start
from layerpose.estimation.targets import DIRECTIONS, POINTS, point_row

NUM = CAMERA_COLUMNS.stop
"""Parameters of a frame: rotation vectors, log(scale), x, y."""
DIFFERENCE = 1e-5
STARTS = [point_row(direction.start) for direction in DIRECTIONS]
ENDS = [point_row(direction.end) for direction in DIRECTIONS]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One person, a row for each frame; where it is not seen visibility is 0 and the rest anything."""

    points: Float[np.ndarray, "t 27 2"]
    """Of `targets.POINTS`, in pixels."""
    world: Float[np.ndarray, "t 27 3"]
    """In metres and camera axes, without MediaPipe's lean."""
    visibility: Float[np.ndarray, "t 27"]
    shots: Int[np.ndarray, "t"]
    """Number of the stretch between two cuts."""
    times: Float[np.ndarray, "t"]
    """In seconds, ascending."""

    @property
    def rows(self) -> Bool[np.ndarray, "t"]:
        """Frames in which the person is seen."""
        return np.asarray(self.visibility.any(1))

    def cut(self, first: int, end: int) -> Seen:
        """Some of the frames."""
        rows = slice(first, end)
        return Seen(
            points=self.points[rows], world=self.world[rows], visibility=self.visibility[rows], shots=self.shots[rows],
            times=self.times[rows],
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Linear:
    """Frames at their parameters: what is off, where the points are (metres, from the pelvis), and the derivatives."""

    residuals: Float[np.ndarray, "t r"]
    slopes: Float[np.ndarray, "t 57 r"]
    places: Float[np.ndarray, "t 81"]
    place_slopes: Float[np.ndarray, "t 57 81"]


class Frames:
    """The terms that hold each frame to what was seen in it."""

    def __init__(self, seen: Seen, phenotype: Float[np.ndarray, "6"]) -> None:
        self.seen, self.model = seen, fit_model()
        shapes = self.model.shapes(phenotype[None])
        self.local = self.model.local(self.model.landmarks, shapes)[0]
        self.heads, self.metres = shapes.reference_heads, float(shapes.stature[0])
        self.prior, self.extension = pose_prior(skeleton(self.model))
        self.directions = unit(seen.world[:, ENDS] - seen.world[:, STARTS])
        clear = np.clip(seen.visibility, LEAST_VISIBILITY, 1) * seen.rows[:, None]
        self.point_weights = clear**2 / np.array([point.sigma for point in POINTS])
        towards = np.array([direction.sigma for direction in DIRECTIONS])
        self.direction_weights = np.minimum(clear[:, STARTS], clear[:, ENDS]) / towards

    def begin(self) -> Float[np.ndarray, "t 57"]:
        """A first guess of each frame by itself; what is not seen is as in the nearest frame that is."""
        seen = self.seen
        evidence = [
            Evidence(points=points, directions=directions, visibility=visibility)
            for points, directions, visibility in zip(seen.points, self.directions, seen.visibility, strict=True)
        ]
        problem = Problem(model=self.model, evidence=evidence[0], stature=1.0)
        guesses = np.zeros((len(evidence), NUM))
        rows = np.flatnonzero(seen.rows)
        for row in rows:
            problem.evidence = evidence[row]
            guesses[row] = start(problem, seen.world[row])[:NUM]
        return guesses[rows[np.abs(np.arange(len(guesses))[:, None] - rows).argmin(1)]]

    def points(self, parameters: Float[np.ndarray, "b 57"]) -> Float[np.ndarray, "b 27 3"]:
        """The landmarks' body points, in metres and camera axes, relative to the pelvis."""
        heads = np.broadcast_to(self.heads, (len(parameters), *self.heads.shape[1:]))
        stacked = self.model.bones(parameters[:, :NUM_POSE], heads)
        flat = self.local @ stacked.transpose(1, 0, 2).reshape(self.local.shape[1], -1)
        return flat.reshape(-1, len(parameters), 3).transpose(1, 0, 2)

    def drawn(
        self, parameters: Float[np.ndarray, "b 57"], points: Float[np.ndarray, "b 27 3"]
    ) -> Float[np.ndarray, "b 27 2"]:
        """Points in the picture, in pixels."""
        camera = parameters[:, None, CAMERA_COLUMNS]
        return np.exp(camera[..., :1]) * points[..., :2] + camera[..., 1:]

    def stature(self, parameters: Float[np.ndarray, "t 57"]) -> Float[np.ndarray, "t"]:
        """In pixels."""
        return self.metres * np.exp(parameters[:, CAMERA_COLUMNS.start])

    def linearise(self, parameters: Float[np.ndarray, "t 57"], first: int) -> Linear:
        """Frames from `first` on, at these parameters."""
        rows = slice(first, first + len(parameters))
        nudged = parameters[:, None] + np.concatenate([np.zeros((1, NUM)), DIFFERENCE * np.eye(NUM)])
        flat = nudged.reshape(-1, NUM)
        points = self.points(flat)
        shape = (len(parameters), NUM + 1)
        terms = (
            self._landmark_term(self.drawn(flat, points).reshape(*shape, -1, 2), self.stature(parameters), rows),
            self._direction_term(points.reshape(*shape, -1, 3), rows),
            flat[:, :NUM_POSE] @ self.prior.T,
            self._extension_term(flat),
        )
        residuals = np.concatenate([term.reshape(*shape, -1) for term in terms], axis=2)
        places = points.reshape(*shape, -1)
        return Linear(
            residuals=residuals[:, 0],
            slopes=(residuals[:, 1:] - residuals[:, :1]) / DIFFERENCE,
            places=places[:, 0],
            place_slopes=(places[:, 1:] - places[:, :1]) / DIFFERENCE,
        )

    def _landmark_term(
        self, drawn: Float[np.ndarray, "t n 27 2"], stature: Float[np.ndarray, "t"], rows: slice
    ) -> Float[np.ndarray, "t n 27 2"]:
        error = (drawn - self.seen.points[rows, None]) / stature[:, None, None, None]
        error *= self.point_weights[rows, None, :, None]
        far = np.linalg.norm(error[:, :1], axis=-1, keepdims=True)
        return error / (1 + (far / OUTLIER_SIGMAS) ** 2)

    def _direction_term(self, points: Float[np.ndarray, "t n 27 3"], rows: slice) -> Float[np.ndarray, "t n d 3"]:
        steps = unit(points[:, :, ENDS] - points[:, :, STARTS])
        return (steps - self.directions[rows, None]) * self.direction_weights[rows, None, :, None]

    def _extension_term(self, parameters: Float[np.ndarray, "b 57"]) -> Float[np.ndarray, "b 4"]:
        over = [-(parameters[:, columns] @ axis) - slack for columns, axis, slack in self.extension]
        return EXTENSION_WEIGHT * np.maximum(np.stack(over, axis=1), 0)
